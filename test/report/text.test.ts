import { expect, test } from 'vitest'
import type { Job } from '../../src/model/job.ts'
import { problemFrom } from '../../src/input/problem.ts'
import { columnsOf } from '../../src/std/columns.ts'
import { busyShares } from '../../src/report/busy-chart.ts'
import { ganttText } from '../../src/report/gantt-text.ts'
import { lanesOf, mergeNarrow } from '../../src/report/lanes.ts'
import { mermaidOfPlan } from '../../src/report/mermaid-plan.ts'
import { mermaidOf } from '../../src/report/mermaid.ts'
import { formatGap, formatNumber } from '../../src/report/plan-view.ts'

const problem = problemFrom(
  {
    machines: [{ id: 'a' }, { id: 'b\u001b[31m' }],
    tasks: [
      { id: 'first', times: [8, 8] },
      { id: 'x', times: [2, 2] },
      { id: 'y', times: [5, 5] },
    ],
  },
  { place: 'p', name: 'p' },
)
const schedule = {
  machine: Int32Array.from([0, 0, 1]),
  start: Float64Array.from([0, 8, 0]),
  end: Float64Array.from([8, 10, 5]),
}

test('a Gantt in the terminal is drawn to its width, named where names fit, idle dotted', () => {
  expect(ganttText(problem, schedule, { width: 34 }).split('\n')).toEqual([
    'a      █first██████████▓x▓▓ 100 %',
    'b?[31m █y████████··········  50 %',
    '       0        5      10 s',
  ])
})

test('names too long are cut in the middle, where names that begin alike do not differ', () => {
  const alike = problemFrom(
    {
      machines: [1, 2].map(at => ({ id: `node.cluster.example-${at}` })),
      tasks: [{ id: 'preprocess-and-more-1', work: 8 }],
    },
    { place: 'p', name: 'p' },
  )
  const one = {
    machine: Int32Array.of(0),
    start: Float64Array.of(0),
    end: Float64Array.of(8),
  }
  expect(ganttText(alike, one, { width: 42 }).split('\n').slice(0, 2)).toEqual([
    'node.…le-1 █preprocess-and-more-1██ 100 %',
    'node.…le-2 ························   0 %',
  ])
})

test('letters two columns wide, and names of any length, keep rows in line', () => {
  const names = problemFrom(
    {
      machines: [{ id: '机器一号图形处理器' }, { id: 'm1' }],
      tasks: [
        { id: '任务分配与执行机制', times: [8, null] },
        { id: '二', times: [null, 4] },
      ],
    },
    { place: 'p', name: 'p' },
  )
  const both = {
    machine: Int32Array.of(0, 1),
    start: Float64Array.of(0, 0),
    end: Float64Array.of(8, 4),
  }
  const rows = ganttText(names, both, { width: 40 }).split('\n').slice(0, 2)
  expect(rows).toEqual([
    '机器…理器  █任务分配与执行机制███ 100 %',
    'm1         █二████████···········  50 %',
  ])
  expect(new Set(rows.map(columnsOf))).toEqual(new Set([39]))
})

test('of more machines than there are rows the idle ones are counted, not drawn', () => {
  const wide = problemFrom(
    {
      machines: Array.from({ length: 30 }, (_, at) => ({ id: `m${at}` })),
      tasks: [{ id: 'only', work: 8 }],
    },
    { place: 'p', name: 'p' },
  )
  const one = {
    machine: Int32Array.of(28),
    start: Float64Array.of(0),
    end: Float64Array.of(8),
  }
  expect(ganttText(wide, one, { width: 30 }).split('\n')).toEqual([
    'm28 █only██████████████ 100 %',
    '    ... and 29 idle machines',
    '    0       4       8 s',
  ])
})

test('a name from a file cannot steer the terminal', () => {
  expect(ganttText(problem, schedule, { width: 60 })).not.toContain('\u001b')
})

test('tasks side by side on one machine take a lane each, and no more', () => {
  const block = (start: number, end: number) => ({ start, end, label: '', state: 'done' }) as const
  const lanes = lanesOf('m', [block(0, 4), block(1, 2), block(2, 5), block(4, 6)])
  expect(lanes.map(({ blocks }) => blocks.map(({ start }) => start))).toEqual([
    [0, 4],
    [1, 2],
  ])
})

test('blocks too narrow to see are merged, failures never', () => {
  const done = (start: number) => ({ start, end: start + 1, label: 'x', state: 'done' }) as const
  const failed = { ...done(2), state: 'failed' } as const
  const merged = mergeNarrow([done(0), done(1), failed, done(3), done(4)], 2)
  expect(merged.map(({ start, end, state }) => [start, end, state])).toEqual([
    [0, 2, 'done'],
    [2, 3, 'failed'],
    [3, 5, 'done'],
  ])
  const [long] = mergeNarrow([{ ...done(0), end: 1.5 }, done(0.2)], 2)
  expect(long).toMatchObject({ start: 0, end: 1.5, count: 2 })
})

