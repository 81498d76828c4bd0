import { expect, test } from 'vitest'
import { compareStrategies } from '../../src/choose/compare.ts'
import { strategies } from '../../src/choose/strategies.ts'
import { faultsFrom } from '../../src/cli/problem/fault-flag.ts'
import { problemFrom } from '../../src/input/problem.ts'
import type { Problem } from '../../src/model/problem.ts'
import { compareHtml } from '../../src/report/compare-html.ts'
import { ganttChart } from '../../src/report/gantt-chart.ts'
import { verdict } from '../../src/report/page.ts'
import { chartOfHistory } from '../../src/report/run-blocks.ts'
import { type RunReport, runHtml } from '../../src/report/run-html.ts'
import { article } from '../choose/problems.ts'

const nasty = '<script>alert(1)</script>&"\''

const compared = (problem: Problem, names: readonly string[]) =>
  compareStrategies(problem, {
    strategies: strategies.filter(({ name }) => names.includes(name)),
    objective: 'makespan',
    seed: 1,
    seeds: 1,
    noise: 0,
    spending: { kind: 'steps', steps: 10 },
  })

const requestsOf = (html: string) =>
  html.match(/(?:src|href|url\()\s*=?\s*["'(]?\s*(?:https?:)?\/\//gi) ?? []

test('a comparison is one page without requests, with every name escaped', async () => {
  const problem = problemFrom(
    {
      machines: [{ id: `m${nasty}` }, { id: 'm1' }],
      tasks: [1, 2, 3].map(work => ({ id: `t${work}${nasty}`, work })),
    },
    { place: 'x', name: nasty },
  )
  const comparison = await compared(problem, ['heft', 'met', 'milp'])
  const html = compareHtml(problem, comparison, { noise: 0, seed: 1, seeds: 1 })
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;')
  expect(requestsOf(html)).toEqual([])
  expect(html).toContain('prefers-color-scheme:dark')
  // One picture of busy machines and a schedule for each strategy that took the problem.
  expect(html.match(/<svg role="img"/g)).toHaveLength(3)
  // Who sees no colours tells lines by their dashes, the first whole.
  const dashed = [...html.matchAll(/<path[^>]*stroke="var\(--c(\d)\)"[^>]*stroke-dasharray="\d/g)]
  expect(dashed.map(([, colour]) => colour)).toEqual(['2'])
})

test('a comparison in which nothing ended says so and draws no empty chart; what ended is drawn alone', async () => {
  const problem = problemFrom(
    { machines: [{ id: 'm0' }, { id: 'm1' }], tasks: [{ id: 't', work: 2 }] },
    { place: 'x', name: 'hopeless' },
  )
  const comparison = await compareStrategies(problem, {
    strategies: strategies.filter(({ name }) => ['heft', 'mct'].includes(name)),
    objective: 'makespan',
    ...{ seed: 1, seeds: 1, noise: 0, spending: { kind: 'steps', steps: 10 } },
    faults: faultsFrom('failing=100%'),
  })
  const about = { noise: 0, seed: 1, seeds: 1 }
  const html = compareHtml(problem, comparison, about)
  expect(html).toContain('No task ended under any of them')
  expect(html).toContain('no schedule to draw')
  expect(html).not.toContain('<svg')
  expect(html).not.toMatch(/The dashed line|Where a line falls|one time axis|its makespan/)

  const { rows } = await compared(problem, ['met'])
  const partly = compareHtml(problem, { rows: [...comparison.rows, ...rows], skipped: [] }, about)
  expect(partly.match(/<svg role="img"/g)).toHaveLength(2)
  expect(partly).toMatch(/<h3>mct and heft<span>no task ended<\/span><\/h3>/)
})

test('what moves sideways on a narrow page is reached by the keyboard, and printed whole', async () => {
  const problem = problemFrom(
    { machines: [{ id: 'm0' }], tasks: [{ id: 't', work: 1 }] },
    { place: 'x', name: 'small' },
  )
  const comparison = await compared(problem, ['heft'])
  const html = compareHtml(problem, comparison, { noise: 0, seed: 1, seeds: 1 })
  // One strategy is set beside none.
  expect(html).not.toMatch(/the most|the best|[Ll]east makespan/)
  const boxes = html.match(/<div class="(?:scroll|charts)"[^>]*>/g) ?? []
  expect(boxes).toHaveLength(3)
  for (const box of boxes) expect(box).toMatch(/tabindex="0" role="group" aria-label="\w+"/)
  const print = html.slice(html.indexOf('@media print'))
  expect(print).toContain('.scroll,.charts{overflow:visible}')
  expect(print).toContain('.charts svg[role],table.text{min-width:0}')
})

test('strategies that came to one schedule share its drawing, and an outlier is cut, not squeezed', async () => {
  const problem = problemFrom(
    {
      machines: [
        { id: 'quick', speed: 1.01 },
        ...[1, 2, 3, 4, 5].map(at => ({ id: `a-box-of-long-name-${at}` })),
      ],
      tasks: Array.from({ length: 12 }, (_, at) => ({ id: `t${at}`, work: 5 })),
    },
    { place: 'x', name: 'x' },
  )
  const comparison = await compared(problem, ['met', 'mct', 'min-min'])
  const html = compareHtml(problem, comparison, { noise: 0, seed: 1, seeds: 1 })
  // All on the quick machine takes six times as long.
  expect(html).toMatch(/met<span>59\.41 s, beyond the axis/)
  for (const at of [1, 2, 3]) expect(html).toContain(`>a-box-of…-name-${at}<`)
  expect(html).toMatch(/<h3>(mct and min-min|min-min and mct)<span>/)
  expect(html.match(/class="cut"/g)).toHaveLength(1)
  expect(html).toContain('A bar that fades is longer than drawn.')
  expect(html.match(/<tr class="best">/g)).toHaveLength(2)
})

test('where a bar has no room for a whole path, it shows the name without the folders', async () => {
  const tasks = Array.from({ length: 9 }, (_, at) => ({ id: `scans/of-${at}/page-${at}`, work: 5 }))
  const problem = problemFrom({ machines: [{ id: 'm' }], tasks }, { place: 'x', name: 'x' })
  const comparison = await compared(problem, ['mct'])
  const html = compareHtml(problem, comparison, { noise: 0, seed: 1, seeds: 1 })
  for (const at of [0, 8]) expect(html).toContain(`>page-${at}<`)
  expect(html).not.toMatch(/>scans[^<]*…</)
  expect(html).toContain('scans/of-8/page-8')
})

test('what takes twice as long as the best is drawn whole', async () => {
  const comparison = await compared(article(), ['met', 'lpt'])
  const html = compareHtml(article(), comparison, { noise: 0, seed: 1, seeds: 1 })
  expect(html).toContain('met<span>8.25 s</span>')
  expect(html).not.toMatch(/class="cut"|fades|beyond the axis/)
})

const history = {
  run: 'r',
  stage: 'ocr',
  attempts: [1, 2, 3, 4],
  indexes: [0, 1, 1, 2],
  counts: [1, 1, 1, 1],
  machines: ['b', 'a', 'a', 'b'],
  slots: [0, 0, 0, 0],
  starts: [1e6, 1e6, 3e6, 4e6],
  ends: [4e6, 2e6, 4e6, 5e6],
  cpuMicros: [0, 0, 0, 0],
  peakBytes: [0, 0, 0, 0],
  sizes: [1, 1, 1, 1],
  outcomes: ['done', 'error', 'done', 'timeout'],
}

test('an attempt that failed is a retry where another followed, and failed where none did', () => {
  const chart = chartOfHistory([history])
  expect(chart.lanes.map(({ label }) => label)).toEqual(['a · 0', 'b · 0'])
  expect(chart.lanes[0].blocks.map(block => [block.start, block.end, block.state])).toEqual([
    [0, 1, 'retry'],
    [2, 3, 'done'],
  ])
  expect(chart.lanes[1].blocks.map(({ state }) => state)).toEqual(['done', 'failed'])
  expect(chart).toMatchObject({ seconds: 4, attempts: 4, retried: 1, failed: 1 })
})

test('blocks are named by key where it is known, by number where it is not', () => {
  const keyOf = (_stage: string, index: number) => (index === 1 ? undefined : `page-${index}.png`)
  const live = { now: 0, tasks: [], isOpen: () => false, keyOf }
  const { lanes } = chartOfHistory([{ ...history, counts: [2, 1, 1, 1] }], live)
  expect(lanes.map(({ blocks }) => blocks.map(({ label }) => label))).toEqual([
    ['1 ocr', '1 ocr'],
    ['page-0.png…1 ocr', 'page-2.png ocr'],
  ])
})

test('a slot has one lane, though the times measured of its tasks overlap', () => {
  const many = Array.from({ length: 100 }, (_, at) => at)
  const chart = chartOfHistory([
    {
      ...history,
      ...{ attempts: many, indexes: many, counts: many.map(() => 1), sizes: many.map(() => 1) },
      ...{ machines: many.map(() => 'a'), slots: many.map(at => at % 2) },
      starts: many.map(at => 1e6 + at * 1e4),
      ends: many.map(at => 1e6 + at * 1e4 + (at === 7 ? 200_000 : 20_500)),
      ...{ cpuMicros: many, peakBytes: many, outcomes: many.map(() => 'done') },
    },
  ])
  expect(chart.slots).toBe(2)
  expect(chart.lanes.map(({ label }) => label)).toEqual(['a · 0', 'a · 1'])
})

test('a replay marks the tasks whose times are estimated, and counts them', async () => {
  const problem = problemFrom(
    {
      machines: [{ id: 'm0' }, { id: 'm1' }],
      tasks: ['first', 'second', 'third'].map(id => ({ id, times: [4, 6] })),
    },
    { place: 'x', name: 'x' },
  )
  const { rows } = await compared(problem, ['mct'])
  const replayed = { rows: rows.map(row => ({ ...row, estimatedTimes: 1 })), skipped: [] }
  const isEstimated = (_: number, machine: number) => machine === 1
  const html = compareHtml(problem, replayed, { noise: 0, seed: 1, seeds: 1, isEstimated })
  expect(html).toContain('<td>1 of 3</td>')
  expect(html.match(/<title>~/g)).toHaveLength(1)
  expect(html).toContain('<title>~second: 0 to 6 s, 6 s</title>')
})

test('what runs grows to now in blue, and a failed item that will be tried again is a retry', () => {
  const task = { machine: 'a', slot: 1, stage: 'ocr', index: 7, since: 3e6 }
  const chart = chartOfHistory([history], {
    now: 8e6,
    tasks: [task, { ...task, machine: 'b', slot: 0, index: 2, since: 6e6 }],
    // Item 0 has no answer yet, item 1 is done.
    isOpen: (stage, index) => stage === 'ocr' && index !== 1,
  })
  const blocksOf = (label: string) => chart.lanes.find(lane => lane.label === label)?.blocks
  expect(blocksOf('a · 1')).toEqual([{ start: 2, end: 7, label: '7 ocr', state: 'running' }])
  // Item 2 failed once and runs again on the same slot.
  expect(blocksOf('b · 0')?.map(({ state, end }) => [state, end])).toEqual([
    ['done', 3],
    ['retry', 4],
    ['running', 7],
  ])
  expect(chart).toMatchObject({ seconds: 7, running: 2, failed: 0, retried: 2, attempts: 4 })
})

test('the time in which a run lay still is left out of its axis, and said', () => {
  // The first attempt of item 1 ends at 2 s; the run goes on at 1000 s.
  const later = (at: number) => (at < 3e6 ? at : at + 997e6)
  const starts = [1e6, 1e6, 3e6, 4e6].map(later)
  const ends = [2e6, 2e6, 4e6, 5e6].map(later)
  const rests = [{ from: 2e6, to: 1000e6 }]
  const live = { now: 0, tasks: [], isOpen: () => false, rests }
  const chart = chartOfHistory([{ ...history, starts, ends }], live)
  expect(chart.lanes.map(({ blocks }) => blocks.map(({ start, end }) => [start, end]))).toEqual([
    [
      [0, 1],
      [1, 2],
    ],
    [
      [0, 1],
      [2, 3],
    ],
  ])
  expect(chart).toMatchObject({ seconds: 3, rests: [{ at: 1, seconds: 998 }] })
})

test('a failed item that waits for its next attempt is not shown as failed for good', () => {
  const live = { now: 6e6, tasks: [], isOpen: (_stage: string, index: number) => index === 2 }
  const [, lane] = chartOfHistory([history], live).lanes
  expect(lane.blocks.map(({ state }) => state)).toEqual(['done', 'retry'])
})

test('an attempt that ended with its run is neither tried again nor failed for good', () => {
  const live = { now: 6e6, tasks: [], isOpen: () => true }
  const outcomes = history.outcomes.map(of => (of === 'done' ? of : 'cancelled'))
  const chart = chartOfHistory([{ ...history, outcomes }], live)
  expect(chart.lanes[1].blocks[1]).toMatchObject({ state: 'failed', detail: 'cancelled' })
  expect(chart.failed).toBe(0)
})

test('ten thousand items with many failures make a page of less than five megabytes, each failure marked', () => {
  const count = 10_000
  const all = Array.from({ length: count }, (_, at) => at)
  const chart = chartOfHistory([
    {
      ...history,
      attempts: all,
      indexes: all,
      counts: all.map(() => 1),
      machines: all.map(at => `box${at % 8}`),
      slots: all.map(at => (at >> 3) % 8),
      starts: all.map(at => 1e6 + (at >> 6) * 2e5),
      ends: all.map(at => 1e6 + (at >> 6) * 2e5 + 19e4),
      cpuMicros: all,
      peakBytes: all,
      sizes: all,
      outcomes: all.map(at => (at % 20 === 0 ? 'error' : 'done')),
    },
  ])
  const report = { run: 'r', job: 'j', state: 'done', seconds: 1, stages: [], failures: [], chart }
  const { attempts } = chart
  const measures = { lowerBound: 1, utilisation: 1, errorRate: 0, retries: 0, attempts }
  const html = runHtml({ ...report, ...measures })
  expect(html.length).toBeLessThan(5e6)
  // A cross is two strokes in ink; nothing else in the picture is drawn so.
  expect(html.match(/stroke="var\(--(?:ink|mark)\)"/g)).toHaveLength(2 * (count / 20))
})

const reported: RunReport = {
  run: 'calm-otter',
  job: nasty,
  state: 'active',
  begun: Date.UTC(2026, 1, 3, 4, 5) * 1_000,
  problem: nasty,
  seconds: 4,
  lowerBound: 3,
  utilisation: 0.5,
  errorRate: 0.25,
  retries: 1,
  attempts: 6,
  chart: chartOfHistory([history]),
  stages: [
    {
      name: nasty,
      complete: false,
      waiting: 3,
      running: 1,
      done: 2,
      failed: 1,
      skipped: 0,
      stopped: 0,
      cancelled: 0,
      busySeconds: 5,
    },
  ],
  failures: [{ stage: 'ocr', key: nasty, reason: nasty }],
}

test('a run’s page escapes keys and errors, and marks states by more than colour', () => {
  const html = runHtml(reported)
  expect(html).not.toContain('<script')
  expect(requestsOf(html)).toEqual([])
  // Pointing at a block tells what it is; what the drawing library leaves for scripts is gone.
  expect(html).toContain('<title>1 ocr, error, tried again: 0 to 1 s, 1 s</title>')
  expect(html).toContain('<title>2 ocr, timeout, failed for good: 3 to 4 s, 1 s</title>')
  expect(html).not.toContain('ecmeta')
  expect(html).toContain('6 attempts, 1 tried again, 1 failed for good. Of 2 attempts nobody saw')
  expect(html).toContain('Running: 2 of 7+ items done, 1 failed, 1 attempt tried again.')
  expect(html).toContain('<p class="lede">Run calm-otter, begun 2026-02-03 04:05 UTC</p>')
  for (const mark of ['✓', '▶', '×', '…', '○']) expect(html, mark).toContain(mark)
})

test('the axis begins when the first slot was begun, and the page says how long slots then loaded', () => {
  const live = { now: 0, begun: 0.5e6, tasks: [], isOpen: () => false }
  const chart = chartOfHistory([history], live)
  expect(chart).toMatchObject({ seconds: 4.5, loading: 0.5 })
  expect(chart.lanes[0].blocks[0]).toMatchObject({ start: 0.5, end: 1.5 })
})

test('lanes are in the order of machines as people count, whatever they are called', () => {
  const machines = ['box10', 'box2', 'box2', '机器-5']
  const { lanes } = chartOfHistory([{ ...history, machines }])
  expect(lanes.map(({ label }) => label)).toEqual(['box2 · 0', 'box10 · 0', '机器-5 · 0'])
})

test('what was skipped has a mark, a place in the legend and in words, and is not taken for waiting', () => {
  const chart = chartOfHistory([history])
  const counts = {
    waiting: 0,
    running: 0,
    done: 2,
    failed: 1,
    skipped: 7,
    stopped: 0,
    cancelled: 0,
  }
  const html = runHtml({
    ...{ run: 'r', job: 'j', state: 'failed', seconds: 4, lowerBound: 3, utilisation: 1 },
    ...{ errorRate: 0, retries: 0, attempts: 4, failures: [], chart },
    stages: [{ name: 'read', complete: true, busySeconds: 5, ...counts }],
  })
  expect(html).toContain('aria-label="read: 2 done, 1 failed, 7 skipped"')
  expect(html).toContain('2 of 10 items done, 1 failed, 7 skipped')
  expect(html).toMatch(/<i style="background:var\(--barred\)[^"]*">–<\/i>skipped/)
  expect(html).not.toMatch(/<\/i>(waiting|running|cancelled)/)
})

test('where no task takes any time the page of a comparison is drawn as well', async () => {
  const problem = problemFrom(
    { machines: [{ id: 'm' }], tasks: [{ id: 't', work: 0 }] },
    { place: 'x', name: 'x' },
  )
  const comparison = await compared(problem, ['heft'])
  const html = compareHtml(problem, comparison, { noise: 0, seed: 1, seeds: 1 })
  expect(html).not.toMatch(/NaN|Infinity/)
})

test('a Gantt is as high as its lanes, and blocks of neighbouring lanes do not touch', () => {
  const blocks = [{ start: 0, end: 10, state: 'done' as const, label: '' }]
  const lanes = Array.from({ length: 12 }, (_, nth) => ({ label: `m${nth}`, blocks }))
  const svg = ganttChart(lanes, { until: 10, unit: 's', axis: false })
  const shapes = [...svg.matchAll(/<path d="([^"]+)" fill="var\(--done/g)].map(([, path]) => {
    const heights = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y))
    return { top: Math.min(...heights), bottom: Math.max(...heights) }
  })
  expect(shapes).toHaveLength(12)
  for (const [nth, { top, bottom }] of shapes.entries()) {
    const floor = shapes[nth + 1]?.top ?? Number(/viewBox="0 0 \d+ ([\d.]+)"/.exec(svg)?.[1])
    expect(bottom - top).toBeGreaterThan(4)
    expect(bottom).toBeLessThan(floor)
  }
})

test('no line of a conclusion ends between a number and its unit', () => {
  const text = 'It took 1 min 5 s; 3 % above 4 sets & more.'
  expect(verdict(text)).toBe(
    '<p class="verdict">It took 1\u00a0min 5\u00a0s; 3\u00a0% above 4 sets &amp; more.</p>',
  )
})

test('where nothing takes time the bound is 0, and no task is said to have failed', async () => {
  const problem = problemFrom(
    { machines: [{ id: 'm0' }], tasks: [0, 1].map(at => ({ id: `t${at}`, work: 0 })) },
    { place: 'x', name: 'nothing' },
  )
  const html = compareHtml(problem, await compared(problem, ['heft', 'mct']), {
    ...{ noise: 0, seed: 1, seeds: 1 },
  })
  expect(html).not.toContain('no bound')
  expect(html).toContain('no schedule is shorter')
})

test('a name in wide letters is cut to the room beside its lane', () => {
  const lanes = ['GPU-WORKER-NODE-MMWW-07', 'illi.illi.illi-1'].map(label => ({
    ...{ label, blocks: [{ start: 0, end: 1, label: 'a', state: 'done' as const }] },
  }))
  const svg = ganttChart(lanes, { until: 1, unit: 's', axis: true })
  const [wide, narrow] = [...svg.matchAll(/>([^<]*(?:-07|-1))</g)].map(([, name]) => name)
  expect(wide).toBe('GPU-WO…MWW-07')
  expect(narrow).toBe('illi.illi.illi-1')
})

test('digits and narrow letters beside a lane are cut to its room, by the widest font that browsers fall back to', () => {
  const lanes = [
    'rack-00-node-with-a-long-name',
    '0000000000000000',
    '8m@8m@8m@8m@8m',
    '机器一号机房甲二号架三',
  ].map(label => ({
    ...{ label, blocks: [{ start: 0, end: 1, label: 'a', state: 'done' as const }] },
  }))
  const svg = ganttChart(lanes, { until: 1, unit: 's', axis: true })
  for (const name of ['rack-00-…ng-name', '0000000000000000', '8m@8m…8m@8m', '机器一号…号架三'])
    expect(svg).toContain(`>${name}<`)
})

test('lines of a Gantt stand where they belong, however small its times are', () => {
  const drawn = (unit: number) => {
    const blocks = [{ start: 0, end: 6.6 * unit, label: 'a', state: 'done' as const }]
    const lines = { makespan: 6.6 * unit, bound: 5.4 * unit, rests: [3.3 * unit] }
    const svg = ganttChart([{ label: 'm', blocks }], {
      until: 10 * unit,
      unit: 's',
      axis: false,
      ...lines,
    })
    return [...svg.matchAll(/ d="([^"]+)"/g)].map(([, path]) => path)
  }
  expect(drawn(0.001)).toEqual(drawn(1))
})

test('of too many machines those are drawn that work most, and those on which a schedule ends', async () => {
  // The first hundred can run nothing; of the others the last is alone with a long task.
  const long = { id: 'long', times: [...Array(199).fill(null), 9] }
  const short = Array.from({ length: 99 }, (_, at) => ({
    id: `t${at}`,
    times: Array.from({ length: 200 }, (_, on) => (on === at + 100 ? 1 : null)),
  }))
  const machines = Array.from({ length: 200 }, (_, at) => ({ id: `m${at}` }))
  const problem = problemFrom({ machines, tasks: [...short, long] }, { place: 'x', name: 'x' })
  const html = compareHtml(problem, await compared(problem, ['mct']), {
    noise: 0,
    seed: 1,
    seeds: 1,
  })
  expect(html).toContain('Of 200 machines the 64 that work most are drawn.')
  expect(html).toContain('<title>long: 0 to 9')
  expect(html).not.toContain('>m0<')
})

test('a key can neither turn the direction of what a page says nor put in what no page may hold', () => {
  expect(verdict('a\u202eb\u2066c')).toBe('<p class="verdict">a\ufffdb\ufffdc</p>')
  expect(verdict('a\u0000b\u001bc\u0085d\te')).toBe(
    '<p class="verdict">a\ufffdb\ufffdc\ufffdd\te</p>',
  )
})

test('long names of stages stand in a line beside their bars, as far as there is room', () => {
  const name = 'a-stage-with-a-descriptive-name'
  const html = runHtml({ ...reported, stages: [{ ...reported.stages[0], name }] })
  expect(html).toContain(`<div class="strips" style="--name:${name.length}ch">`)
})

test('where strategies come to the same, the page names them together and none as the worst', async () => {
  const problem = problemFrom(
    { machines: [{ id: 'm' }], tasks: [{ id: 't', work: 3 }] },
    { place: 'x', name: 'one' },
  )
  const html = compareHtml(problem, await compared(problem, ['heft', 'mct', 'met']), {
    ...{ noise: 0, seed: 1, seeds: 1 },
  })
  expect(html).toContain('<span>least makespan, by all 3</span>')
  expect(html).not.toContain('the most, ')
})
