import type { Failure } from '../../model/failure.ts'
import type { AttemptOrder, ExecutorEvent, SlotAddress } from '../../port/executor.ts'
import type { Why } from './abort-reason.ts'
import type { Channel, ChannelEnd, ChannelEvents } from './channel.ts'
import { heapFor } from './heap.ts'
import type { BoxMemory } from './memory-watch.ts'
import { defineStage, newlyOpened, type Opened } from './opened.ts'
import { decodeSlotLine, encodeMessage, type SlotLine } from './protocol.ts'
import { slotAnswers } from './slot-answers.ts'
import { judgeEnd, linesLeft, peakOf } from './slot-end.ts'
import { ON_REQUEST, OUTSIDE_PROTOCOL } from './slot-failure.ts'
import { slotProcesses } from './slot-processes.ts'
import type { StageState } from './stage-state.ts'
import { type Message, unsentMessages } from './unsent.ts'

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
  const unsent = unsentMessages()
  const answers = slotAnswers(address, host.emit)
  const place = { machine: address.machine, checkpoints: host.checkpoints }

  function run(state: StageState, attempts: readonly AttemptOrder[]): void {
    unsent.add({ state, attempts })
    advance()
  }

  /** Sends what can be sent, in order. Called again when something it waited for is there. */
  function advance(): void {
    for (let message = unsent.first(); message !== undefined; message = unsent.first()) {
      const { state, attempts } = message
      if (state.broken !== undefined) {
        unsent.shift()
        answers.sent(message)
        failStage(state, state.broken)
        continue
      }
      if (state.file === undefined) return
      const target = processFor(state, heapFor(attempts))
      if (target === undefined) return
      unsent.shift()
      send(target, message)
    }
  }

  /** When the slot has answered everything, what waited for that is sent. */
  function goOn(): void {
    if (answers.waiting() === 0 && unsent.count() > 0) queueMicrotask(advance)
  }

  /** `undefined`: the one in use has yet to answer, or the entry of a new one is being prepared. */
  function processFor(state: StageState, heap: number): Opened | undefined {
    const wanted = { environment: state.channelKey, heap }
    const found = processes.take(wanted, answers.waiting() > 0)
    if (found !== 'none') return found === 'busy' ? undefined : found
    const channel = host.open(address, state, heap, {
      onLine: line => onLine(target, line),
      onOutput: answers.output.unnamed,
      onEnd: end => onEnd(target, end),
    })
    if (channel === undefined) return undefined
    const target = newlyOpened(wanted, channel)
    processes.add(target)
    return target
  }

  function send(target: Opened, message: Message): void {
    const { state, attempts } = message
    if (!target.defined.has(state.id)) defineStage(target, state, place)
    const first = answers.sent(message)
    itemBegins(target)
    for (const piece of encodeMessage(state.id, first, attempts)) target.channel.send(piece)
  }

  function itemBegins({ memory, channel }: Opened): void {
    const item = answers.first()
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
        answers.output.named(line.seq, line.stream, line.text)
        return
      case 'progress':
        answers.progressed(line)
        return
      case 'content':
        answers.found(line)
        return
      case 'givenBack':
        answers.unbegun(line)
        goOn()
        return
      case 'exit':
        target.exit = line
    }
  }

  function outsideProtocol(target: Opened): void {
    if (target.killed !== undefined) return
    target.channel.kill()
    ended(target, OUTSIDE_PROTOCOL)
  }

  function onOutcome(target: Opened, line: Extract<SlotLine, { kind: 'outcome' }>): void {
    const heard = answers.heard(line)
    if (heard === 'unreadable') outsideProtocol(target)
    if (heard !== 'taken') return
    itemBegins(target)
    goOn()
  }

  function onLoaded(target: Opened, line: Extract<SlotLine, { kind: 'loaded' }>): void {
    const { stage: id, micros, bytes, frees } = line
    answers.holds(line.residentBytes)
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
    answers.failStage(state.id, failure)
    goOn()
  }

  async function compile(target: Opened, id: number): Promise<void> {
    const state = host.stageById(id)
    if (state === undefined) return
    await host.compile(state)
    if (target.silent) return
    if (state.broken !== undefined) failStage(state, state.broken)
    else defineStage(target, state, place)
  }

  function onEnd(target: Opened, end: ChannelEnd): void {
    if (target.silent) return
    if (target !== processes.inUse()) {
      processes.remove(target)
      return
    }
    for (const line of linesLeft(target)) onLine(target, line)
    const memoryLimit = answers.first()?.memoryLimit
    ended(target, judgeEnd(target, end, { box: host.memory, memoryLimit }))
  }

  /** Once: what it left behind may have been judged already. */
  function ended(target: Opened, failure: Failure): void {
    if (target.silent) return
    target.silent = true
    processes.endAll()
    unsent.clear()
    answers.end()
    host.emit({ kind: 'slotEnded', slot: address, failure, ...peakOf(target, failure) })
  }

  function kill(): void {
    const active = processes.inUse()
    if (active !== undefined) {
      active.killed ??= 'asked'
      active.channel.kill()
      return
    }
    unsent.clear()
    queueMicrotask(() => host.emit({ kind: 'slotEnded', slot: address, failure: ON_REQUEST }))
  }

  function abort(attempt: number, { kind, message }: Failure): void {
    const withdrawn = unsent.withdraw(attempt)
    if (withdrawn !== undefined) {
      answers.refuse(withdrawn, { kind: 'cancelled', message: 'cancelled before it started' })
      return
    }
    const range = answers.rangeOf(attempt)
    if (range === undefined) return
    const why: Why = { code: kind === 'timeout' ? 'timeout' : 'cancelled', message }
    processes.inUse()?.channel.send(`A ${JSON.stringify([...range, why])}\n`)
  }

  /** What it was given so far and has not begun. */
  function takeBack(): void {
    const waiting = unsent.withdrawAll()
    queueMicrotask(() => answers.giveBackUnsent(waiting))
    const last = answers.last()
    if (last !== undefined) processes.inUse()?.channel.send(`G ${last}\n`)
  }

  return {
    run,
    advance,
    kill,
    abort,
    takeBack,
    drop: processes.drop,
    replace: processes.replaceAll,
    isAtRest: () => answers.waiting() === 0 && unsent.count() === 0,
    quit(): void {
      unsent.clear()
      processes.letAllGo()
    },
    /** What it holds while nothing runs in it, in bytes. */
    idleBytes(): number | undefined {
      const all = processes.all()
      if (all.length === 0 || answers.waiting() > 0 || unsent.count() > 0) return undefined
      return all.reduce((sum, { memory }) => sum + memory.bytes(), 0)
    },
    /** Ends it, with all it has loaded, while nothing runs in it. */
    endIdle(failure: Failure): void {
      processes.replaceAll()
      host.emit({ kind: 'slotEnded', slot: address, failure })
    },
    /** Those whose memory can be looked at. */
    processes: () => processes.all().filter(target => target.channel.pid !== undefined),
    sampled(target: Opened, bytes: number): void {
      // A process that has just ended reports 0; its last sample is kept, since it may explain why it ended.
      if (bytes === 0) return
      const item = target === processes.inUse() ? answers.first() : undefined
      target.memory.sampled(bytes, item?.seq)
      const limit = item?.memoryLimit
      if (limit === undefined || bytes <= limit) return
      target.killed ??= 'memory'
      target.channel.kill()
    },
  }
}
