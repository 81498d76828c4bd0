import { existsSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadProblem } from '../../../src/input/load-problem.ts'
import { makespanOf } from '../../../src/model/schedule.ts'
import { combinatorialBound } from '../../../src/policy/bound/combinatorial.ts'
import { relativesOf } from '../../../src/policy/bound/relatives.ts'
import { unrelatedOf } from '../../../src/policy/bound/unrelated.ts'
import { heft } from '../../../src/policy/planning/heft.ts'
import { bruteForceOptimum } from '../planning/brute-force.ts'
import { anyProblem, article, problem } from '../planning/problems.ts'

const boundOf = (json: object) => combinatorialBound(problem(json))

describe('the combinatorial bound', () => {
  it.each([
    { precedence: true },
    { precedence: true, releases: true, needs: true },
    { identical: true, precedence: true },
    { identical: true },
  ])('is never above the optimum, with %j', features => {
    fc.assert(
      fc.property(anyProblem({ ...features, maxTasks: 5 }), on => {
        const { value } = combinatorialBound(on)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(bruteForceOptimum(on) * (1 + 1e-12))
      }),
      { numRuns: 60 },
    )
  })

  it('sees tasks that share a machine as the part they take of what is asked for most', () => {
    const work = { work: 10, needs: { gpu: 2, cpu: 1 } }
    const shared = problem({
      machines: [{ id: 'm', capacity: { cpu: 2, gpu: 2 } }],
      tasks: [
        { id: 'a', ...work },
        { id: 'b', ...work },
      ],
    })
    // The gpu is taken whole, the cpu by half.
    expect([...unrelatedOf(shared).times]).toEqual([10])
    expect(combinatorialBound(shared).value).toBe(20)
  })

  it('is the total work over the total speed on the case of the article', () => {
    const { name, value } = combinatorialBound(article)
    expect(name).toBe('load')
    expect(value).toBeGreaterThan(33 / 9 - 0.01)
    expect(value).toBeLessThanOrEqual(33 / 9)
  })

  it('counts releases and the transfer that a chain cannot avoid', () => {
    const chain = {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        { id: 'a', times: [4, null], release: 3 },
        { id: 'b', times: [null, 5], after: [{ task: 'a', time: 7 }] },
      ],
    }
    expect(boundOf(chain)).toEqual({ name: 'critical path', value: 19 })
  })

  it('counts the shorter of moving and staying where both are possible', () => {
    const chain = {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        { id: 'a', times: [4, 9] },
        { id: 'b', times: [6, 2], after: [{ task: 'a', time: 3 }] },
      ],
    }
    expect(boundOf(chain).value).toBe(9)
  })

  it('adds what must come before and after a crowd to the load of the crowd', () => {
    const crowd = ['b', 'c', 'd', 'f', 'g'].map((id, at) => ({
      id,
      work: 2 + at,
      after: ['a'],
    }))
    const fork = {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        { id: 'a', work: 10 },
        ...crowd,
        { id: 'e', work: 10, after: crowd.map(({ id }) => id) },
      ],
    }
    expect(boundOf(fork)).toEqual({ name: 'load', value: 30 })
  })

  it('makes each task wait for the work of all its predecessors, and of theirs', () => {
    // Two machines share 12 before `f` and 12 after it: 6, 2 and 6, where the load alone says 13.
    const crowd = (name: string, after: object) =>
      [0, 1, 2, 3].map(at => ({ id: `${name}${at}`, work: 3, ...after }))
    const waist = {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: [
        ...crowd('b', {}),
        { id: 'f', work: 2, after: [0, 1, 2, 3].map(at => `b${at}`) },
        ...crowd('a', { after: ['f'] }),
      ],
    }
    expect(boundOf(waist).value).toBe(14)
  })

  const three = ['a', 'b', 'c']
  const twins = [{ id: 'm0' }, { id: 'm1' }]

  it('lets what a join needs run one after another, or move', () => {
    // Three tasks of 4 on the machine of the join: 12. One of them elsewhere: 4 and the transfer.
    const join = (time: number) => ({
      machines: twins,
      tasks: [
        ...three.map(id => ({ id, work: 4 })),
        { id: 'z', work: 1, after: three.map(task => ({ task, time })) },
      ],
    })
    expect(boundOf(join(100)).value).toBe(13)
    expect(boundOf(join(6)).value).toBe(11)
    expect(boundOf(join(0)).value).toBe(9)
  })

  it('lets what a fork leads to run one after another, or move', () => {
    const fork = {
      machines: twins,
      tasks: [
        { id: 'a', work: 1 },
        ...three.map(id => ({ id: `${id}1`, work: 4, after: [{ task: 'a', time: 100 }] })),
      ],
    }
    expect(boundOf(fork).value).toBe(13)
  })

  it('follows what moves at a join further back, past tasks that could move with it', () => {
    // Elsewhere, a and its follower still have to come to the machine of z: 2 + 2 + 20.
    const chains = {
      machines: twins,
      tasks: three.flatMap(id => [
        { id, work: 2 },
        { id: `${id}1`, work: 2, after: [{ task: id, time: 20 }] },
      ]),
    }
    const last = { id: 'z', work: 1, after: three.map(id => ({ task: `${id}1`, time: 20 })) }
    expect(boundOf({ ...chains, tasks: [...chains.tasks, last] }).value).toBe(13)
  })

  it('makes nobody wait for a machine that runs several tasks at once', () => {
    const shared = {
      machines: twins.map(machine => ({ ...machine, capacity: { cpu: 4 } })),
      tasks: [
        ...three.map(id => ({ id, work: 4, needs: { cpu: 1 } })),
        { id: 'z', work: 1, after: three.map(task => ({ task, time: 100 })) },
      ],
    }
    expect(boundOf(shared).value).toBe(5)
  })

  it('sees that one of two machines gets two of three equal tasks', () => {
    const equal = {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: ['a', 'b', 'c'].map(id => ({ id, work: 4 })),
    }
    expect(boundOf(equal)).toEqual({ name: 'pigeonhole', value: 8 })
  })

  it('sees that no two machines share a task, whatever their speeds', () => {
    // The load is 8 / 3, but the fast machine runs both, or the slow one runs one in 4.
    const two = {
      machines: [{ id: 'fast', speed: 2 }, { id: 'slow' }],
      tasks: ['a', 'b'].map(id => ({ id, work: 4 })),
    }
    expect(boundOf(two)).toEqual({ name: 'counting', value: 4 })
  })

  it('counts whole tasks between what comes before and what comes after', () => {
    const crowd = ['b', 'c', 'd'].map(id => ({ id, work: 4, after: ['a'] }))
    const fork = {
      machines: [{ id: 'm0' }, { id: 'm1', speed: 0.5 }],
      tasks: [
        { id: 'a', work: 10 },
        ...crowd,
        { id: 'e', work: 10, after: crowd.map(({ id }) => id) },
      ],
    }
    expect(boundOf(fork).value).toBe(28)
  })

  it('counts only the long tasks where the short ones would hide them', () => {
    const mixed = {
      machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2', speed: 0.5 }],
      tasks: [...['a', 'b', 'c'].map(id => ({ id, work: 10 })), { id: 'd', work: 1 }],
    }
    expect(boundOf(mixed)).toEqual({ name: 'counting', value: 20 })
  })

  it('lets tasks share a machine as far as their needs fit', () => {
    const shared = {
      machines: [{ id: 'm0', capacity: { cpu: 4 } }],
      tasks: ['a', 'b', 'c', 'd'].map(id => ({ id, work: 6, needs: { cpu: 2 } })),
    }
    expect(boundOf(shared).value).toBe(12)
  })

  it('sees that tasks that need more than half run one at a time', () => {
    const halves = {
      machines: [{ id: 'm0', capacity: { cpu: 4, memory: 10 } }],
      tasks: [3, 3, 3].map((cpu, at) => ({ id: `t${at}`, work: 6, needs: { cpu, memory: 1 } })),
    }
    expect(boundOf(halves).value).toBe(18)
  })

  it('counts whole tasks against what fits on each machine at once', () => {
    // Two machines: one of the three that need more than half waits; so does the fifth of five halves.
    const shared = (cpu: number, count: number, machines = 2) => ({
      machines: ['m0', 'm1', 'm2'].slice(0, machines).map(id => ({ id, capacity: { cpu: 4 } })),
      tasks: Array.from({ length: count }, (_, at) => ({ id: `t${at}`, work: 6, needs: { cpu } })),
    })
    expect(boundOf(shared(3, 3))).toEqual({ name: 'counting', value: 12 })
    expect(boundOf(shared(2, 5))).toEqual({ name: 'counting', value: 12 })
    expect(boundOf(shared(2, 4)).value).toBe(6)
    expect(boundOf(shared(1, 9)).value).toBe(12)
    expect(boundOf(shared(1, 12, 3)).value).toBe(6)
  })

  it('takes names of resources as they are, whatever objects have by that name', () => {
    const named = {
      machines: [{ id: 'm0', capacity: { toString: 2, constructor: 1 } }],
      tasks: [
        { id: 'a', work: 1, needs: { toString: 2 } as object },
        { id: 'b', work: 2, needs: { constructor: 1 } as object },
      ],
    }
    expect(boundOf(named).value).toBe(2)
  })

  it('takes the scarcest resource, whichever machines offer it', () => {
    // Each machine's cpu is asked for more than its gpu, but the gpu is one machine's alone.
    const gpus = {
      machines: [
        { id: 'm0', capacity: { cpu: 2, gpu: 1 } },
        { id: 'm1', capacity: { cpu: 2 } },
      ],
      tasks: [
        ...['a', 'b'].map(id => ({ id, times: [8, null], needs: { cpu: 0.5, gpu: 1 } })),
        ...['c', 'd', 'e', 'f'].map(id => ({ id, work: 3, needs: { cpu: 2 } })),
      ],
    }
    expect(boundOf(gpus).value).toBe(16)
  })

  it('rounds up to whole numbers only when all data are whole', () => {
    const tasks = [5, 4].map((work, at) => ({ id: `t${at}`, work: work + at * 4 }))
    const two = (speed: number) => ({
      machines: [
        { id: 'm0', speed },
        { id: 'm1', speed },
      ],
      tasks,
    })
    expect(boundOf(two(1)).value).toBe(8)
    expect(boundOf(two(16)).value).toBeLessThan(1)
  })
})

