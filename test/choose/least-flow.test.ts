import { describe, expect, it } from 'vitest'
import { leastFlow } from '../../src/choose/least-flow.ts'
import { objectiveBound } from '../../src/choose/objective-bound.ts'
import { planProblem } from '../../src/choose/plan-problem.ts'
import { strategyNamed } from '../../src/choose/strategies.ts'
import { prng } from '../../src/std/prng.ts'
import { problem } from '../policy/planning/problems.ts'

/** Six tasks on three machines, from the range-based method, inconsistent, large task differences. */
const sixOnThree = problem({
  machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }],
  tasks: [
    [20931.5, 3832.7, 20156.1],
    [4133.8, 2852.6, 3944.1],
    [19526, 17287.6, 10081.7],
    [2332.5, 817, 1818.4],
    [3270.7, 6217.4, 1544.5],
    [18078.7, 11187, 19751.3],
  ].map((times, task) => ({ id: `t${task}`, times })),
})

describe('the least mean flow time', () => {
  it('is found where no single task can move for the better', async () => {
    const strategy = strategyNamed('auto')
    if (strategy === undefined) throw new Error('no auto')
    const { aim } = await planProblem(sixOnThree, {
      strategy,
      seed: 1,
      spending: { kind: 'steps', steps: 20 },
      objective: 'mean-flow-time',
    })
    const least = leastByTrying(sixOnThree.times, 3)
    expect(aim?.value).toBeCloseTo(least / 6, 6)
    expect(objectiveBound(sixOnThree, 'mean-flow-time')).toBeCloseTo(least / 6, 6)
  })

  it('is that of every assignment tried, on machines that are busy at first and cannot run everything', () => {
    const draw = prng(7)
    for (let nth = 0; nth < 60; nth += 1) {
      const [tasks, machines] = [1 + draw.int(6), 1 + draw.int(3)]
      const free = Float64Array.from({ length: machines }, () => draw.int(3) * 4)
      const rows = Array.from({ length: tasks }, () => {
        const able = draw.int(machines)
        return Array.from({ length: machines }, (_, on) =>
          on !== able && draw.int(4) === 0 ? null : draw.int(12),
        )
      })
      const given = problem({
        machines: Array.from({ length: machines }, (_, on) => ({ id: `m${on}` })),
        tasks: rows.map((times, task) => ({ id: `t${task}`, times })),
      })
      const found = leastFlow(given, free)
      if (found === undefined) throw new Error('too large')
      const sum = sumOfEnds(given.times, found.sequences, free)
      expect(sum).toBe(leastByTrying(given.times, machines, free))
      expect(found.bound).toBeCloseTo(sum, 9)
      expect(found.sequences.flat().sort((a, b) => a - b)).toEqual(rows.map((_, task) => task))
    }
  })
})

function sumOfEnds(
  times: Float64Array,
  sequences: readonly (readonly number[])[],
  free: Float64Array,
): number {
  let sum = 0
  sequences.forEach((sequence, on) => {
    let now = free[on]
    for (const task of sequence) {
      now += times[task * sequences.length + on]
      sum += now
    }
  })
  return sum
}

/** Every way to share the tasks out, each machine shortest first. */
function leastByTrying(
  times: Float64Array,
  machines: number,
  free = new Float64Array(machines),
): number {
  const sequences: number[][] = Array.from({ length: machines }, () => [])
  const place = (task: number): number => {
    if (task * machines === times.length) {
      const sorted = sequences.map((own, on) =>
        own.toSorted((a, b) => times[a * machines + on] - times[b * machines + on]),
      )
      return sumOfEnds(times, sorted, free)
    }
    let least = Number.POSITIVE_INFINITY
    for (let on = 0; on < machines; on += 1) {
      if (times[task * machines + on] === Number.POSITIVE_INFINITY) continue
      sequences[on].push(task)
      least = Math.min(least, place(task + 1))
      sequences[on].pop()
    }
    return least
  }
  return place(0)
}
