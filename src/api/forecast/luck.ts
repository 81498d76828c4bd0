import { DONE, endedCount, FAILED, STOPPED } from '../../core/items.ts'
import type { Machine } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { driftAhead } from '../../policy/estimation/drift.ts'
import { meanHandover } from '../../policy/estimation/least-squares.ts'
import { sharedVariance, type Spread, spreadOf } from '../../policy/estimation/spread.ts'
import type { Prng } from '../../std/prng.ts'

/** How wrong predictions of a stage's single items were, on all machines together. */
export const spreadIn = (stage: Stage): Spread => spreadOf(stage.estimates)

/** Mean micros between an answer and the next that no item took; 0 while none was measured. */
export const handoverOf = ({ handover }: Stage): number => meanHandover(handover)

/** What the machine's next items of the stage are expected to be off by together, as the last ones were. */
export function driftIn(
  { estimates, pooled, known, items }: Stage,
  { number }: Machine,
  spread: Spread,
  next = known - endedCount(items),
): number {
  const own = estimates[number]
  return own === undefined ? 1 : driftAhead(own, spread, (next * own.n) / pooled.n)
}

/**
 * How many times over items take what their last attempt does, failed attempts counted as long as they
 * were: times are learnt of answers only. 1 where more items hold from an earlier run than attempts failed.
 */
export function againIn({ machines }: State, { byMachine, items, pooled }: Stage): number {
  const ended = items.counts[DONE] + items.counts[STOPPED] + items.counts[FAILED]
  let [attempts, micros] = [0, 0]
  byMachine.forEach(({ tasks, micros: busy }, at) => {
    attempts += tasks
    micros += busy * machines[at].definition.speed
  })
  if (ended === 0 || attempts <= ended || pooled.n === 0) return 1
  const usual = (ended * pooled.time) / pooled.n
  const failed = Math.min(((attempts - ended) / ended) * usual, micros - usual)
  return 1 + Math.max(0, failed) / usual
}

/** What a stage's items have in common: one draw for all of them. */
type Luck = {
  /** The factor their times are off by together. */
  readonly factor: number
  /** Micros that pass between two of them. */
  readonly handover: number
}
export type LuckOf = (stage: Stage, spread: Spread) => Luck

/** Answers how to draw anew for all stages, each at most once. */
export function luckyStages(random: Prng): () => LuckOf {
  const handovers = new Map<Stage, Spread>()
  return () => {
    const drawn = new Map<Stage, Luck>()
    return (stage, spread) => {
      const known = drawn.get(stage)
      if (known !== undefined) return known
      const left = stage.known - endedCount(stage.items)
      const between = handovers.get(stage) ?? spreadOf([stage.handover])
      handovers.set(stage, between)
      const luck = {
        factor: commonFactor(spread, stage.pooled.n, left, random),
        handover: handoverOf(stage) * commonFactor(between, stage.handover.n, left, random),
      }
      drawn.set(stage, luck)
      return luck
    }
  }
}

/**
 * The mean of n past items is off by an n-th of their variance, and where errors follow each other the
 * mean of those to come strays with them: of both, the part that independent draws do not give. The
 * variance itself is known from blocks of errors, of eight say, whence Student's t.
 */
function commonFactor(spread: Spread, n: number, left: number, random: Prng): number {
  const shared = sharedVariance(spread.echo, n, left)
  const strays = spread.variation * Math.sqrt(shared) * student(2 + n / 8, random)
  return Math.exp(Math.max(-2, Math.min(2, strays)))
}

/** Student's t with so many degrees of freedom (Bailey 1994). */
function student(freedom: number, random: Prng): number {
  const far = Math.sqrt(freedom * ((1 - random.next()) ** (-2 / freedom) - 1))
  return far * Math.cos(2 * Math.PI * random.next())
}

/**
 * Actual over predicted, drawn for so many items together: the spread of a mean is a root smaller
 * than that of one. Its own mean is 1, since least squares errs to neither side.
 */
export function ratioOf(spread: Spread, items: number, random: Prng): number {
  return 1 + (spread.draw(random) / spread.mean - 1) / Math.sqrt(items)
}
