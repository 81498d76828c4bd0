import { describe, expect, it } from 'vitest'
import { parseMachines, parseProblem } from '../../src/input/problem.ts'
import { transferTime } from '../../src/model/problem.ts'
import { InputError } from '../../src/model/input-error.ts'

const read = (json: unknown) => parseProblem(JSON.stringify(json), { place: 'p.json', name: 'p' })

const two = [{ id: 'm0' }, { id: 'm1', speed: 2 }]

function refusal(json: unknown): string {
  try {
    read(json)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('was not refused')
}

describe('a problem file', () => {
  it('takes times as they are, else work over speed; null means never', () => {
    const tasks = [
      { id: 'a', work: 6 },
      { id: 'b', times: [1, null] },
    ]
    expect([...read({ machines: two, tasks }).times]).toEqual([6, 3, 1, Infinity])
  })

  it('makes a machine that offers too little one that can never run the task', () => {
    const machines = [{ id: 'm0', capacity: { cpu: 1 } }, { id: 'm1' }]
    const tasks = [{ id: 'a', work: 6, needs: { cpu: 2 } }]
    expect([...read({ machines, tasks }).times]).toEqual([Infinity, 6])
  })

  it('has defaults: speed 1, free, no release, never due, weight 1, priority 0', () => {
    const { name, unit, machines, tasks } = read({
      machines: [{ id: 'm0' }],
      tasks: [{ id: 'a', work: 1 }],
    })
    expect([name, unit]).toEqual(['p', 's'])
    expect(machines).toEqual([{ id: 'm0', speed: 1, capacity: undefined, cost: 0 }])
    expect(tasks).toEqual([
      { id: 'a', needs: undefined, release: 0, due: Infinity, weight: 1, priority: 0 },
    ])
  })

  it('moves data by time, or latency plus bytes over bandwidth; nothing on one machine', () => {
    const on = read({
      machines: [{ id: 'm0' }, { id: 'm1' }, { id: 'm2' }],
      network: {
        bandwidth: 10,
        latency: 1,
        links: [
          { between: ['m0', 'm2'], bandwidth: 100 },
          { between: ['m2', 'm0'], bandwidth: 100 },
          { between: ['m2', 'm1'], latency: 5 },
        ],
      },
      tasks: [
        { id: 'b', work: 1, after: ['a', { task: 'a', bytes: 1000 }, { task: 'a', time: 18 }] },
        { id: 'a', work: 1 },
      ],
    })
    const times = (from: number, to: number) => [0, 1, 2].map(e => transferTime(on, e, from, to))
    expect(times(0, 0)).toEqual([0, 0, 0])
    expect(times(0, 1)).toEqual([1, 101, 18])
    expect(times(2, 0)).toEqual([1, 11, 18])
    expect(times(1, 2)).toEqual([5, 105, 18])
  })

  it('ignores reference', () => {
    const json = { machines: two, tasks: [{ id: 'a', work: 1 }], reference: { any: ['thing'] } }
    expect(read(json).tasks).toHaveLength(1)
  })

  it('gives the machines part alone to those who want no tasks', () => {
    const part = parseMachines('{"machines":[{"id":"m0"}],"network":{"bandwidth":5}}', 'm.json')
    expect(part).toEqual({ machines: [{ id: 'm0' }], network: { bandwidth: 5 } })
    expect(() => parseMachines('{"machines":[{"id":"m0"}],"tasks":[]}', 'm.json')).toThrow(
      'm.json: unknown field "tasks"',
    )
  })
})

const task = (more: object) => ({
  machines: two,
  tasks: [
    { id: 't0', work: 1 },
    { id: 't1', ...more },
  ],
})
const machine = (more: object) => ({
  machines: [{ id: 'm0' }, { id: 'm1', ...more }],
  tasks: [{ id: 't0', work: 1 }],
})
const network = (links: object[], more: object = {}) => ({
  machines: two,
  network: { links, ...more },
  tasks: [
    { id: 't0', work: 1 },
    { id: 't1', work: 1, after: [{ task: 't0', bytes: 8 }] },
  ],
})
const loop = (...ids: string[]) => ({
  machines: two,
  tasks: ids.map((id, at) => ({ id, work: 1, after: [ids[(at + ids.length - 1) % ids.length]] })),
})

describe('a problem file is refused for', () => {
  it.each<[string, unknown, string, string]>([
    ['no machines', { machines: [], tasks: [] }, 'p.json: machines', 'at least one machine'],
    ['no tasks', { machines: two, tasks: [] }, 'p.json: tasks', 'at least one task'],
    ['tasks missing', { machines: two }, 'p.json: tasks: missing', 'a list of tasks'],
    ['no object', [1], 'p.json', 'an object with machines and tasks'],
    ['a wrong type', task({ work: '5' }), 'tasks[1].work (t1): found "5"', 'a number from 0'],
    ['negative work', task({ work: -1 }), 'tasks[1].work (t1): found -1', 'a number from 0'],
    ['a negative time', task({ times: [1, -2] }), 'tasks[1].times[1] (t1): found -2', 'from 0'],
    ['times that are no list', task({ times: 5 }), 'tasks[1].times (t1): found 5', 'a list'],
    ['too few times', task({ times: [1] }), 'tasks[1] (t1): 1 time', 'each of 2 machines'],
    ['no times at all', task({}), 'tasks[1] (t1): neither work nor times', 'work, or'],
    ['an unknown field', task({ wrok: 5 }), 'tasks[1] (t1): unknown field "wrok"', '"work"'],
    ['an unknown field on top', { ...task({ work: 1 }), machine: [] }, '"machine"', '"machines"'],
    ['an unknown task', task({ work: 1, after: ['t00'] }), 'after[0] (t1): no task "t00"', '"t0"'],
    [
      'an unknown field of a dependency',
      task({ work: 1, after: [{ task: 't0', byte: 1 }] }),
      'tasks[1].after[0] (t1): unknown field "byte"',
      '"bytes"',
    ],
    [
      'bytes and time',
      task({ work: 1, after: [{ task: 't0', bytes: 1, time: 1 }] }),
      'both bytes and time',
      'one of them',
    ],
    [
      'a dependency of no kind',
      task({ work: 1, after: [7] }),
      'tasks[1].after[0] (t1): found 7',
      'a task name',
    ],
    [
      'a duplicate task',
      task({ id: 't0', work: 1 }),
      'tasks[1].id: "t0" is already',
      'different id',
    ],
    [
      'a duplicate machine',
      machine({ id: 'm0' }),
      'machines[1].id: "m0" is already',
      'different id',
    ],
    ['speed 0', machine({ speed: 0 }), 'machines[1].speed (m1): found 0', 'above 0'],
    ['negative speed', machine({ speed: -1 }), 'machines[1].speed (m1): found -1', 'above 0'],
    [
      'negative capacity',
      machine({ capacity: { cpu: -1 } }),
      'capacity.cpu (m1): found -1',
      'from 0',
    ],
    [
      'an unknown machine',
      network([{ between: ['m0', 'm9'] }]),
      'links[0]: no machine "m9"',
      '"m0"',
    ],
    [
      'a link of three',
      network([{ between: ['m0', 'm1', 'm0'] }]),
      'links[0].between',
      'two machine',
    ],
    [
      'missing bandwidth',
      network([]),
      'no bandwidth between m0 and m1, but t1 gets 8 bytes from t0',
      'network.bandwidth',
    ],
    [
      'a link to itself',
      network([{ between: ['m0', 'm0'], bandwidth: 1 }]),
      'links[0]: a link between m0 and itself',
      'two machines',
    ],
    [
      'conflicting links',
      network([
        { between: ['m0', 'm1'], bandwidth: 1 },
        { between: ['m1', 'm0'], bandwidth: 2 },
      ]),
      'links[1]: conflicts with links[0]',
      'must be equal',
    ],
    ['zero bandwidth', network([], { bandwidth: 0 }), 'network.bandwidth: found 0', 'above 0'],
    ['a cycle', loop('t1', 't2'), 'a cycle: t1 -> t2 -> t1', 'do not wait for themselves'],
    ['a task after itself', loop('t1'), 'a cycle: t1 -> t1', 'do not wait for themselves'],
    ['a longer cycle', loop('a', 'b', 'c', 'd'), 'a cycle: a -> b -> c -> d -> a', ''],
    ['times beyond 2^53', task({ work: 1e16 }), 'times are too large for exact arithmetic', '2^53'],
    [
      'a sum beyond 2^53',
      { machines: two, tasks: [1, 2].map(at => ({ id: `t${at}`, work: 5e15 })) },
      'times are too large',
      'coarser unit',
    ],
    [
      'a release beyond 2^53',
      task({ work: 1, release: 1e17 }),
      'tasks[1].release (t1): times are too large',
      'below 2^53',
    ],
    [
      'a transfer beyond 2^53',
      {
        machines: two,
        network: { bandwidth: 1e-9 },
        tasks: [
          { id: 't0', work: 1 },
          { id: 't1', work: 1, after: ['t0', { task: 't0', bytes: 1e12 }] },
        ],
      },
      'tasks[1].after[1] (t1): times are too large',
      'below 2^53',
    ],
    [
      'times of less than any tick',
      { machines: two, tasks: [3, 4].map(at => ({ id: `t${at}`, work: at * 1e-17 })) },
      'tasks[1].work (t4): times are too small for exact arithmetic',
      'at least 1e-9',
    ],
    [
      'costs that come to more than any number',
      { machines: [{ id: 'm0' }, { id: 'm1', cost: 1e308 }], tasks: [{ id: 't0', work: 20 }] },
      'machines[1].cost (m1): costs are too large to be added up',
      'smaller',
    ],
    [
      'weights that come to more than any number',
      {
        machines: two,
        tasks: [1, 1e308].map((weight, at) => ({ id: `t${at}`, work: 9, due: 0, weight })),
      },
      'tasks[1].weight (t1): weights are too large to be added up',
      'smaller',
    ],
    [
      'a time that is nothing beside the others',
      { machines: two, tasks: [9e15, 1e-9].map((work, at) => ({ id: `t${at}`, work })) },
      'tasks[1].work (t1): 1e-9 s for task t1 is lost beside the other times',
      'at least 0.5 s',
    ],
  ])('%s', (_, json, found, expected) => {
    const message = refusal(json)
    expect(message).toContain(found)
    expect(message).toContain(expected)
    expect(message.startsWith('p.json')).toBe(true)
    expect(message.split('\n').length).toBeLessThan(25)
  })

  it('missing bandwidth even without a network, but not when nothing moves or one machine is all', () => {
    const tasks = [
      { id: 't0', work: 1 },
      { id: 't1', work: 1, after: [{ task: 't0', bytes: 8 }] },
    ]
    expect(refusal({ machines: two, tasks })).toContain('no bandwidth between m0 and m1')
    expect(read({ machines: two.slice(0, 1), tasks }).tasks).toHaveLength(2)
    const still = [tasks[0], { ...tasks[1], after: ['t0'] }]
    expect(read({ machines: two, network: {}, tasks: still }).tasks).toHaveLength(2)
  })

  it('a task no machine can run, with a reason for each', () => {
    const machines = [
      { id: 'cpu-box', capacity: { cpu: 8 } },
      { id: 'gpu-box', capacity: { cpu: 4, gpu: 1 } },
      { id: 'laptop' },
    ]
    const tasks = [{ id: 'train', times: [5, 5, null], needs: { gpu: 2 } }]
    expect(refusal({ machines, tasks })).toBe(
      [
        'p.json: tasks[0] (train): no machine can run it:',
        '  cpu-box: needs gpu 2, has 0',
        '  gpu-box: needs gpu 2, has 1',
        '  laptop: times[2] is null',
      ].join('\n'),
    )
  })

  it('broken JSON, with line and column', () => {
    const text = '{\n  "machines": [\n    {"id": "m0",}\n  ]\n}'
    expect(() => parseProblem(text, { place: 'p.json', name: 'p' })).toThrow(
      /^p\.json:3:17: not JSON/,
    )
    expect(() => parseProblem('{"a": 1', { place: 'p.json', name: 'p' })).toThrow(/^p\.json:1:8/)
  })
})
