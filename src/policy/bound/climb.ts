import { ascend } from './ascent.ts'
import type { LpBound } from './certified.ts'
import type { Unrelated } from './unrelated.ts'

/**
 * The best machine prices that `steps` passes of the ascent find, and the lower bound they prove; as many
 * more as the first proof takes. Deterministic; ends early when it has converged. Zero steps prove
 * nothing: 0.
 */
export function climbFor(view: Unrelated, steps: number, longest = Infinity): LpBound {
  let best: LpBound = { value: 0, lambda: new Float64Array(view.machines).fill(1 / view.machines) }
  let taken = 0
  if (steps <= 0) return best
  for (const found of ascend(view, { longest })) {
    if (found && found.value > best.value) best = found
    taken += 1
    if (taken >= steps && best.value > 0) break
  }
  return best
}
