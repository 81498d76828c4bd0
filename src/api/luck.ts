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
 * mean of those to come strays with them: of both, the part that independent draws do not give.
 */
export function luckyStages(random: Prng): LuckOf {
  const drawn = new Map<Stage, number>()
  return (stage, spread) => {
    const known = drawn.get(stage)
    if (known !== undefined) return known
    const past = Math.min(1, spread.echo / Math.max(1, stage.pooled.n))
    const left = Math.max(1, stage.known - endedCount(stage.items))
    const coming = Math.min(1, (spread.echo - 1) / left)
    const factor = Math.exp(spread.variation * Math.sqrt(past + coming) * random.normal())
    drawn.set(stage, factor)
    return factor
  }
}

/**
 * Actual over predicted, drawn for so many items together: the spread of a mean is a root smaller
 * than that of one. Its own mean is 1, since least squares errs to neither side.
 */
export function ratioOf(spread: Spread, items: number, random: Prng): number {
  return 1 + (spread.at(random.next()) / spread.mean - 1) / Math.sqrt(items)
}