const DATA = '../shared/data/problems'
if (!existsSync(DATA)) console.warn(`${DATA} is absent: bounds are not checked on it`)

describe.skipIf(!existsSync(DATA))('on every problem of the shared data', () => {
  it.each(['textbook', 'dagbench', 'wfinstances', 'stg'])('no schedule of %s is below', folder => {
    const files = readdirSync(`${DATA}/${folder}`).filter(file => file.endsWith('.json.gz'))
    for (const file of files) {
      const on = loadProblem(`${DATA}/${folder}/${file}`)
      for (const schedule of heft.plan(on, { seed: 1 })) {
        if (schedule === undefined) continue
        const { value } = combinatorialBound(on)
        expect(value, file).toBeLessThanOrEqual(makespanOf(schedule) * (1 + 1e-12))
      }
    }
  })
})

describe('the work of what comes before a task', () => {
  it('counts the predecessors of its predecessors', () => {
    const relatives = relativesOf({ priced: Float64Array.of(2, 3, 0), whole: false })
    relatives.settle(0, 1)
    relatives.join(1, 0)
    relatives.settle(1, 1)
    relatives.join(2, 1)
    expect(relatives.around(2)).toBeCloseTo(1 + 2 + 3, 9)
  })
})

it('a transfer takes no longer than over the fastest link that it could take', () => {
  const { value } = boundOf({
    machines: ['a', 'b', 'c'].map(id => ({ id })),
    network: {
      links: [
        { between: ['a', 'b'], bandwidth: 100 },
        { between: ['a', 'c'], bandwidth: 1 },
        { between: ['b', 'c'], bandwidth: 1 },
      ],
    },
    tasks: [
      { id: 'first', times: [5, null, null] },
      { id: 'then', times: [null, 7, null], after: [{ task: 'first', bytes: 100 }] },
    ],
  })
  expect(value).toBeCloseTo(13, 9)
  expect(value).toBeLessThanOrEqual(13)
})
