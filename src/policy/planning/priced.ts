import { climbFor } from '../bound/climb.ts'
import { wholeLimit } from '../bound/ascent.ts'
import { toMakespan } from '../bound/certified.ts'
import { unrelatedOf, whyNotUnrelated } from '../bound/unrelated.ts'
import { scheduleOf } from './assignment.ts'
import type { Planner } from './planner.ts'
import { fillAtPrices } from './price-fill.ts'

/**
 * Independent tasks at machine prices that come near the LP's duals: in some milliseconds what rounding the
 * LP comes to, and far ahead of whatever looks at ends alone where each task has machines of its own.
 */
export const priced: Planner = {
  name: 'priced',
  source:
    'prices by ascent on the dual of the assignment LP, then a fill at them (`price-fill.ts`)',
  refuses: problem =>
    whyNotUnrelated(problem) ??
    (problem.times.length > wholeLimit
      ? 'of so many tasks prices that rise with loads are sooner there'
      : undefined),
  *plan(problem, { proved }) {
    const view = unrelatedOf(problem)
    const bound = climbFor(view, passesFor(view.classes * view.machines))
    proved?.(toMakespan(view, bound.value))
    yield scheduleOf(problem, fillAtPrices(view, bound))
  },
}

/** Enough to be within some tenths of a per cent of the LP; of many entries as many as take some hundredths of a second. */
const passesFor = (entries: number): number =>
  Math.max(30, Math.min(300, Math.floor(4_000_000 / (entries + 1))))
