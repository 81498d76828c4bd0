import type { Failure } from '../../model/failure.ts'
import type { AttemptOrder, ExecutorEvent, Outcome, SlotAddress } from '../../port/executor.ts'
import type { Why } from './abort-reason.ts'
import type { Channel, ChannelEnd, ChannelEvents } from './channel.ts'
import type { BoxMemory } from './memory-watch.ts'
import { outcomeOf, unrun } from './outcome.ts'
import { pendingItems } from './pending.ts'
import { decodeSlotLine, encodeMessage, type SlotLine } from './protocol.ts'
import { MEMORY_OF_BOX } from '../../model/failure.ts'
import { LEFT_MEMORY, slotFailure } from './slot-failure.ts'
import { heapFor, heapLimit } from './heap.ts'
import { defineStage, newlyOpened, type Opened } from './opened.ts'
import { linesSaved } from './saved-folder.ts'
import { slotOutput } from './slot-output.ts'
import { slotProcesses } from './slot-processes.ts'
import type { StageState } from './stage-state.ts'

/** What a slot asks of the executor it belongs to. */
export type SlotHost = {
  readonly emit: (event: ExecutorEvent) => void
  readonly checkpoints: string
  readonly stageById: (id: number) => StageState | undefined
  /** Opens a process or thread; `undefined` while the entry is being prepared. */
  readonly open: (
    address: SlotAddress,
    state: StageState,
    heap: number,
    events: ChannelEvents,
  ) => Channel | undefined
  readonly compile: (state: StageState) => Promise<void>
  readonly memory: BoxMemory
}

export type Slot = ReturnType<typeof slotAt>

/**
 * The loop's end of one slot: an ordered queue of messages, the unanswered items, and a process per
 * environment that stages declare (nearly always one). Messages for another process wait until the
 * current one has answered everything, so a slot runs one item at a time whatever it hosts.
 */