test('a Mermaid chart shows the flow, with nothing in a name that could break out of it', () => {
  const common = { loads: undefined, output: undefined, chunk: { kind: 'guided' } }
  const stage = { ...common, needs: { cpu: 1 }, retry: { attempts: 3 } }
  const job = {
    strategy: 'auto',
    order: undefined,
    tolerate: { count: 0, share: 0 },
    folder: '/x',
    input: { kind: 'range', from: 0, to: 9 },
    stages: [
      { ...stage, name: 'a"]<b>', kind: 'map', after: [] },
      { ...stage, name: 'sum', kind: 'reduce', after: ['a"]<b>'] },
      { ...stage, name: 'groups', kind: 'reduce', by: 'kind', after: ['a"]<b>'] },
    ],
  } as unknown as Job
  expect(mermaidOf(job, new Map(['sum', 'groups'].map(name => [name, 1])))).toBe(
    [
      'flowchart LR',
      '  input[/"range 0 to 9"/]',
      '  s0["a#quot;]#lt;b#gt; (map)<br>1 cpu"]',
      '  s1[["sum (reduce)<br>1 item<br>1 cpu"]]',
      '  s2[["groups (reduce)<br>an item per kind<br>1 cpu"]]',
      '  input --> s0',
      '  s0 ==> s1',
      '  s0 ==> s2',
      '  subgraph task ["every task of a stage"]',
      '    direction LR',
      '    decompose["decompose<br>chunks: guided"] --> allocate{"allocate<br>auto"}',
      '    allocate --> schedule["schedule<br>priority"] --> execute["execute"]',
      '    execute -->|result| gather["gather<br>in input order"] --> done(["done"])',
      '    execute -->|failure| recover{"recover<br>3 attempts"} -->|again| allocate',
      '    recover -->|for good| failed(["failed<br>none is tolerated"])',
      '  end',
      '',
    ].join('\n'),
  )
})

test('a Mermaid chart names an output by its path from the folder of its job', () => {
  const stage = { name: 's', kind: 'map', after: [], loads: undefined, needs: { cpu: 1 } }
  const more = { chunk: { kind: 'guided' }, retry: { attempts: 3 } }
  const chart = (path: string) =>
    mermaidOf(
      {
        strategy: 'auto',
        tolerate: { count: 0, share: 0 },
        folder: '/x/job',
        input: { kind: 'range', from: 0, to: 9 },
        stages: [{ ...stage, ...more, output: { kind: 'jsonl', path } }],
      } as unknown as Job,
      new Map(),
    )
  expect(chart('/x/job/out/s.jsonl')).toContain('o0[("out/s.jsonl")]')
  expect(chart('/x/jobs/s.jsonl')).toContain('o0[("/x/jobs/s.jsonl")]')
})

test('of more stages than Mermaid draws arrows the first are drawn, the rest counted, long names cut', () => {
  const common = { loads: undefined, chunk: { kind: 'guided' }, kind: 'map', needs: { cpu: 1 } }
  const nameOf = (at: number) => `${'long'.repeat(20)}-${at}`
  const job = {
    ...{ strategy: 'auto', order: undefined, tolerate: { count: 0, share: 0 }, folder: '/x' },
    input: { kind: 'range', from: 0, to: 9 },
    stages: Array.from({ length: 1_000 }, (_, at) => ({
      ...{ ...common, name: nameOf(at), after: at === 0 ? [] : [nameOf(at - 1)] },
      ...{ retry: { attempts: 3 }, output: { kind: 'jsonl', path: `/x/${nameOf(at)}.jsonl` } },
    })),
  } as unknown as Job
  const chart = mermaidOf(job, new Map())
  expect(chart.match(/-->|==>|-\.->/g)?.length).toBeLessThan(500)
  expect(chart.length).toBeLessThan(50_000)
  expect(chart).toContain('  more["and 850 more stages"]\n  s149 -.-> more\n')
})

test('a plan as a Mermaid chart has a box per machine, its tasks in order, an arrow per dependency', () => {
  const chain = problemFrom(
    {
      machines: [{ id: 'a`"' }, { id: 'b' }, { id: 'c' }],
      tasks: [
        { id: 'x', times: [2, 2, 2] },
        { id: 'y\n\u202e', times: [3, 3, 3], after: ['x'] },
        { id: 'z', times: [1, 1, 1] },
      ],
    },
    { place: 'p', name: 'p' },
  )
  const plan = {
    machine: Int32Array.from([0, 0, 1]),
    start: Float64Array.from([0, 2, 0]),
    end: Float64Array.from([2, 5, 1]),
  }
  expect(mermaidOfPlan(chain, plan).trimEnd().split('\n')).toEqual([
    'flowchart LR',
    '  subgraph m0 ["a#96;#quot;"]',
    '    direction LR',
    '    t0["x<br>0 to 2 s"]',
    '    t1["y <br>2 to 5 s"]',
    '    t0 -.-> t1',
    '  end',
    '  subgraph m1 ["b"]',
    '    direction LR',
    '    t2["z<br>0 to 1 s"]',
    '  end',
    '  m2["c<br>idle"]',
    '  t0 ==> t1',
  ])
})

