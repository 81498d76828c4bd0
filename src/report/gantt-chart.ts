import { columnsOf, cutInMiddle, firstColumns, inOneLine } from '../std/columns.ts'
import { formatCount } from '../std/units.ts'
import { axisStyle, chartSvg, plotLeft, timeAxis } from './chart.ts'
import { type Block, type BlockState, type Lane, mergeNarrow } from './lanes.ts'
import { formatNumber, formatTime } from './plan-view.ts'

/**
 * A Gantt chart: a row per lane, blocks along time. States differ in colour and in mark: a failed
 * attempt has a cross over it, one that was tried again a ring, a running one an arrow at its end,
 * waiting is hollow. Marks have a fixed size, so that no attempt is too short to be seen.
 */
export function ganttChart(lanes: readonly Lane[], options: GanttChartOptions): string {
  const width = 1120
  const rowHeight = lanes.length > 48 ? 9 : lanes.length > 24 ? 14 : 24
  const labelled = spacedLabels(lanes, rowHeight)
  const top = 14
  const bottom = options.axis ? 26 : 6
  const left = plotLeft
  const plotWidth = width - left - 24
  const narrow = (options.until / plotWidth) * 1.2
  const inOrder = lanes.flatMap((lane, row) =>
    mergeNarrow(lane.blocks, narrow).map((block, nth) => ({
      value: [block.start, block.end, row, nth],
      block,
    })),
  )
  // What carries a mark is drawn last: no neighbour covers it.
  const data = (['waiting', 'done', 'running', 'retry', 'failed'] as const).flatMap(state =>
    inOrder.filter(({ block }) => block.state === state),
  )
  const blocks = data.map(({ block }) => block)
  const axis = timeAxis(options)
  const option = {
    grid: { left, right: 24, top, bottom },
    xAxis: { ...axis, axisLabel: { ...axis.axisLabel, show: options.axis } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: lanes.map((_, row) => ({ value: `${row}` })),
      ...axisStyle,
      splitLine: { show: false },
      axisLabel: {
        ...axisStyle.axisLabel,
        interval: 0,
        formatter: (row: string) =>
          labelled.has(Number(row)) ? besideLane(inOneLine(spaced(lanes[Number(row)].label))) : '',
      },
    },
    series: [
      {
        type: 'custom',
        data: data.map(({ value }) => value),
        encode: { x: [0, 1], y: 2 },
        renderItem: (params: { dataIndex: number }, api: RenderApi) =>
          drawn(blocks[params.dataIndex], api, options.ticks === true),
        markLine: {
          ...{ silent: true, symbol: 'none', data: linesOf(options), label: { show: false } },
          // Instants as they are: by default they are rounded to hundredths.
          precision: -1,
        },
      },
    ],
  }
  const size = { width, height: top + bottom + lanes.length * rowHeight }
  return chartSvg(option, size, index => titleOf(blocks[index], options))
}

/** As many letters as find room left of the lane, capitals being wider than others. */
function besideLane(name: string): string {
  for (let columns = 16; ; columns -= 1) {
    const cut = cutInMiddle(name, columns).join('')
    if (columns === 8 || widthOf(cut) <= besideLaneWidth) return cut
  }
}

const besideLaneWidth = plotLeft - 9
/** In pixels of DejaVu Sans at 11, the widest of the fonts that the page's own choice may come to. */
const widthOf = (text: string): number =>
  [...text].reduce((sum, letter) => sum + letterWidth(letter), 0)

function letterWidth(letter: string): number {
  const columns = columnsOf(letter)
  if (columns !== 1) return columns * 6
  if (/[MWmw@%…]/.test(letter)) return 10.7
  if (/[A-Z]/.test(letter) && letter !== 'I') return 8.3
  return /[Iijlrtf \-.,:;'|!()[\]/]/.test(letter) ? 4.5 : 7
}

/** Rows whose label finds room below the last one written. */
function spacedLabels(lanes: readonly Lane[], rowHeight: number): ReadonlySet<number> {
  const shown = new Set<number>()
  let last = Number.NEGATIVE_INFINITY
  lanes.forEach(({ label }, row) => {
    if (label === '' || (row - last) * rowHeight < 12) return
    shown.add(row)
    last = row
  })
  return shown
}

/** What the browser shows when one points at a block. */
function titleOf({ label, start, end, state, detail, count }: Block, options: GanttChartOptions) {
  const what = label === '' ? manyTasks(count) : label
  const how = options.ticks === true ? `, ${detail ?? stateInWords[state]}` : ''
  const took = formatTime(end - start, options.unit)
  return `${what}${how}: ${formatNumber(start)} to ${formatTime(end, options.unit)}, ${took}`
}

const manyTasks = (count = 1): string => `${formatCount(count)} task${count === 1 ? '' : 's'}`

const stateInWords: Readonly<Record<BlockState, string>> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  retry: 'failed, tried again',
  failed: 'failed for good',
}

