import type { Executor, ExecutorEvent, SlotAddress, StageCode } from '../../port/executor.ts'
import type { Channel, ChannelEnd, ChannelEvents } from './channel.ts'
import { compileInto, type OwnEntries, ownEntries } from './compiled.ts'
import { concealing } from './conceal.ts'
import { environmentKey, slotEnvironment } from './environment.ts'
import { memoryWatch } from './memory-watch.ts'
import { type Slot, slotAt, type SlotHost } from './slot.ts'
import { openProcess } from './slot-process.ts'
import { openThread } from './slot-thread.ts'
import { importsAsWritten } from './imports-as-written.ts'
import { savedFolder } from './saved-folder.ts'
import { printOf, type StageState } from './stage-state.ts'

export type LocalExecutorOptions = {
  readonly machines: readonly LocalMachine[]
  /** For compiled modules and checkpoints. */
  readonly directory: string
  /** Called from callbacks of the event loop, never from within a call of the executor. */
  readonly onEvent: (event: ExecutorEvent) => void
  /** Where declared variables are taken from; this process's own environment otherwise. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export type LocalExecutor = Executor & {
  /** Forgets what slots of a process that was killed saved for other runs than these; how many answers that were. */
  keepSavedOf(runs: () => ReadonlySet<string>): number
}

type LocalMachine = { readonly id: string; readonly slots: number; readonly speed: number }

/**
 * Runs attempts on this box: every slot a child process (or a thread, where a stage asks for it),
 * opened at its first message and again after it died.
 */
export function localExecutor(options: LocalExecutorOptions): LocalExecutor {
  const environment = options.environment ?? process.env
  const secrets = concealing(environment)
  const stages = new Map<number, StageState>()
  const byId = new Map<number, StageState>()
  const slots = new Map<string, Slot>()
  const channels = new Set<Channel>()
  const saved = savedFolder(`${options.directory}/saved`)
  const compiled = compileInto(`${options.directory}/modules`)
  const imports = importsAsWritten()
  let nextId = 0
  let entries: OwnEntries | undefined
  let closing = false
  let whenEmpty: (() => void) | undefined

  const emit = (event: ExecutorEvent) => {
    if (!closing) options.onEvent(secrets.concealed(event))
  }
  const watch = memoryWatch({
    slots: () => slots.values(),
    onPressure: high => {
      for (const machine of options.machines.keys()) emit({ kind: 'pressure', machine, high })
    },
  })
  const preparing = ownEntries()
  if (preparing instanceof Promise) {
    preparing.then(ready => {
      entries = ready
      advanceAll()
    })
  } else entries = preparing

  const host: SlotHost = {
    emit,
    checkpoints: `${options.directory}/checkpoints`,
    stageById: id => byId.get(id),
    compile,
    memory: watch,
    open(address, state, heap, events) {
      if (entries === undefined || closing) return undefined
      const channel = openChannel(address, entries, events, state, heap)
      channels.add(channel)
      watch.start()
      return channel
    },
  }

  function openChannel(
    address: SlotAddress,
    ready: OwnEntries,
    events: ChannelEvents,
    state: StageState,
    heap: number,
  ): Channel {
    const thread = state.code.isolation === 'thread'
    const channel = (thread ? openThread : openProcess)({
      ...events,
      saves: saved.file(address),
      onEnd: (end: ChannelEnd) => {
        channels.delete(channel)
        if (channels.size === 0) {
          watch.rest()
          whenEmpty?.()
        }
        events.onEnd(end)
        if (!closing) saved.ended(address, channel.saves)
      },
      entry: thread ? ready.thread : ready.process,
      environment: slotEnvironment(environment, state.code.env),
      heap,
      maxLine,
    })
    return channel
  }

  function maxLine(): number {
    let greatest = 0
    for (const { code } of byId.values()) greatest = Math.max(greatest, code.maxResultBytes)
    return greatest + 1024 * 1024
  }

  async function compile(state: StageState): Promise<void> {
    const made = await compiled.compile(state.code.module)
    if (made.kind === 'broken') state.broken = made.failure
    else state.file = made.file
    advanceAll()
  }

  function advanceAll(): void {
    for (const slot of slots.values()) slot.advance()
  }

  function slotOf(address: SlotAddress): Slot {
    const name = `${address.machine}/${address.slot}`
    const existing = slots.get(name)
    if (existing !== undefined) return existing
    const slot = slotAt(address, host)
    slots.set(name, slot)
    return slot
  }

  function forget(stage: number): void {
    const state = stages.get(stage)
    if (state === undefined) return
    stages.delete(stage)
    byId.delete(state.id)
    for (const slot of slots.values()) slot.drop(state, 'F')
  }

  return {
    define(stage: number, code: StageCode): void {
      forget(stage)
      secrets.declared(code.env)
      const toCompile = imports.areCompiled(code)
      const state: StageState = {
        stage,
        id: nextId++,
        code,
        channelKey: environmentKey(code.isolation, code.env),
        print: printOf(code),
        file: toCompile ? undefined : code.module,
        broken: undefined,
      }
      stages.set(stage, state)
      byId.set(state.id, state)
      if (toCompile) compile(state)
    },
    forget,
    run(address, stage, attempts): void {
      const state = stages.get(stage)
      if (state === undefined) throw new Error(`stage ${stage} was not defined`)
      const { outcomes, rest } = saved.split(state.print, attempts)
      if (outcomes.length > 0)
        queueMicrotask(() => emit({ kind: 'outcomes', slot: address, outcomes, saved: true }))
      if (rest.length > 0) slotOf(address).run(state, rest)
    },
    abort: (address, attempt, why) => slotOf(address).abort(attempt, why),
    takeBack: address => slotOf(address).takeBack(),
    kill: address => slotOf(address).kill(),
    unload(address, stage): void {
      const state = stages.get(stage)
      if (state !== undefined) slotOf(address).drop(state, 'U')
    },
    keepSavedOf: saved.keepOnly,
    replace: address => slotOf(address).replace(),
    async close(grace): Promise<void> {
      closing = true
      const areAtRest = [...slots.values()].every(slot => slot.isAtRest())
      for (const slot of slots.values()) slot.quit()
      if (channels.size > 0) {
        const late = setTimeout(() => {
          for (const channel of channels) channel.kill()
        }, grace / 1_000)
        await new Promise<void>(resolve => {
          whenEmpty = resolve
        })
        clearTimeout(late)
      }
      watch.stop()
      if (areAtRest) saved.clear()
      await preparing
      await compiled.close()
    },
  }
}
