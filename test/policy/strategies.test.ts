import { describe, expect, test } from 'vitest'
import type { Problem } from '../../src/model/problem.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { type LiveRun, live } from './live.ts'
import { problemOf } from './gantt.ts'

/** What each online strategy and order is for, shown by what it comes to. */

describe('power-of-two', () => {
  test('piles up less than random does: tasks of 1 on as many machines', () => {
    const machines = 60
    const problem = problemOf(
      Array.from({ length: machines }, () => 1),
      Array.from({ length: machines }, () => 1),
    )
    const highest = (strategy: string, seed: number): number =>
      simulateProblem(problem, { strategy, seed }).makespan
    const seeds = Array.from({ length: 10 }, (_, seed) => seed + 1)
    const sum = (strategy: string): number =>
      seeds.reduce((total, seed) => total + highest(strategy, seed), 0)
    expect(sum('power-of-two')).toBeLessThan(sum('random') - seeds.length)
    for (const seed of seeds) expect(highest('power-of-two', seed)).toBeLessThanOrEqual(3)
  })
})

describe('best-fit', () => {
  const gpus = withNeeds(
    problemOf([4, 4, 4, 4], [1, 1]),
    [
      { cpu: 4, gpu: 1 },
      { cpu: 8, gpu: 0 },
    ],
    [{ cpu: 2 }, { cpu: 2 }, { cpu: 4, gpu: 1 }, { cpu: 4 }],
  )

  test('keeps the GPU for the task that needs it', () => {
    expect(simulateProblem(gpus, { strategy: 'best-fit' }).makespan).toBe(4)
    expect(simulateProblem(gpus, { strategy: 'on-demand' }).makespan).toBeGreaterThan(4)
  })

  test('never puts more on a machine than it holds', () => {
    const { schedule } = simulateProblem(gpus, { strategy: 'best-fit' })
    const used = [0, 0]
    gpus.tasks.forEach(({ needs }, task) => {
      if (schedule.start[task] === 0) used[schedule.machine[task]] += needs?.cpu ?? 0
    })
    expect(used).toEqual([4, 8])
  })

  test('counts every resource, however many have a name', () => {
    const names = Array.from({ length: 18 }, (_, at) => `r${at}`)
    const plain = Object.fromEntries(names.map(name => [name, 0]))
    const rare = { ...plain, r17: 1 }
    const problem = withNeeds(
      problemOf([4], [1, 1]),
      [
        { cpu: 2, ...rare },
        { cpu: 4, ...plain },
      ],
      [{ cpu: 1 }],
    )
    expect(simulateProblem(problem, { strategy: 'best-fit' }).schedule.machine[0]).toBe(1)
  })
})

describe('machines that run as many tasks as fit', () => {
  const many = withNeeds(
    problemOf(
      Array.from({ length: 34 }, () => 10),
      [1, 1],
    ),
    [{ cpu: 16 }, { cpu: 1 }],
    Array.from({ length: 34 }, () => ({ cpu: 1 })),
  )
  test.each(['mct', 'min-load', 'least-loaded', 'power-of-two', 'cheapest'])(
    '%s gives sixteen times as many to the one with sixteen times the room',
    strategy => {
      expect(simulateProblem(many, { strategy }).makespan).toBe(20)
    },
  )

  test('mct knows when there is room: behind what runs, and behind what waits for it in turn', () => {
    const cpu = (...amounts: number[]) => amounts.map(amount => ({ cpu: amount }))
    const later = (release: number) => ({ release })
    // a and b fill m0 until 9 and 4; c fits there from 9 on, d not before c; m1 takes d and e at once.
    const problem = withNeeds(
      problemOf([9, 4, 2, 2, 6], [1, 0.5], [{}, {}, later(1), later(2), later(3)]),
      [{ cpu: 3 }, { cpu: 2 }],
      cpu(2, 1, 3, 1, 1),
    )
    const { schedule } = simulateProblem(problem, { strategy: 'mct' })
    expect([...schedule.machine]).toEqual([0, 0, 0, 1, 1])
    expect([...schedule.start]).toEqual([0, 0, 9, 2, 3])
  })
})

test('on-demand: no machine rests while it could run one that waits, whatever sets of machines can run tasks', () => {
  // Every task has one of the 254 sets of some of eight machines.
  const plain = problemOf(
    Array.from({ length: 254 }, (_, at) => 1 + (at % 7)),
    Array.from({ length: 8 }, () => 1),
  )
  const canRun = (task: number, machine: number) => ((((task * 89) % 254) + 1) >> machine) % 2 === 1
  const times = plain.times.map((time, at) =>
    canRun(at >> 3, at % 8) ? time : Number.POSITIVE_INFINITY,
  )
  const { schedule } = simulateProblem({ ...plain, times }, { strategy: 'on-demand' })
  const { machine: on, start, end } = schedule
  const busyBefore = (machine: number, time: number) =>
    end.reduce((sum, _, task) => {
      const from = on[task] === machine ? start[task] : time
      return sum + Math.max(0, Math.min(end[task], time) - from)
    }, 0)
  for (let task = 0; task < 254; task += 1)
    for (let machine = 0; machine < 8; machine += 1)
      if (canRun(task, machine)) expect(busyBefore(machine, start[task])).toBe(start[task])
})