type GanttChartOptions = {
  /** The end of the time axis: the same for charts to be compared. */
  readonly until: number
  readonly unit: string
  /** Whether the axis is written below. */
  readonly axis: boolean
  /** Whether blocks that ended well carry a tick: of a run, not of a plan. */
  readonly ticks?: boolean
  /** Drawn as a dashed line: no schedule ends before it. */
  readonly bound?: number
  readonly makespan?: number
  /** Instants at which time is left out: dotted lines. */
  readonly rests?: readonly number[]
}

type RenderApi = {
  readonly value: (dimension: number) => number
  readonly coord: (point: readonly [number, number]) => [number, number]
  readonly size: (extent: readonly [number, number]) => [number, number]
}

function linesOf({ bound, makespan, until, rests = [] }: GanttChartOptions) {
  const line = (at: number, color: string, type: string) => ({
    xAxis: at,
    lineStyle: { color, type, width: 1.5 },
  })
  return [
    ...rests.map(at => line(at, 'var(--ink)', 'dotted')),
    ...(bound !== undefined && bound > 0 ? [line(bound, 'var(--bound)', 'dashed')] : []),
    ...(makespan === undefined || makespan > until * (1 + 1e-9)
      ? []
      : [line(makespan, 'var(--ink)', 'solid')]),
  ]
}

const fills: Readonly<Record<BlockState, readonly [string, string]>> = {
  waiting: ['var(--waiting)', 'var(--waiting)'],
  running: ['var(--running)', 'var(--running)'],
  done: ['var(--done)', 'var(--done2)'],
  retry: ['var(--retry)', 'var(--retry)'],
  failed: ['var(--failed)', 'var(--failed)'],
}

function drawn(block: Block, api: RenderApi, ticks: boolean) {
  const [x, y] = api.coord([api.value(0), api.value(2)])
  const [end] = api.coord([api.value(1), api.value(2)])
  const height = Math.max(4, api.size([0, 1])[1] * 0.72)
  const least = block.state === 'done' || block.state === 'waiting' ? 0.75 : 4
  const width = Math.max(least, end - x - (end - x > 3 ? 0.8 : 0))
  const fill = fills[block.state][api.value(3) % 2]
  const shape = { x, y: y - height / 2, width, height, r: width > 5 ? 2.5 : 0 }
  const hollow = block.state === 'waiting'
  const style = hollow
    ? { fill: 'none', stroke: fill, lineWidth: 1, lineDash: [3, 2] }
    : { fill, stroke: 'none' }
  const name = (block.count ?? 1) > 1 ? manyTasks(block.count) : block.label
  const named = ticks && block.state === 'done' ? `✓ ${name}`.trim() : name
  const beside = markRoom(block.state)
  const room = Math.floor((width - 6 - beside) / 6.2)
  const text = height >= 11 && room >= Math.min(columnsOf(named), 4) ? clipped(named, room) : ''
  const label = {
    text,
    fill: 'var(--on-block)',
    fontSize: 10,
    x: x + 4 + (block.state === 'running' ? 0 : beside),
    y,
    verticalAlign: 'middle',
  }
  const children: unknown[] = [{ type: 'rect', shape, style }]
  if (text !== '') children.push({ type: 'text', style: label })
  const middle = text === '' ? (x + end) / 2 : x + 9
  const at = { middle, y, end, height, ink: width < 12 ? 'var(--ink)' : 'var(--mark)' }
  return { type: 'group', children: [...children, ...markOf(block.state, at)] }
}

/** What a mark takes of a block that has a name as well. */
const markRoom = (state: BlockState): number =>
  state === 'failed' || state === 'retry' ? 13 : state === 'running' ? 8 : 0

type At = {
  readonly middle: number
  readonly y: number
  readonly end: number
  readonly height: number
  /** On its block, or where that is narrower than the mark, on paper. */
  readonly ink: string
}

function markOf(state: BlockState, { middle, y, end, height, ink }: At): unknown[] {
  const size = Math.min(5, height / 2)
  const stroke = { stroke: ink, lineWidth: 1.6, fill: 'none' }
  const segment = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: stroke,
  })
  if (state === 'failed') {
    return [
      segment(middle - size, y - size, middle + size, y + size),
      segment(middle - size, y + size, middle + size, y - size),
    ]
  }
  if (state === 'retry') {
    return [{ type: 'circle', shape: { cx: middle, cy: y, r: size * 0.8 }, style: stroke }]
  }
  if (state === 'running') {
    const points = [
      [end - size, y - size],
      [end + size, y],
      [end - size, y + size],
    ]
    return [{ type: 'polygon', shape: { points }, style: { fill: 'var(--ink)' } }]
  }
  return []
}

/** Where there is not room for all of it, without the folders of what it names: they are mostly the same ones. */
function clipped(text: string, most: number): string {
  const whole = inOneLine(spaced(text))
  if (columnsOf(whole) <= most) return whole
  const line = whole.replaceAll(/[^\s/]+\/(?=[^\s/])/g, '')
  if (columnsOf(line) <= most) return line
  return `${firstColumns(line, most - 1).join('')}…`
}

const spaced = (text: string): string => text.replaceAll(/\s/g, ' ')
