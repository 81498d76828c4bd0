import { expect, test } from 'vitest'
import type { Problem } from '../../../src/model/problem.ts'
import { makespanOf, type Schedule } from '../../../src/model/schedule.ts'
import { violationsOf } from '../../../src/model/validator.ts'
import { firstOf } from '../../../src/policy/planning/constructive.ts'
import { cpop } from '../../../src/policy/planning/cpop.ts'
import { heft } from '../../../src/policy/planning/heft.ts'
import { peft } from '../../../src/policy/planning/peft.ts'
import type { Planner } from '../../../src/policy/planning/planner.ts'
import { nearStarts } from '../../../src/policy/planning/search/near-starts.ts'
import { prng } from '../../../src/std/prng.ts'
import { problem } from '../planning/problems.ts'

/**
 * Two places of eight and four machines; between them a link a hundred times as slow, if `apart`. Where `split`, the
 * first task can run in the one place only and the second in the other.
 */
function twoPlaces(how: { apart: boolean; split?: true }): Problem {
  const random = prng(3)
  const machines = Array.from({ length: 12 }, (_, at) => ({ id: `m${at}`, speed: 1 }))
  const links = machines.flatMap((_, a) =>
    machines
      .slice(0, a)
      .filter((_, b) => placeOf(a) === placeOf(b))
      .map(({ id }) => ({ between: [`m${a}`, id], bandwidth: 100 })),
  )
  return problem({
    machines,
    network: { bandwidth: how.apart ? 1 : 100, latency: 0, links },
    tasks: Array.from({ length: 90 }, (_, task) => {
      const time = 1 + random.int(100)
      const befores = Array.from({ length: random.int(4) }, () => task - 1 - random.int(20))
      return {
        id: `t${task}`,
        times: machines.map((_, on) =>
          how.split && task < 2 && placeOf(on) !== task ? null : time,
        ),
        after: [...new Set(befores)]
          .filter(before => before >= 0)
          .map(before => ({ task: `t${before}`, bytes: random.int(2_000) })),
      }
    }),
  })
}

const placeOf = (machine: number): number => (machine % 3 === 2 ? 1 : 0)

const first = (planner: Planner, on: Problem): Schedule => firstOf(planner.plan(on, { seed: 1 }))

const startsFrom = (on: Problem, standing: Schedule): Schedule[] =>
  [...nearStarts(on, standing)].filter(found => found !== undefined)

test('what stays with machines near each other ends far sooner than what goes over a slow link now and then', () => {
  const apart = twoPlaces({ apart: true })
  const least = Math.min(...[heft, peft, cpop].map(planner => makespanOf(first(planner, apart))))
  const found = startsFrom(apart, first(heft, apart))
  for (const schedule of found) expect(violationsOf(apart, schedule)).toEqual([])
  const best = found.at(-1) as Schedule
  expect(makespanOf(best)).toBeLessThan(0.5 * least)
  expect(new Set([...best.machine].map(placeOf)).size).toBe(1)
})

test('machines that cannot run all tasks are no group', () => {
  const split = twoPlaces({ apart: true, split: true })
  const late = { ...first(heft, split), end: Float64Array.from({ length: 90 }, () => 1e9) }
  for (const schedule of startsFrom(split, late)) expect(violationsOf(split, schedule)).toEqual([])
})

test('where all links are alike nothing is tried, and what is as good stays', () => {
  const alike = twoPlaces({ apart: false })
  expect([...nearStarts(alike, first(heft, alike))]).toEqual([])
  const apart = twoPlaces({ apart: true })
  const best = startsFrom(apart, first(heft, apart)).at(-1) as Schedule
  expect(startsFrom(apart, best)).toEqual([])
})
