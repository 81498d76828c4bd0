import { setImmediate as turn } from 'node:timers/promises'
import { abortReason, type Why } from '../abort-reason.ts'
import { answerFlow } from './answer-flow.ts'
import { answerOf, isOutOfFiles, type ItemAnswer } from './answer.ts'
import { batchRunner } from './batch-runner.ts'
import { blame, type Running } from './blame.ts'
import { commonGround } from './common-ground.ts'
import { type ContextHost, ItemContext, type ItemPlace, placeOf } from './item-context.ts'
import {
  answerEnd,
  answerThrown,
  badInput,
  cancelledAnswer,
  isThenable,
  unreadable,
} from './item-end.ts'
import type { LoadedStage } from './loaded-stage.ts'
import { type Use, useMeter } from './meter.ts'
import type { Outbox } from './outbox.ts'
import { type MadeFrom, savedAnswers } from './saved-answers.ts'
import {
  encodeSlotLine,
  FILES_SPENT,
  type MessageHeader,
  type StageDefinition,
} from '../protocol.ts'
import { readItem } from './read-item.ts'
import { tellContent } from './tell-content.ts'
import { throttle } from './throttle.ts'
import type { slotVoice } from '../voice.ts'

export type Message = { readonly header: MessageHeader; readonly payloads: readonly string[] }

/** Progress is reported at most this often. */
const PROGRESS_MS = 50
/**
 * How long synchronous handlers may keep the slot’s own loop (aborts, timers, messages) from turning. After an item
 * that was long enough to be forgotten by the caches a turn costs some 100 micros, so it is rarer while the slot
 * has its next message at hand.
 */
const TURN_MS = 20
const UNHURRIED_TURN_MS = 100
/** A loop that has not turned for so long does not know what is at hand: before it writes, it looks. */
const STALE_MS = 2

/**
 * Runs items one after another. A handler that answers at once costs no `await`: at a hundred
 * thousand items a second that is what the slot would spend most of its time on.
 */
