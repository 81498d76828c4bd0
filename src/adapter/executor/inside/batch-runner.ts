import type { slotVoice } from '../voice.ts'
import { FILES_SPENT, type StageDefinition } from '../protocol.ts'
import type { answerFlow } from './answer-flow.ts'
import { isOutOfFiles } from './answer.ts'
import { runBatch } from './batch.ts'
import type { blame, Running } from './blame.ts'
import type { commonGround } from './common-ground.ts'
import { type ContextHost, ItemContext, type ItemPlace, placeOf } from './item-context.ts'
import { callLater, cancelledAnswer, type End, unreadable } from './item-end.ts'
import type { Message } from './item-runner.ts'
import type { LoadedStage } from './loaded-stage.ts'
import type { useMeter } from './meter.ts'
import type { Outbox } from './outbox.ts'
import { readItem } from './read-item.ts'
import { tellContent } from './tell-content.ts'
import type { throttle } from './throttle.ts'

/** What batches share with items that run one at a time in the same slot. */
type Shared = {
  readonly host: ContextHost
  readonly outbox: Outbox
  readonly voice: ReturnType<typeof slotVoice>
  readonly measure: ReturnType<typeof useMeter>
  readonly flow: ReturnType<typeof answerFlow>
  readonly slowness: ReturnType<typeof throttle>
  readonly blamed: ReturnType<typeof blame>
  readonly ground: ReturnType<typeof commonGround>
  /** Notes that an item begins. True: it was cancelled before. */
  readonly beginsCancelled: (seq: number) => boolean
  /** Ends the slot. */
  readonly leave: (code?: number) => never
}

type Part = { readonly at: number; readonly count: number; readonly tryNumber: number }

/**
 * Runs the items of one task together, by their stage's `batch`. Each takes the same share of the time and the
 * processor that their call used.
 */
export function batchRunner(shared: Shared) {
  const { host, outbox, voice, measure, flow, slowness, blamed, ground } = shared

  /** Those of the task that can be read and were not cancelled; the others are answered at once. */
  async function readAll(stage: StageDefinition, message: Message, { at, count }: Part) {
    const places: ItemPlace[] = []
    const payloads: string[] = []
    const items: unknown[] = []
    for (let i = at; i < at + count; i++) {
      const place = placeOf(message.header, i)
      if (shared.beginsCancelled(place.seq)) {
        flow.answer(place.seq, cancelledAnswer, measure(0), performance.now())
        continue
      }
      try {
        items.push(await readItem(stage, message.payloads[i]))
        places.push(place)
        payloads.push(message.payloads[i])
      } catch (error) {
        flow.answer(place.seq, unreadable(error), measure(0), performance.now())
      }
    }
    return { places, payloads, items }
  }

  return async (
    stage: StageDefinition,
    loaded: LoadedStage,
    message: Message,
    part: Part,
  ): Promise<void> => {
    const { places, payloads, items } = await readAll(stage, message, part)
    if (places.length === 0) return
    const contextFor = (some: readonly ItemPlace[]) =>
      new ItemContext(host, stage, loaded.model.loaded, part.tryNumber, some[0], some)
    const context = contextFor(places)
    const whole: Running = {
      stage: stage.stage,
      first: places[0].seq,
      last: places[places.length - 1].seq,
      context,
      settle: undefined,
    }
    blamed.begin(whole)
    voice.begin(whole.first)
    const began = performance.now()
    let now = began
    let started = began
    let isSpent = false
    const fromOf = (i: number) =>
      stage.takesFiles
        ? undefined
        : { print: stage.print, index: places[i].index, payload: payloads[i] }
    const rules = { maxResultBytes: stage.maxResultBytes, check: loaded.check }
    const call = async (from: number, to: number): Promise<End> => {
      const own = contextFor(places.slice(from, to))
      if (ItemContext.isAborted(context)) ItemContext.abort(own, context.signal.reason)
      const current = { ...whole, context: own }
      blamed.begin(current)
      const end = await blamed.ended(
        callLater(() => loaded.batch?.(items.slice(from, to), own)),
        current,
      )
      if (ItemContext.isAborted(own)) ItemContext.abort(context, own.signal.reason)
      return end
    }
    await runBatch(places.length, call, async (from, answers) => {
      now = performance.now()
      const each = Math.max(1, Math.round(((now - started) * 1_000) / answers.length))
      const use = measure(each, answers.length)
      const extra = slowness.owe(stage.slowdown, use, answers.length)
      const slowed = { ...use, micros: each + Math.round(extra / answers.length) }
      // First, for an answer that left before would say that its items began before they did.
      if (slowness.isDue()) {
        flow.flush(now)
        await slowness.pay()
        now = performance.now()
      }
      const isSaved = !voice.hasSpoken() && !ItemContext.isAborted(context)
      for (const [i, answer] of answers.entries()) {
        const { seq } = places[from + i]
        const said = answer(rules, context)
        isSpent ||= isOutOfFiles(said)
        const told =
          said.letter !== 'f' && tellContent(outbox, stage, { seq, payload: payloads[from + i] })
        if (told) now = performance.now()
        flow.answer(seq, said, slowed, now, isSaved ? fromOf(from + i) : undefined)
      }
      if (flow.isDue(now)) flow.flush(now)
      flow.hold(now)
      // The hashing of files is no time of the part that follows.
      started = now = performance.now()
    })
    const isSpoilt = ground.restore((now - began) * 1_000)
    voice.end()
    blamed.end()
    if (isSpoilt) shared.leave()
    if (isSpent) shared.leave(FILES_SPENT)
  }
}
