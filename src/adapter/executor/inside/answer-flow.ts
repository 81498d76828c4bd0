import type { ItemAnswer } from './answer.ts'
import { stringify } from '../json.ts'
import type { Use } from './meter.ts'
import type { Outbox } from './outbox.ts'
import { bare, longAnswer, shortResult } from '../protocol.ts'

/** Answers leave at the end of a message, or when this much time or text has gathered. */
const FLUSH_MS = 2
const FLUSH_BYTES = 64 * 1024
/**
 * While the slot has its next message at hand nobody waits for them: a write, and the commit of the loop that it
 * wakes, cost the box what most of an item of a millisecond does. Where it has none they are waited for four times
 * as long each time as before, since what the loop was to do upon the first it has done, or cannot do.
 */
const UNHURRIED_MS = 100
/** The loop sees how long an item takes by when it hears of the one before: this share of a timeout may be missing. */
const TIMEOUT_SHARE = 1 / 4
/** The end of a message waits for those of others as short. */
const TOGETHER_MS = 0.5

/**
 * When a slot's answers leave. The clock is its caller's (`now`, milliseconds of `performance.now`):
 * it has just read it to measure an item, and reading it again would cost as much as a no-op item.
 */
export function answerFlow(outbox: Outbox, hasNext: () => boolean) {
  let flushedAt = performance.now()
  let patience = FLUSH_MS
  let unhurried = UNHURRIED_MS
  let late = false

  function flush(now: number): void {
    outbox.flush()
    flushedAt = now
    patience = Math.min(4 * patience, unhurried)
  }

  function isDue(now: number, hurried: number): boolean {
    const waited = now - flushedAt
    return outbox.waiting() > FLUSH_BYTES || waited > (hasNext() ? unhurried : hurried)
  }

  return {
    messageBegins(timeoutMillis = Number.POSITIVE_INFINITY): void {
      unhurried = Math.min(UNHURRIED_MS, TIMEOUT_SHARE * timeoutMillis)
      patience = Math.min(FLUSH_MS, unhurried)
    },
    answer(seq: number, answer: ItemAnswer, use: Use, now: number): void {
      outbox.put(lineOf(seq, answer, use))
      if (isDue(now, patience)) flush(now)
    },
    flush,
    /** A message has ended; answers given a moment ago may still wait for company. */
    messageEnded(now: number): void {
      if (outbox.waiting() > 0 && isDue(now, TOGETHER_MS)) flush(now)
    },
    /** Something waits, and nobody may come by for a while. */
    soon(): void {
      if (late || outbox.waiting() === 0) return
      late = true
      const wait = hasNext() ? unhurried : patience
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