test('best-fit: room that differs by rounding alone is the same, and goes to the fastest', () => {
  // Left are (4/6)^2 + (4/8)^2 of m0 and (5/6)^2 + 0 of m1, both 25/36.
  const problem = withNeeds(
    problemOf([8], [4, 1, 1]),
    [
      { cpu: 4, mem: 8 },
      { cpu: 5, mem: 4 },
      { cpu: 6, mem: 8 },
    ],
    [{ mem: 4 }],
  )
  expect([...simulateProblem(problem, { strategy: 'best-fit' }).schedule.machine]).toEqual([0])
})

describe('cheapest', () => {
  const priced = (due: number): Problem => {
    const problem = problemOf([8, 8, 8, 8], [1, 4], [{ due }, { due }, { due }, { due }])
    const [slow, fast] = problem.machines
    return {
      ...problem,
      machines: [
        { ...slow, cost: 1 },
        { ...fast, cost: 10 },
      ],
    }
  }
  const costOf = (problem: Problem, strategy: string) => {
    const { schedule, meanTardiness } = simulateProblem(problem, { strategy })
    let cost = 0
    problem.tasks.forEach((_, task) => {
      const { [schedule.machine[task]]: machine } = problem.machines
      cost += machine.cost * (schedule.end[task] - schedule.start[task])
    })
    return { cost, late: meanTardiness > 0 }
  }

  test('uses the cheap machine as far as the due date allows, and no further', () => {
    expect(costOf(priced(32), 'cheapest')).toEqual({ cost: 32, late: false })
    expect(costOf(priced(16), 'cheapest')).toEqual({ cost: 56, late: false })
    expect(costOf(priced(16), 'met')).toEqual({ cost: 80, late: false })
  })

  test('hurries where nothing is in time', () => {
    const hurried = simulateProblem(priced(1), { strategy: 'cheapest' })
    expect(hurried.makespan).toBe(simulateProblem(priced(1), { strategy: 'mct' }).makespan)
  })
})

describe('setup-aware', () => {
  const machines = [{}, {}, {}, {}]
  const models = (strategy: string, names: readonly string[]): LiveRun[] =>
    names.map(name => ({ name, items: 20, seconds: 1, loads: 10, strategy }))

  test('loads models fewer times than mct does where they compete, and ends sooner', async () => {
    const aware = await live(models('setup-aware', ['A', 'B', 'C']), machines)
    const blind = await live(models('mct', ['A', 'B', 'C']), machines)
    expect(aware).toMatchObject({ loads: 4, makespan: 30 })
    expect(blind).toMatchObject({ loads: 12, makespan: 45 })
  })

  test('a single model costs it nothing: as soon as mct', async () => {
    const [aware, blind] = [
      await live(models('setup-aware', ['A']), machines),
      await live(models('mct', ['A']), machines),
    ]
    expect(aware.makespan).toBe(blind.makespan)
  })

  test('is no different from a fast idle machine where nothing is loaded', async () => {
    const plain = [{ name: 'A', items: 6, seconds: 2, strategy: 'setup-aware' }]
    expect(await live(plain, [{}, { speed: 2 }])).toMatchObject({ loads: 0, makespan: 4 })
  })

  test('a model is loaded in every slot that works with it, not once a machine', async () => {
    const many = [{ name: 'A', items: 100, seconds: 1, loads: 5, strategy: 'setup-aware' }]
    expect(await live(many, [{ slots: 2 }])).toMatchObject({ loads: 2 })
  })
})

describe('fair', () => {
  test('shares of 2 to 1 hold within one task, at every moment', async () => {
    const { starts } = await live(
      [
        { name: 'A', items: 40, seconds: 3, order: 'fair', tenant: 'ann', share: 2 },
        { name: 'B', items: 40, seconds: 3, order: 'fair', tenant: 'bob' },
      ],
      [{}],
    )
    let [ann, bob] = [0, 0]
    for (const name of starts.slice(0, 45)) {
      if (name === 'A') ann += 1
      else bob += 1
      expect(Math.abs(ann / 2 - bob)).toBeLessThanOrEqual(1)
    }
    expect(ann).toBe(30)
  })

  test('a tenant of many runs gets no more than a tenant of one', async () => {
    const run = { items: 20, seconds: 1, order: 'fair' }
    const { starts } = await live(
      [
        ...['A1', 'A2', 'A3'].map(name => ({ ...run, name, tenant: 'ann' })),
        { ...run, name: 'B', tenant: 'bob' },
      ],
      [{ slots: 2 }],
    )
    expect(starts.slice(0, 30).filter(name => name === 'B')).toHaveLength(15)
  })

  test('without it the older run goes first, whoever its tenant is', async () => {
    const runs = [
      { name: 'A', items: 10, seconds: 1, tenant: 'ann' },
      { name: 'B', items: 10, seconds: 1, tenant: 'bob' },
    ]
    const { starts } = await live(runs, [{}])
    expect(starts.slice(0, 10)).toEqual(Array(10).fill('A'))
  })
})

