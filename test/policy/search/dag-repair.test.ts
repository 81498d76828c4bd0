import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heft } from '../../../src/policy/planning/heft.ts'
import { dagOf } from '../../../src/policy/planning/search/dag.ts'
import { draw, noMove, undoMove } from '../../../src/policy/planning/search/dag-move.ts'
import { decode, planOf } from '../../../src/policy/planning/search/dag-decode.ts'
import { takeBack, undoFor } from '../../../src/policy/planning/search/dag-plan.ts'
import {
  changeLogFor,
  repair,
  takeBackRepair,
} from '../../../src/policy/planning/search/dag-repair.ts'
import { prng } from '../../../src/std/prng.ts'
import { problemsOf } from './problems.ts'

const everything = {
  from: 0,
  limit: Number.POSITIVE_INFINITY,
  greedy: false,
  undo: undefined,
} as const

describe('a move', () => {
  it.each([false, true])('leaves every task behind those it waits for, greedy: %s', greedy => {
    fc.assert(
      fc.property(problemsOf('graph'), fc.integer(), (problem, seed) => {
        const { dag, plan, random, task } = planned(problem, seed)
        const { firstEdge, from } = problem.edges
        const move = noMove()
        for (let tries = 0; tries < 60; tries += 1) {
          if (!draw(dag, plan, move, { task: task(), greedy, random })) continue
          for (let waiting = 0; waiting < dag.tasks; waiting += 1) {
            const sources = from.subarray(firstEdge[waiting], firstEdge[waiting + 1])
            const behind = sources.every(source => plan.position[source] < plan.position[waiting])
            expect(behind, `${waiting} behind ${sources}`).toBe(true)
          }
        }
      }),
    )
  })
})

describe('a repaired plan', () => {
  it('has the times of one decoded from the beginning, move after move', () => {
    fc.assert(
      fc.property(problemsOf('graph'), fc.integer(), (problem, seed) => {
        const { dag, plan, random, task } = planned(problem, seed)
        const log = changeLogFor(dag)
        const move = noMove()
        for (let tries = 0; tries < 60; tries += 1) {
          if (!draw(dag, plan, move, { task: task(), greedy: false, random })) continue
          const limit = Number.POSITIVE_INFINITY
          const makespan = repair(dag, plan, { move, limit, log })
          const repaired = { start: plan.start.slice(), end: plan.end.slice() }
          expect(decode(dag, plan, everything)).toBe(makespan)
          expect(repaired).toEqual({ start: plan.start, end: plan.end })
        }
      }),
    )
  })

  it.each([false, true])('is as before when a move is taken back, greedy: %s', greedy => {
    fc.assert(
      fc.property(problemsOf('graph'), fc.integer(), (problem, seed) => {
        const { dag, plan, random, task } = planned(problem, seed)
        const log = changeLogFor(dag)
        const undo = undoFor(dag)
        const move = noMove()
        const limit = plan.end.reduce((a, b) => Math.max(a, b), 0)
        for (let tries = 0; tries < 30; tries += 1) {
          const before = structuredClone({ ...plan, free: undefined, ready: undefined })
          if (!draw(dag, plan, move, { task: task(), greedy, random })) continue
          if (greedy) {
            decode(dag, plan, { from: move.from, limit, greedy, undo })
            takeBack(plan, move.from, undo)
          } else {
            repair(dag, plan, { move, limit, log })
            takeBackRepair(plan, log)
          }
          undoMove(plan, move)
          expect({ ...plan, free: undefined, ready: undefined }).toEqual(before)
        }
      }),
    )
  })
})

function planned(problem: Parameters<typeof dagOf>[0], seed: number) {
  const dag = dagOf(problem)
  const [schedule] = heft.plan(problem, { seed: 1 })
  if (!schedule) throw new Error('heft yields a schedule')
  const random = prng(seed)
  return { dag, plan: planOf(dag, schedule), random, task: () => random.int(dag.tasks) }
}