test('a plan of more tasks than anybody reads is drawn by machine', () => {
  const many = problemFrom(
    {
      machines: [{ id: 'a' }, { id: 'b' }],
      tasks: Array.from({ length: 400 }, (_, at) => ({
        id: `t${at}`,
        work: 1,
        after: at > 1 ? [`t${at - 2}`] : [],
      })),
    },
    { place: 'p', name: 'p' },
  )
  const starts = Float64Array.from({ length: 400 }, (_, at) => at)
  const plan = {
    machine: Int32Array.from({ length: 400 }, (_, at) => (at < 200 ? 0 : 1)),
    start: starts,
    end: starts.map(start => start + 1),
  }
  expect(mermaidOfPlan(many, plan).trimEnd().split('\n')).toEqual([
    'flowchart LR',
    '  m0["a<br>200 tasks<br>200 s of work"]',
    '  m1["b<br>200 tasks<br>200 s of work"]',
    '  m0 -->|2| m1',
  ])
})

test('numbers are short, and a gap that is not nothing never reads as nothing', () => {
  expect([12345.6, 13.254, 0.12345].map(formatNumber)).toEqual(['12,346', '13.25', '0.123'])
  // Times far below a second, and what is left of a sum of such that is nought.
  expect([0.0350449, 0.000412, 2e-17].map(formatNumber)).toEqual(['0.035', '0.000412', '0'])
  expect([0, 1e-9, 0.0004, 0.194, Number.POSITIVE_INFINITY].map(formatGap)).toEqual([
    '0 %',
    '< 0.001 %',
    '0.040 %',
    '19.4 %',
    '-',
  ])
})

const onOne = (id: string, spans: readonly (readonly [start: number, end: number])[]) => ({
  problem: problemFrom(
    { machines: [{ id }], tasks: spans.map((_, at) => ({ id: `t${at}`, work: 1 })) },
    { place: 'p', name: 'p' },
  ),
  schedule: {
    machine: new Int32Array(spans.length),
    start: Float64Array.from(spans, ([start]) => start),
    end: Float64Array.from(spans, ([, end]) => end),
  },
})

test('what takes less than half a column is shaded, not left out', () => {
  const { problem, schedule } = onOne('m', [
    [0, 8],
    [8.25, 8.5],
    [9, 10],
  ])
  expect(ganttText(problem, schedule, { width: 19 }).split('\n')[0]).toBe('m █t0█████░█  93 %')
})

test('tasks that run at once do not make a machine more than busy', () => {
  const { problem, schedule } = onOne('m', [
    [0, 8],
    [1, 3],
    [2, 6],
    [9, 10],
  ])
  expect(ganttText(problem, schedule, { width: 40 })).toContain(' 90 %')
})

test('of too many machines the busiest are shown, in their own order', () => {
  const many = problemFrom(
    {
      machines: ['a', 'b', 'c', 'd'].map(id => ({ id })),
      tasks: ['x', 'y', 'z'].map(id => ({ id, work: 1 })),
    },
    { place: 'p', name: 'p' },
  )
  const schedule = {
    machine: Int32Array.of(0, 1, 3),
    start: new Float64Array(3),
    end: Float64Array.of(6, 1, 9),
  }
  const rows = ganttText(many, schedule, { width: 40, rows: 2 }).split('\n')
  expect(rows.map(row => row.trim().split(' ')[0])).toEqual(['a', 'd', '...', '0'])
  expect(rows[2]).toContain('2 machines less busy')
})

test('neighbours are drawn as one only where neither they nor the gap between them could be seen', () => {
  const done = (start: number, end: number) => ({ start, end, label: '', state: 'done' }) as const
  const spans = (blocks: Parameters<typeof mergeNarrow>[0]) =>
    mergeNarrow(blocks, 1).map(({ start, end }) => [start, end])
  expect(spans([done(0, 0.5), done(0.75, 1)])).toEqual([[0, 1]])
  expect(spans([done(0, 0.5), done(2, 2.5)])).toEqual([
    [0, 0.5],
    [2, 2.5],
  ])
  // A block that has grown wide enough to be seen takes no more in.
  expect(spans([done(0, 50), done(50, 50.5)])).toEqual([
    [0, 50],
    [50, 50.5],
  ])
})

test('a share of busy machines counts each by its speed', () => {
  const blocks = [
    { start: 0, end: 2, weight: 3 },
    { start: 1, end: 4, weight: 1 },
  ]
  expect(busyShares(blocks, { end: 4, possible: 4, slices: 4 })).toEqual([0.75, 1, 0.25, 0.25])
  const later = { start: 3, end: 4, weight: 4 }
  expect(busyShares([...blocks, later], { end: 4, possible: 4, slices: 4 })).toEqual([
    0.75, 1, 0.25, 1,
  ])
})
