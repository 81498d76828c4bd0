import { expect, test } from 'vitest'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { firstOf } from '../../../src/policy/planning/constructive.ts'
import { cpop } from '../../../src/policy/planning/cpop.ts'
import { heft } from '../../../src/policy/planning/heft.ts'
import { peft } from '../../../src/policy/planning/peft.ts'
import type { Planner } from '../../../src/policy/planning/planner.ts'
import { clusteredStarts } from '../../../src/policy/planning/search/clustered-starts.ts'
import { prng } from '../../../src/std/prng.ts'
import { problem } from '../planning/problems.ts'

/** A binary tree towards its root, on machines of very different speed; a transfer takes as long as many tasks. */
function tree(tasks: number, how: { dear: boolean; few?: true }): Problem {
  const random = prng(5)
  const machines = [0.2, 1, 2, 5, 10, 20, 35, 48].map((speed, at) => ({ id: `m${at}`, speed }))
  return problem({
    machines,
    tasks: Array.from({ length: tasks }, (_, task) => {
      const work = 1 + random.int(30)
      const times = machines.map(({ speed }) => (random.int(3) === 0 ? null : work / speed))
      return {
        id: `t${task}`,
        ...(how.few && times.some(time => time !== null) ? { times } : { work }),
        after: [2 * task + 1, 2 * task + 2]
          .filter(child => child < tasks)
          .map(child => ({ task: `t${child}`, time: how.dear ? random.int(60) : 0 })),
      }
    }),
  })
}

const first = (planner: Planner, on: Problem): Schedule => firstOf(planner.plan(on, { seed: 1 }))

const startsFrom = (on: Problem, standing: Schedule): Schedule[] =>
  [...clusteredStarts(on, standing)].filter(found => found !== undefined)

test('branches that stay together end far sooner than tasks placed one by one', () => {
  const dear = tree(500, { dear: true })
  const least = Math.min(...[heft, peft, cpop].map(planner => makespanOf(first(planner, dear))))
  const found = startsFrom(dear, first(heft, dear))
  for (const schedule of found) expect(violationsOf(dear, schedule)).toEqual([])
  expect(makespanOf(found.at(-1) as Schedule)).toBeLessThan(0.8 * least)
})

test('what no machine can run as a whole is placed task by task', () => {
  const picky = tree(300, { dear: true, few: true })
  const late = { ...first(heft, picky), end: Float64Array.from({ length: 300 }, () => 1e9) }
  const found = startsFrom(picky, late)
  expect(found).not.toEqual([])
  for (const schedule of found) expect(violationsOf(picky, schedule)).toEqual([])
})

test('what is as good stays, and without transfers nothing is tried', () => {
  const dear = tree(200, { dear: true })
  const best = startsFrom(dear, first(heft, dear)).at(-1) as Schedule
  expect(startsFrom(dear, best)).toEqual([])
  const free = tree(200, { dear: false })
  expect([...clusteredStarts(free, first(heft, free))]).toEqual([])
})
