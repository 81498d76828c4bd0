import { endedCount } from '../core/items.ts'
import type { Stage } from '../core/state.ts'
import { type Spread, spreadOf } from '../policy/estimation/spread.ts'
import type { Prng } from '../std/prng.ts'

/** How wrong predictions of a stage's single items were, on all machines together. */
export const spreadIn = (stage: Stage): Spread => spreadOf(stage.estimates)

/** What a stage's times are off by together, one draw for all of its items. */
export type LuckOf = (stage: Stage, spread: Spread) => number

/**
 * The mean of n past items is off by an n-th of their variance, and where errors follow each other the
 * mean of those to come strays with them: of both, the part that independent draws do not give. The
 * variance itself is known from no more than n errors, whence Student's t.
 */
export function luckyStages(random: Prng): LuckOf {
  const drawn = new Map<Stage, number>()
  return (stage, spread) => {
    const known = drawn.get(stage)
    if (known !== undefined) return known
    const n = Math.max(2, stage.pooled.n / spread.echo)
    const left = Math.max(1, stage.known - endedCount(stage.items))
    const variance = 1 / (n - 1) + Math.min(1, (spread.echo - 1) / left)
    const strays = spread.variation * Math.sqrt(Math.min(2, variance)) * student(n - 1, random)
    const factor = Math.exp(Math.max(-2, Math.min(2, strays)))
    drawn.set(stage, factor)
    return factor
  }
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
