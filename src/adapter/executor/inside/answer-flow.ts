import type { ItemAnswer } from './answer.ts'
import { stringify } from '../json.ts'
import type { MadeFrom, SavedAnswers } from './saved-answers.ts'
import type { Use } from './meter.ts'
import type { Outbox } from './outbox.ts'
import { bare, longAnswer, shortResult } from '../protocol.ts'

/** Answers leave at the end of a message, or when this much time or text has gathered. */
const FLUSH_MS = 2
const FLUSH_BYTES = 64 * 1024
/**
 * While the slot has its next message at hand, nobody waits for its answers, and sending them early is costly:
 * a write, and the commit of the loop that it triggers, cost the box about as much as an item of a millisecond.
 * When the slot has no next message, each wait is four times as long as the one before, because what the loop
 * was going to do upon the first answers it has already done, or cannot do.
 */
const UNHURRIED_MS = 100
/**
 * The loop measures an item from the moment it hears of the one before, so a held-back answer shortens the next
 * item's timeout, and the first item without an answer is charged with it. Where what waits is not written within
 * this share of the timeout whatever handlers do, each answer leaves at once.
 */
const TIMEOUT_SHARE = 1 / 4
/** A kill costs no more than this much of items that had ended; of many that are short more, as saving costs by item. */
const SAVE_MS = 2
const SAVE_MANY_MS = 10
const MANY = 20
/** Whatever the time. */
const AT_ONCE = Number.NEGATIVE_INFINITY
/** The end of a short message waits for the ends of other messages as short, so that they leave together. */
const TOGETHER_MS = 0.5

/**
 * When a slot's answers leave. The clock is its caller's (`now`, milliseconds of `performance.now`):
 * it has just read it to measure an item, and reading it again would cost as much as a no-op item.
 */
export function answerFlow(outbox: Outbox, hasNext: () => boolean, saved: SavedAnswers) {
  let flushedAt = performance.now()
  let patience = FLUSH_MS
  let unhurried = UNHURRIED_MS
  let savedAt = flushedAt
  let late = false

  function flush(now: number): void {
    outbox.flush()
    saved.sent()
    flushedAt = savedAt = now
    patience = Math.min(4 * patience, unhurried)
  }

  function isDue(now: number, hurried = patience): boolean {
    if (outbox.waiting() === 0) return false
    return now - flushedAt > (hasNext() ? unhurried : hurried)
  }

  return {
    messageBegins(timeoutMillis = Number.POSITIVE_INFINITY): void {
      const isLimited = timeoutMillis !== Number.POSITIVE_INFINITY
      const isLate = isLimited && outbox.latest > TIMEOUT_SHARE * timeoutMillis
      unhurried = isLate ? AT_ONCE : UNHURRIED_MS
      patience = Math.min(FLUSH_MS, unhurried)
    },
    /** Leaves with the next flush, which its caller looks for; much text and short timeouts do not wait for that. */
    answer(seq: number, answer: ItemAnswer, use: Use, now: number, from?: MadeFrom): void {
      const line = lineOf(seq, answer, use)
      outbox.put(line)
      if (from !== undefined && answer.letter !== 'f') saved.add(from, line)
      if (unhurried === AT_ONCE || outbox.waiting() > FLUSH_BYTES) flush(now)
    },
    /** Whether what waits has waited long enough. */
    isDue,
    /** The same at the end of a message: its last answers may be held back to leave together with others. */
    isDueAtEnd: (now: number) => isDue(now, TOGETHER_MS),
    flush,
    /** What waits on is saved meanwhile, once it would cost something to work it out again. */
    hold(now: number): void {
      const waiting = saved.unsaved()
      if (waiting === 0 || now - savedAt <= (waiting > MANY ? SAVE_MANY_MS : SAVE_MS)) return
      savedAt = now
      if (!saved.save()) flush(now)
    },
    /** Answers wait and the next call may be a while away: flush them from a timer. */
    soon(): void {
      if (late || outbox.waiting() === 0) return
      late = true
      const wait = Math.max(0, hasNext() ? unhurried : patience)
      setTimeout(() => {
        late = false
        if (outbox.waiting() > 0) flush(performance.now())
      }, wait)
    },
  }
}

function lineOf(seq: number, answer: ItemAnswer, use: Use): string {
  if (answer.letter === 'f') return longAnswer('f', seq, use, stringify(bare(answer.failure)))
  if (answer.letter === 'R' && use.micros <= 1_000 && use.cpuMicros === use.micros)
    return shortResult(seq, use.micros, answer.json)
  return longAnswer(answer.letter, seq, use, answer.json)
}
