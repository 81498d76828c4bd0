import { planProblem } from '../../build/choose/plan-problem.js'
import { strategyNamed } from '../../build/choose/strategies.js'

/** One plan, with `seconds` as its limit. */
export function plan(problem, name, { solver, scale }, seconds) {
  const spending = { kind: 'time', ms: seconds * 1000 * scale }
  return planProblem(problem, { strategy: strategyNamed(name), seed: 1, spending, solver })
}

export const percent = share => `${(share * 100).toFixed(2)} %`
export const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length
export const geometric = values => Math.exp(mean(values.map(Math.log)))

/**
 * A figure against its budget and its aim, all in the same unit. `most` and `aim` are upper limits;
 * `undefined`: the issue names none.
 */
export function figure(what, value, { most, aim, show = percent }) {
  const met = limit => value <= limit + 1e-9
  const missed = most === undefined ? '' : 'no'
  const verdict =
    aim !== undefined && met(aim) ? 'aim' : most !== undefined && met(most) ? 'yes' : missed
  const limit = value => (value === undefined ? '-' : show(value))
  return [what, show(value), limit(most), limit(aim), verdict]
}