export function slotAt(address: SlotAddress, host: SlotHost) {
  const processes = slotProcesses()
  const pending = pendingItems()
  const output = slotOutput(pending, host.emit)
  const place = { machine: address.machine, checkpoints: host.checkpoints }
  let held: { readonly state: StageState; readonly attempts: readonly AttemptOrder[] }[] = []
  let outcomes: Outcome[] = []
  let peakBytes = 0

  function run(state: StageState, attempts: readonly AttemptOrder[]): void {
    held.push({ state, attempts })
    advance()
  }

  /** Sends what can be sent, in order. Called again when something it waited for is there. */
  function advance(): void {
    while (held.length > 0) {
      const { state, attempts } = held[0]
      if (state.broken !== undefined) {
        held.shift()
        pending.add(state, attempts)
        failStage(state, state.broken)
        continue
      }
      if (state.file === undefined) return
      const target = processFor(state, heapFor(attempts))
      if (target === undefined) return
      held.shift()
      send(target, state, attempts)
    }
  }

  /** `undefined`: the one in use has yet to answer, or the entry of a new one is being prepared. */
  function processFor(state: StageState, heap: number): Opened | undefined {
    const wanted = { environment: state.channelKey, heap }
    const found = processes.take(wanted, pending.count() > 0)
    if (found !== 'none') return found === 'busy' ? undefined : found
    const channel = host.open(address, state, heap, {
      onLine: line => onLine(target, line),
      onOutput: output.unnamed,
      onEnd: end => onEnd(target, end),
    })
    if (channel === undefined) return undefined
    const target = newlyOpened(wanted, channel)
    processes.add(target)
    return target
  }

  function send(target: Opened, state: StageState, attempts: readonly AttemptOrder[]): void {
    if (!target.defined.has(state.id)) defineStage(target, state, place)
    const first = pending.nextSeq()
    pending.add(state, attempts)
    itemBegins(target)
    for (const piece of encodeMessage(state.id, first, attempts)) target.channel.send(piece)
  }

  function itemBegins({ memory, channel }: Opened): void {
    const item = pending.first()
    if (item?.memoryLimit !== undefined) memory.beginning(item.seq, channel.pid)
  }

  function onLine(target: Opened, text: string): void {
    if (target.silent) return
    const line = decodeSlotLine(text, target.mark)
    if (line === undefined) {
      outsideProtocol(target)
      return
    }
    switch (line.kind) {
      case 'outcome':
        onOutcome(target, line)
        return
      case 'loaded':
        onLoaded(target, line)
        return
      case 'broken':
        onBroken(line)
        return
      case 'compile':
        return void compile(target, line.stage)
      case 'text':
        output.named(line.seq, line.stream, line.text)
        return
      case 'progress':
        onProgress(line)
        return
      case 'content': {
        const item = pending.get(line.seq)
        if (item !== undefined) item.content = line.version
        return
      }
      case 'exit':
        target.exit = line
    }
  }

  function outsideProtocol(target: Opened): void {
    if (target.killed !== undefined) return
    target.channel.kill()
    ended(target, {
      kind: 'crash',
      code: 'PROTOCOL',
      message: 'the slot wrote outside the protocol to the pipe its answers go through',
    })
  }

  function onOutcome(target: Opened, line: Extract<SlotLine, { kind: 'outcome' }>): void {
    const item = pending.take(line.seq)
    if (item === undefined) return
    if (line.peakBytes !== undefined) peakBytes = line.peakBytes
    const outcome = outcomeOf(item, line, peakBytes)
    if (outcome === undefined) {
      outsideProtocol(target)
      return
    }
    answer(outcome)
    output.answered(item)
    itemBegins(target)
    if (pending.count() === 0 && held.length > 0) queueMicrotask(advance)
  }

  /** Answers that arrive together leave together. */
  function answer(outcome: Outcome): void {
    if (outcomes.length === 0) queueMicrotask(deliver)
    outcomes.push(outcome)
  }

  function deliver(): void {
    if (outcomes.length === 0) return
    const together = outcomes
    outcomes = []
    host.emit({ kind: 'outcomes', slot: address, outcomes: together })
  }

  function onLoaded(target: Opened, line: Extract<SlotLine, { kind: 'loaded' }>): void {
    const { stage: id, micros, bytes, frees } = line
    peakBytes = line.residentBytes
    target.memory.loaded(line.residentBytes, bytes)
    const stage = host.stageById(id)?.stage
    if (stage === undefined) return
    host.emit({ kind: 'loaded', slot: address, stage, micros, bytes, frees })
  }

  function onBroken({ stage: id, failure }: Extract<SlotLine, { kind: 'broken' }>): void {
    const state = host.stageById(id)
    if (state === undefined) return
    state.broken = failure
    failStage(state, failure)
  }

  function failStage(state: StageState, failure: Failure): void {
    queueMicrotask(() =>
      host.emit({ kind: 'stageBroken', slot: address, stage: state.stage, failure }),
    )
    for (const item of pending.all()) {
      if (item.stage !== state.id) continue
      pending.take(item.seq)
      answer(unrun(item, failure))
    }
    if (pending.count() === 0 && held.length > 0) queueMicrotask(advance)
  }

  async function compile(target: Opened, id: number): Promise<void> {
    const state = host.stageById(id)
    if (state === undefined) return
    await host.compile(state)
    if (target.silent) return
    if (state.broken !== undefined) failStage(state, state.broken)
    else defineStage(target, state, place)
  }

  function onProgress({ seq, fraction }: Extract<SlotLine, { kind: 'progress' }>): void {
    const item = pending.get(seq)
    if (item === undefined) return
    host.emit({ kind: 'progress', attempt: item.attempt, task: item.task, fraction })
  }

  function onEnd(target: Opened, end: ChannelEnd): void {
    if (target.silent) return
    if (target !== processes.inUse()) {
      processes.remove(target)
      return
    }
    for (const line of linesSaved(target.channel.saves)) onLine(target, target.mark + line)
    const failure = slotFailure({
      end,
      killed: target.killed,
      exit: target.exit,
      residentBytes: target.memory.bytes(),
      leftBytes: target.memory.left(),
      heapLimit: heapLimit(target.heap),
      memoryLimit: pending.first()?.memoryLimit,
      memoryWasShort:
        host.memory.isShort() || (end.signal === 'SIGKILL' && host.memory.hasKilled()),
      heldMost: host.memory.isMost(target.memory.bytes()),
    })
    if (failure.code === MEMORY_OF_BOX) host.memory.ranOut()
    ended(target, failure)
  }

  function ended(target: Opened, failure: Failure): void {
    target.silent = true
    processes.endAll()
    held = []
    deliver()
    pending.clear()
    const most = target.memory.bytes()
    const peak = most > 0 && failure.code !== LEFT_MEMORY ? { peakBytes: most } : {}
    host.emit({ kind: 'slotEnded', slot: address, failure, ...peak })
  }

  function kill(): void {
    const active = processes.inUse()
    if (active !== undefined) {
      active.killed ??= 'asked'
      active.channel.kill()
      return
    }
    const failure: Failure = { kind: 'cancelled', message: 'the slot was ended on request' }
    held = []
    queueMicrotask(() => host.emit({ kind: 'slotEnded', slot: address, failure }))
  }

  function abort(attempt: number, { kind, message }: Failure): void {
    for (const [i, { state, attempts }] of held.entries()) {
      const dropped = attempts.find(order => order.attempt === attempt)
      if (dropped === undefined) continue
      held[i] = { state, attempts: attempts.filter(order => order !== dropped) }
      const failure: Failure = { kind: 'cancelled', message: 'cancelled before it started' }
      for (const { index } of dropped.items) {
        answer(unrun({ task: dropped.task, attempt, index }, failure))
      }
      return
    }
    const sent = pending.all().filter(item => item.attempt === attempt)
    if (sent.length === 0) return
    const why: Why = { code: kind === 'timeout' ? 'timeout' : 'cancelled', message }
    const [first, last] = [sent[0].seq, sent[sent.length - 1].seq]
    processes.inUse()?.channel.send(`A ${JSON.stringify([first, last, why])}\n`)
  }

  return {
    run,
    advance,
    kill,
    abort,
    drop: processes.drop,
    replace: processes.replaceAll,
    isAtRest: () => pending.count() === 0 && held.length === 0,
    quit(): void {
      held = []
      processes.letAllGo()
    },
    /** What it holds while nothing runs in it, in bytes. */
    idleBytes(): number | undefined {
      const all = processes.all()
      if (all.length === 0 || pending.count() > 0 || held.length > 0) return undefined
      return all.reduce((sum, { memory }) => sum + memory.bytes(), 0)
    },
    /** Ends it, with all it has loaded, while nothing runs in it. */
    endIdle(failure: Failure): void {
      processes.replaceAll()
      host.emit({ kind: 'slotEnded', slot: address, failure })
    },
    /** The processes to sample. */
    processes: () => processes.all().filter(target => target.channel.pid !== undefined),
    sampled(target: Opened, bytes: number): void {
      // A process that has just ended reports 0; its last sample is kept, since it may explain why it ended.
      if (bytes === 0) return
      const item = target === processes.inUse() ? pending.first() : undefined
      target.memory.sampled(bytes, item?.seq)
      const limit = item?.memoryLimit
      if (limit === undefined || bytes <= limit) return
      target.killed ??= 'memory'
      target.channel.kill()
    },
  }
}