describe('hrrn', () => {
  /** One task of 10 among a stream of tasks of 2, one every 2. */
  const stream = problemOf(
    [10, ...Array.from({ length: 60 }, () => 2)],
    [1],
    [{}, ...Array.from({ length: 60 }, (_, at) => ({ release: 2 * at }))],
  )
  const endOfLong = (order: string): number =>
    simulateProblem(stream, { strategy: 'on-demand', order }).schedule.end[0]

  test('does not starve a long task in a stream of short ones, where spt does', () => {
    expect(endOfLong('spt')).toBe(130)
    expect(endOfLong('hrrn')).toBeLessThan(40)
  })

  test('has a lower mean flow time than fifo where sizes differ', () => {
    const works = Array.from({ length: 40 }, (_, at) => (at % 4 === 0 ? 20 : 1 + (at % 3)))
    const mixed = problemOf(
      works,
      [1],
      works.map((_, at) => ({ release: 4 * at })),
    )
    const flow = (order: string): number =>
      simulateProblem(mixed, { strategy: 'on-demand', order }).meanFlowTime
    expect(flow('hrrn')).toBeLessThan(0.8 * flow('fifo'))
  })
})

describe('wspt', () => {
  test('has the least weighted sum of completion times on one machine (Smith 1956)', () => {
    const works = [7, 1, 9, 3, 3, 8, 2]
    const weights = [2, 1, 9, 1, 4, 1, 0]
    const problem = problemOf(
      works,
      [1],
      weights.map(weight => ({ weight })),
    )
    const weighted = (order: string): number => {
      const { schedule } = simulateProblem(problem, { strategy: 'on-demand', order })
      return weights.reduce((sum, weight, task) => sum + weight * schedule.end[task], 0)
    }
    for (const other of ['fifo', 'spt', 'lpt', 'hrrn', 'critical-path'])
      expect(weighted('wspt')).toBeLessThan(weighted(other))
  })
})

describe('critical-path', () => {
  test('begins the long chain at once: no longer than the path where there is room', () => {
    // a b c d are free, e -> f -> g of 3 each is the critical path: two machines.
    const problem = chained(problemOf([3, 3, 2, 1, 3, 3, 3], [1, 1]), [
      [4, 5],
      [5, 6],
    ])
    const makespan = (order: string): number =>
      simulateProblem(problem, { strategy: 'on-demand', order }).makespan
    expect(makespan('critical-path')).toBe(9)
    expect(makespan('fifo')).toBeGreaterThan(9)
    expect(makespan('lpt')).toBeGreaterThan(9)
  })
})

describe('min-slack', () => {
  test('a long task of a late due date goes before a short one of an earlier, where it has less room', () => {
    const problem = problemOf([9, 1], [1], [{ due: 10 }, { due: 10.5 }])
    const swapped = problemOf([1, 9], [1], [{ due: 9.5 }, { due: 10 }])
    const tardiness = (of: Problem, order: string): number =>
      simulateProblem(of, { strategy: 'on-demand', order }).meanTardiness
    expect(tardiness(problem, 'min-slack')).toBe(0)
    expect(
      simulateProblem(swapped, { strategy: 'on-demand', order: 'min-slack' }).schedule.start[1],
    ).toBe(0)
    expect(
      simulateProblem(swapped, { strategy: 'on-demand', order: 'edd' }).schedule.start[1],
    ).toBe(1)
  })
})

function withNeeds(
  problem: Problem,
  capacities: readonly Readonly<Record<string, number>>[],
  needs: readonly Readonly<Record<string, number>>[],
): Problem {
  const tasks = problem.tasks.map((task, at) => ({ ...task, needs: needs[at] }))
  const machines = problem.machines.map((machine, at) => ({ ...machine, capacity: capacities[at] }))
  const fits = (task: number, machine: number): boolean =>
    Object.entries(needs[task]).every(([name, need]) => need <= (capacities[machine][name] ?? 0))
  const times = problem.times.map((time, at) =>
    fits(Math.floor(at / machines.length), at % machines.length) ? time : Number.POSITIVE_INFINITY,
  )
  return { ...problem, tasks, machines, times }
}

/** Edges from and to, those into one task together, in the order of tasks. */
function chained(problem: Problem, edges: readonly (readonly [number, number])[]): Problem {
  const sorted = [...edges].sort((a, b) => a[1] - b[1] || a[0] - b[0])
  const firstEdge = new Int32Array(problem.tasks.length + 1)
  for (const [, to] of sorted) firstEdge[to + 1] += 1
  for (let task = 0; task < problem.tasks.length; task += 1) firstEdge[task + 1] += firstEdge[task]
  return {
    ...problem,
    edges: {
      firstEdge,
      from: Int32Array.from(sorted, ([from]) => from),
      bytes: new Float64Array(sorted.length),
      time: new Float64Array(sorted.length).fill(Number.NaN),
    },
  }
}