export function itemRunner({
  outbox,
  voice,
  saves,
  hasNext,
}: {
  outbox: Outbox
  voice: ReturnType<typeof slotVoice>
  /** The file of answers that are held back. */
  saves: string
  /** Whether another message is at hand. */
  hasNext: () => boolean
}) {
  const measure = useMeter()
  const flow = answerFlow(outbox, hasNext, savedAnswers(saves))
  const slowness = throttle()
  const blamed = blame(flow.soon)
  const ground = commonGround({ wrote: voice.wrote, flush: outbox.flush })
  const cancelled = new Set<number>()
  let now = performance.now()
  let turnedAt = now
  let progressAt = Number.NEGATIVE_INFINITY
  /** The highest sequence number that has begun; and that has or is about to, whatever is asked. */
  let begun = -1
  let committed = -1
  /** Up to which none begins any more; and up to which the loop knows it. */
  let askedBack = -1
  let givenBack = -1

  const host: ContextHost = {
    wrote: voice.wrote,
    progress: (context, fraction) => {
      const current = blamed.running()
      if (current?.context !== context || !(fraction >= 0 && fraction <= 1)) return
      const at = performance.now()
      if (at - progressAt < PROGRESS_MS && fraction < 1) return
      progressAt = at
      outbox.put(encodeSlotLine({ kind: 'progress', seq: current.first, fraction }))
      flow.soon()
    },
  }

  /** Notes that this one begins. True: it was cancelled before, and is not to run. */
  function beginsCancelled(seq: number): boolean {
    begun = seq
    return cancelled.size > 0 && cancelled.delete(seq)
  }

  /** True: it is not to begin any more. What waits behind it is told of with it. */
  function isGivenBack(seq: number): boolean {
    if (seq > askedBack) return false
    giveBackFrom(seq)
    return true
  }

  function giveBackFrom(seq: number): void {
    const first = Math.max(seq, givenBack + 1)
    if (first > askedBack) return
    outbox.put(encodeSlotLine({ kind: 'givenBack', first, last: askedBack }))
    givenBack = askedBack
    flow.flush(performance.now())
  }

  const shared = { host, outbox, voice, measure, flow, slowness, blamed, ground }
  const runMany = batchRunner({ ...shared, beginsCancelled, leave })

  async function run(stage: StageDefinition, loaded: LoadedStage, message: Message): Promise<void> {
    const { header } = message
    if (ground.isSpoilt()) leave()
    ground.enter(loaded)
    flow.messageBegins(stage.timeoutMillis)
    now = performance.now()
    for (let at = 0, order = 0; at < header.items; order++) {
      const count = header.counts?.[order] ?? 1
      const tryNumber = header.tries?.[order] ?? 1
      if (isGivenBack(header.first + at)) return
      if (loaded.batch !== undefined && (count > 1 || loaded.handle === undefined)) {
        committed = header.first + at + count - 1
        await runMany(stage, loaded, message, { at, count, tryNumber })
        now = performance.now()
        at += count
      } else {
        for (const end = at + count; at < end; at++) {
          if (isGivenBack(header.first + at)) return
          committed = header.first + at
          const later = runOne(stage, loaded, message, at, tryNumber)
          if (later !== undefined) await later
          if (flow.isDue(now)) await write(flow.isDue)
          else if (now - turnedAt > (hasNext() ? UNHURRIED_TURN_MS : TURN_MS)) await takeTurn()
          flow.hold(now)
        }
      }
    }
    if (flow.isDueAtEnd(now)) await write(flow.isDueAtEnd)
    flow.hold(now)
  }

  /** A promise only if the item could not be finished at once. */
  function runOne(
    stage: StageDefinition,
    loaded: LoadedStage,
    message: Message,
    at: number,
    tryNumber: number,
  ): Promise<void> | undefined {
    const place = placeOf(message.header, at)
    if (beginsCancelled(place.seq)) {
      flow.answer(place.seq, cancelledAnswer, measure(0), now)
      return undefined
    }
    const context = new ItemContext(host, stage, loaded.model.loaded, tryNumber, place)
    const current: Running = {
      stage: stage.stage,
      first: place.seq,
      last: place.seq,
      context,
      settle: undefined,
    }
    blamed.begin(current)
    voice.begin(place.seq)
    const started = now
    const payload = message.payloads[at]
    const finish = (answer: ItemAnswer) =>
      finishOne(stage, { started, payload, place, context }, answer)
    const rules = { maxResultBytes: stage.maxResultBytes, check: loaded.check }
    let item: unknown
    try {
      item = readItem(stage, payload)
    } catch (error) {
      return finish(unreadable(error))
    }
    let value: unknown
    let waits: boolean
    try {
      if (isThenable(item)) value = item.then(read => loaded.handle?.(read, context), badInput)
      else value = loaded.handle?.(item, context)
      waits = isThenable(value)
    } catch (error) {
      return finish(answerThrown(error, context))
    }
    if (!waits) return finish(answerOf(value, rules))
    return blamed
      .ended(value as PromiseLike<unknown>, current)
      .then(end => finish(answerEnd(end, context, rules)))
  }

  function finishOne(
    stage: StageDefinition,
    item: {
      readonly started: number
      readonly payload: string
      readonly place: ItemPlace
      readonly context: ItemContext
    },
    answer: ItemAnswer,
  ): Promise<void> | undefined {
    const { started, payload, place, context } = item
    const { seq, index } = place
    now = performance.now()
    const use = measure(Math.max(1, Math.round((now - started) * 1_000)))
    if (answer.letter !== 'f') {
      ItemContext.dropCheckpoint(context)
      // The time this takes counts neither for this item nor for the next.
      if (tellContent(outbox, stage, { seq, payload })) now = performance.now()
    }
    const isWhole = !ItemContext.isAborted(context)
    const from = isWhole && !stage.takesFiles ? { print: stage.print, index, payload } : undefined
    if (stage.slowdown <= 1) return done(seq, answer, use, from)
    const slowed = { ...use, micros: use.micros + slowness.owe(stage.slowdown, use) }
    if (!slowness.isDue()) return done(seq, answer, slowed, from)
    return payOwed().then(() => done(seq, answer, slowed, from))
  }

  function done(seq: number, answer: ItemAnswer, use: Use, from: MadeFrom | undefined): undefined {
    const isSpoilt = ground.restore(use.micros)
    voice.end()
    blamed.end()
    // What it said is sent with its answer, or it runs again.
    flow.answer(seq, answer, use, now, voice.hasSpoken() ? undefined : from)
    if (isSpoilt) leave()
    return isOutOfFiles(answer) ? leave(FILES_SPENT) : undefined
  }

  async function payOwed(): Promise<void> {
    flow.flush(now)
    await slowness.pay()
    now = performance.now()
  }

  function leave(code?: number): never {
    blamed.leave()
    voice.end()
    return ground.leave(code)
  }

  function abortRunning(first: number, last: number, why: Why): void {
    const current = blamed.running()
    const context = current?.context
    if (current === undefined || context === undefined) return
    if (current.first <= last && first <= current.last) ItemContext.abort(context, abortReason(why))
  }

  /** A write wakes the loop, which costs far more than the look whether it can wait, as the next message is at hand. */
  async function write(isDue: (now: number) => boolean): Promise<void> {
    if (now - turnedAt > STALE_MS) await takeTurn()
    if (isDue(now)) flow.flush(now)
  }

  async function takeTurn(): Promise<void> {
    await turn()
    turnedAt = now = performance.now()
  }

  return {
    run,
    /** Called when a message has found the slot at rest: its loop has just turned. */
    wake(): void {
      turnedAt = performance.now()
    },
    /** Aborts the running item if it is among these, and drops those still waiting. */
    abort(first: number, last: number, why: Why): void {
      abortRunning(first, last, why)
      for (let seq = Math.max(first, begun + 1); seq <= last; seq++) cancelled.add(seq)
    },
    /** None begins any more up to this number: what waits behind the item that runs, or for a setup, is told of now. */
    giveBack(last: number): void {
      askedBack = Math.max(askedBack, last)
      giveBackFrom(committed + 1)
    },
    isGivenBack,
    /** Aborts the running item; none begins any more, and nobody asks what became of them. */
    quit(why: Why): void {
      askedBack = givenBack = Number.MAX_SAFE_INTEGER
      abortRunning(0, askedBack, why)
    },
    /** Called when all answers are out and no message is at hand. */
    rest(): void {
      if (ground.isSpoilt()) leave()
    },
    isLate: blamed.isLate,
    charge: blamed.charge,
    guard: blamed.guard,
  }
}
