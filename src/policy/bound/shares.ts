import { amountOf, type Problem } from '../../model/problem.ts'

/**
 * Loads of machines that run several tasks at once. By one resource, tasks that run together need
 * at most the capacity, so time x need / capacity adds up to at most the makespan. Rounded needs
 * may say more: with `u_k` a need of at least j / (k + 1) of the capacity, and not just that,
 * counts j / k. With k = 1, of tasks that need more than half only one runs at a time. Whatever
 * fits in the capacity has rounded needs that sum to at most 1. (Dual feasible functions: Fekete
 * and Schepers 2001.)
 */
export function* shareTables(problem: Problem): Generator<Float64Array, void, void> {
  const resources = [
    ...new Set(problem.tasks.flatMap(({ needs }) => Object.keys(needs ?? {}))),
  ].sort()
  const affordable = Math.floor(MAX_ENTRIES / Math.max(1, problem.times.length))
  const plain = resources.map(resource => ({ resource, k: 0 }))
  const rounded = [1, 2, 3, 4].flatMap(k => resources.map(resource => ({ resource, k })))
  for (const { resource, k } of [...plain, ...rounded].slice(0, affordable)) {
    yield sharesOf(problem, resource, k)
  }
}

/** Entries of all tables: each is climbed on its own. */
const MAX_ENTRIES = 200_000

function sharesOf({ tasks, machines, times }: Problem, resource: string, k: number): Float64Array {
  return times.map((time, at) => {
    const { capacity } = machines[at % machines.length]
    if (capacity === undefined || time === Number.POSITIVE_INFINITY) return time
    const need = amountOf(tasks[Math.floor(at / machines.length)].needs, resource)
    return need === 0 ? 0 : time * rounded(need / capacity[resource], k)
  })
}

function rounded(share: number, k: number): number {
  if (k === 0) return share
  const parts = Math.floor(share * (k + 1))
  // Capacities are kept up to a relative 1e-9, so a little above j / (k + 1) is just that.
  const exact = share * (k + 1) - parts < 1e-6
  return exact ? parts / (k + 1) : parts / k
}
