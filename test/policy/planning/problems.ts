import fc from 'fast-check'
import { problemFrom } from '../../../src/input/problem.ts'
import type { Problem } from '../../../src/model/problem.ts'

/** A problem from the JSON a user would write; wrong JSON fails the test that uses it. */
export function problem(json: object): Problem {
  return problemFrom(json, { place: 'test.json', name: 'test' })
}

/** The article's case: work 5 8 6 10 4 on speeds 2 3 4. */
export const article = problem({
  machines: [2, 3, 4].map((speed, at) => ({ id: `R${at + 1}`, speed })),
  tasks: [5, 8, 6, 10, 4].map((work, at) => ({ id: `T${at + 1}`, work })),
})

export type Features = {
  readonly precedence?: boolean
  readonly releases?: boolean
  readonly needs?: boolean
  /** Equal speeds and no fixed times. */
  readonly identical?: boolean
  readonly maxTasks?: number
}

/** Small random problems, in whole numbers and thirds, so that rounding shows. */
export function anyProblem(features: Features = {}): fc.Arbitrary<Problem> {
  const { precedence, releases, needs, identical, maxTasks = 8 } = features
  const machine = fc.record({
    speed: identical ? fc.constant(1) : fc.constantFrom(1, 1, 2, 3),
    capacity: needs
      ? fc.option(fc.constantFrom({ cpu: 2 }, { cpu: 4, gpu: 1 }))
      : fc.constant(null),
  })
  const task = fc.record({
    work: fc.integer({ min: 0, max: 12 }),
    times: identical
      ? fc.constant(null)
      : fc.option(
          fc.array(fc.option(fc.integer({ min: 1, max: 9 }), { freq: 5 }), {
            minLength: 4,
            maxLength: 4,
          }),
        ),
    release: releases ? fc.integer({ min: 0, max: 10 }) : fc.constant(0),
    needs: needs
      ? fc.constantFrom(undefined, { cpu: 1 }, { cpu: 2 }, { cpu: 1.5 })
      : fc.constant(undefined),
    before: fc.array(
      fc.record({
        back: fc.integer({ min: 1, max: 5 }),
        time: fc.option(fc.integer({ min: 0, max: 6 })),
        bytes: fc.integer({ min: 0, max: 20 }),
      }),
      { maxLength: precedence ? 2 : 0 },
    ),
  })
  return fc
    .record({
      machines: fc.array(machine, { minLength: 1, maxLength: 4 }),
      tasks: fc.array(task, { minLength: 1, maxLength: maxTasks }),
      latency: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ machines, tasks, latency }) =>
      problem({
        machines: machines.map(({ speed, capacity }, at) => ({
          id: `m${at}`,
          speed,
          ...(capacity === null ? {} : { capacity }),
        })),
        network: { bandwidth: 4, latency },
        tasks: tasks.map((drawn, at) => {
          const times = drawn.times?.slice(0, machines.length) ?? [null]
          return {
            id: `t${at}`,
            ...(times.some(time => time !== null) ? { times } : { work: drawn.work }),
            release: drawn.release,
            ...(drawn.needs === undefined || !fitsSomewhere(drawn.needs, machines, times)
              ? {}
              : { needs: drawn.needs }),
            after: drawn.before
              .filter(({ back }) => back <= at)
              .map(({ back, time, bytes }) => ({
                task: `t${at - back}`,
                ...(time === null ? { bytes } : { time }),
              })),
          }
        }),
      }),
    )
}

function fitsSomewhere(
  needs: { cpu: number },
  machines: readonly { capacity: { cpu: number } | null }[],
  times: readonly (number | null)[],
): boolean {
  const byWork = times.every(time => time === null)
  return machines.some(
    ({ capacity }, at) =>
      (byWork || times[at] !== null) && (capacity === null || capacity.cpu >= needs.cpu),
  )
}
