import { setTimeout as pause } from 'node:timers/promises'
import { format } from 'node:util'
import { shuttingDown, type Why } from '../abort-reason.ts'
import { thrown } from './thrown.ts'
import { endSlot } from './end-slot.ts'
import { itemRunner, type Message } from './item-runner.ts'
import { parse } from '../json.ts'
import { loadStage, type LoadedStage, type Model } from './loaded-stage.ts'
import type { Outbox } from './outbox.ts'
import {
  encodeSlotLine,
  FILES_SPENT,
  type MessageHeader,
  SOFTWARE_FAULT,
  type StageDefinition,
} from '../protocol.ts'
import { slotVoice } from '../voice.ts'

/** A stage as this slot knows it: defined, perhaps loaded, perhaps beyond help. */
type SlotStage = {
  definition: StageDefinition
  loaded: LoadedStage | undefined
  broken: boolean
  redefined: (() => void) | undefined
}

type Work =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'unload' | 'forget'; readonly stage: number }

/**
 * A slot from the inside: takes messages in order, loads stages when first needed, runs one item at a
 * time, answers each. It is the same for a process and for a thread; only the outbox differs. `saves` is the file of
 * answers it holds back.
 */
export function slotRuntime(channel: Outbox, saves: string) {
  const stages = new Map<number, SlotStage>()
  let mark = ''
  const outbox: Outbox = { ...channel, put: line => channel.put(mark + line) }
  const queue: Work[] = []
  const voice = slotVoice(outbox.put, outbox.flush)
  const runner = itemRunner({ outbox, voice, saves, hasNext: () => queue.length > 0 })
  let working = false
  let quitting = false
  let arriving: { header: MessageHeader; payloads: string[] } | undefined

  /** A line that fails here would leave its items unanswered for ever. */
  function receive(line: string): void {
    try {
      take(line)
    } catch (error) {
      fail(error)
    }
  }

  function take(line: string): void {
    if (arriving !== undefined) {
      arriving.payloads.push(line)
      if (arriving.payloads.length === arriving.header.items) enqueueArrived()
      return
    }
    const rest = line.slice(2)
    switch (line[0]) {
      case 'N':
        mark = rest
        return
      case 'M':
        arriving = { header: parse(rest), payloads: [] }
        if (arriving.header.items === 0) arriving = undefined
        return
      case 'D':
        define(parse(rest))
        return
      case 'A': {
        const [first, last, why] = parse(rest) as [number, number, Why]
        runner.abort(first, last, why)
        return
      }
      case 'G':
        runner.giveBack(Number(rest))
        return
      case 'U':
        enqueue({ kind: 'unload', stage: Number(rest) })
        return
      case 'F':
        enqueue({ kind: 'forget', stage: Number(rest) })
        return
      case 'Q':
        quit()
        return
    }
  }

  function define(definition: StageDefinition): void {
    const known = stages.get(definition.stage)
    if (known === undefined) {
      stages.set(definition.stage, {
        definition,
        loaded: undefined,
        broken: false,
        redefined: undefined,
      })
      return
    }
    known.definition = definition
    known.redefined?.()
  }

  function enqueueArrived(): void {
    if (arriving === undefined) return
    const message = arriving
    arriving = undefined
    enqueue({ kind: 'message', message })
  }

  function enqueue(work: Work): void {
    queue.push(work)
    if (working) return
    runner.wake()
    drain().catch(fail)
  }

  async function drain(): Promise<void> {
    working = true
    for (let work = queue.shift(); work !== undefined && !quitting; work = queue.shift()) {
      if (work.kind === 'message') await perform(work.message)
      else await unload(work.stage)
      if (work.kind === 'forget') stages.delete(work.stage)
    }
    if (outbox.waiting() > 0) outbox.flush()
    if (!quitting) runner.rest()
    working = false
    if (quitting) await leave()
  }

  /** A fault of our own: better a dead slot, which is noticed, than one that waits for ever. */
  function fail(error: unknown): void {
    try {
      voice.wrote('stderr', `${format('the slot failed:', error)}\n`)
      voice.end()
    } finally {
      endSlot(SOFTWARE_FAULT)
    }
  }

  async function perform(message: Message): Promise<void> {
    const stage = stages.get(message.header.stage)
    if (stage === undefined) throw new Error(`stage ${message.header.stage} was not defined`)
    if (stage.broken || runner.isGivenBack(message.header.first)) return
    stage.loaded ??= await load(stage, message)
    // The loop answers for the items of a broken stage; others may be given back by now.
    if (stage.loaded !== undefined) await runner.run(stage.definition, stage.loaded, message)
  }

  async function load(stage: SlotStage, message: Message): Promise<LoadedStage | undefined> {
    while (!runner.isGivenBack(message.header.first)) {
      const { definition } = stage
      const before = process.memoryUsage.rss()
      const started = performance.now()
      const shared = sharedModel(definition)
      const loading = await runner.guard(definition.stage, () => loadStage(definition, log, shared))
      if (loading.kind === 'loaded') {
        const micros = Math.round((performance.now() - started) * 1_000)
        const residentBytes = process.memoryUsage.rss()
        const bytes = Math.max(0, residentBytes - before)
        const { stage: number } = definition
        const frees = loading.stage.model.teardown !== undefined
        send(encodeSlotLine({ kind: 'loaded', stage: number, micros, bytes, residentBytes, frees }))
        return loading.stage
      }
      if (loading.kind === 'broken') {
        stage.broken = true
        const { failure } = loading
        send(encodeSlotLine({ kind: 'broken', stage: definition.stage, failure }))
        return undefined
      }
      if (loading.kind === 'no room') {
        await pause(NO_ROOM_MS)
        return endSlot(FILES_SPENT)
      }
      const redefined = new Promise<void>(resolve => {
        stage.redefined = resolve
      })
      send(encodeSlotLine({ kind: 'compile', stage: definition.stage }))
      await redefined
    }
    return undefined
  }

  /** What another stage with the same model has already loaded in this slot. */
  function sharedModel({ model }: StageDefinition): Model | undefined {
    if (model === undefined) return undefined
    for (const { definition, loaded } of stages.values())
      if (definition.model === model && loaded !== undefined) return loaded.model
    return undefined
  }

  function send(line: string): void {
    outbox.put(line)
    outbox.flush()
  }

  function log(...values: unknown[]): void {
    voice.wrote('log', `${format(...values)}\n`)
  }

  async function unload(number: number): Promise<void> {
    const stage = stages.get(number)
    const loaded = stage?.loaded
    if (stage === undefined || loaded === undefined) return
    stage.loaded = undefined
    await tearDown(loaded)
  }

  async function tearDown({ model }: LoadedStage): Promise<void> {
    model.users -= 1
    if (model.users > 0) return
    try {
      await model.teardown?.(model.loaded)
    } catch (error) {
      log('teardown threw:', error)
    }
  }

  function quit(): void {
    quitting = true
    queue.length = 0
    runner.quit(shuttingDown)
    if (!working) leave()
  }

  async function leave(): Promise<void> {
    for (const { loaded } of stages.values()) if (loaded !== undefined) await tearDown(loaded)
    voice.end()
    outbox.flush()
    endSlot(0)
  }

  /**
   * An uncaught error is charged to the item that started the code which threw it; if that item has ended, or
   * code of another stage threw it, the error is only logged.
   */
  function charge(error: unknown): void {
    const failure = thrown(error)
    if (runner.charge(failure)) return
    const { message, detail } = failure
    voice.wrote('stderr', `uncaught: ${detail ?? message}\n`)
  }

  // Keeps the process alive even if a handler calls `unref` on everything: a slot ends only when told to, or
  // when its loop is gone.
  setInterval(() => {}, ALWAYS_MS)
  process.on('uncaughtException', charge)
  process.on('unhandledRejection', charge)
  process.on('exit', code => {
    // Written by hand, because a handler may have added a `toJSON` to every object.
    if (!quitting) outbox.put(`E {"code":${Number(code)},"late":${runner.isLate()}}\n`)
    outbox.flush()
  })
  return { receive, wrote: voice.wrote }
}

const ALWAYS_MS = 2 ** 30
/** A thread that has so many files open meets the limit soon, and ends. */
const NO_ROOM_MS = 250
