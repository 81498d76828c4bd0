import { successorsOf, topologicalOrder } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import { constructive } from './constructive.ts'
import { listSchedule } from './list-schedule.ts'
import { leastBy } from './partial-schedule.ts'
import { meanTransfers } from './rank.ts'

/**
 * Predict earliest finish time: an optimistic cost table tells, for each task and machine, how long
 * everything after it takes at best. Ready tasks go by their mean optimistic cost, each to the
 * machine of least finish plus optimistic cost: HEFT that looks ahead at HEFT's price.
 */
export const peft = constructive({
  name: 'peft',
  source: 'Arabnejad and Barbosa 2014, with insertion',
  build: problem => {
    const machines = problem.machines.length
    const cost = optimisticCosts(problem)
    return listSchedule(problem, {
      keys: meanCosts(problem, cost).map(mean => -mean),
      insertion: true,
      machine: (task, partial) =>
        leastBy(
          machines,
          machine => partial.earliestFinish(task, machine) + cost[task * machines + machine],
        ),
    })
  },
})

/**
 * cost(t, i) = max over successors s of min over machines k of cost(s, k) + time(s, k) + (the mean
 * transfer, unless k is i). Staying on i is one candidate and the best k with transfer the other,
 * so an edge takes one pass over the machines.
 */
function optimisticCosts(problem: Problem): Float64Array {
  const machines = problem.machines.length
  const { times } = problem
  const successors = successorsOf(problem.edges)
  const transfer = meanTransfers(problem)
  const cost = new Float64Array(times.length)
  for (const task of topologicalOrder(problem.edges, successors).toReversed()) {
    const row = task * machines
    for (let at = successors.firstEdge[task]; at < successors.firstEdge[task + 1]; at += 1) {
      const next = successors.to[at] * machines
      let moved = Number.POSITIVE_INFINITY
      for (let machine = 0; machine < machines; machine += 1) {
        moved = Math.min(moved, cost[next + machine] + times[next + machine])
      }
      moved += transfer[successors.edge[at]]
      for (let machine = 0; machine < machines; machine += 1) {
        const stayed = cost[next + machine] + times[next + machine]
        cost[row + machine] = Math.max(cost[row + machine], Math.min(stayed, moved))
      }
    }
  }
  return cost
}

/** Over the machines that can run the task. */
function meanCosts(problem: Problem, cost: Float64Array): Float64Array {
  const machines = problem.machines.length
  return Float64Array.from(problem.tasks, (_, task) => {
    let sum = 0
    let able = 0
    for (let at = task * machines; at < (task + 1) * machines; at += 1) {
      if (problem.times[at] === Number.POSITIVE_INFINITY) continue
      sum += cost[at]
      able += 1
    }
    return sum / able
  })
}
