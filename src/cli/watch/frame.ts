import { errColours as pc } from '../colour.ts'
import { cutInMiddle } from '../../std/columns.ts'
import { formatCount } from '../../std/units.ts'
import { clip, padEnd, padStart, percent, seenWidth, wrapped } from '../print.ts'
import type { StageFigures } from './stage-figures.ts'

/** What a frame of the live view shows, as numbers and words; how it is laid out is below. */
export type FrameStage = Omit<StageFigures, 'done'> & {
  /** Items a second; absent: nothing ended lately, or the run has ended. */
  readonly rate?: number
}

export type FrameLane = {
  readonly id: string
  readonly slots: number
  readonly busy: number
  /** `read x2, find`: stages its slots work on. */
  readonly runs: string
  /** `rec 20 MB x2`: models that are being loaded. */
  readonly loads: string
  /** The same of models they hold. */
  readonly holds: string
  readonly short: boolean
}

export type Frame = {
  readonly stages: readonly FrameStage[]
  readonly lanes: readonly FrameLane[]
  /** What decides which machine. */
  readonly strategy?: string
  /** `3 min left (2 min to 5 min)`; absent once the run has ended: lanes are then of no interest either. */
  readonly left?: string
}

/**
 * A line per stage, a lane per machine, the time left. What fits least is left out first: a long bar,
 * rates, percentages, the bar; what failed and what is slow stay. In a low window stages at work are
 * shown before others, and of machines fewer.
 */
export function frameLines(frame: Frame, width: number, rows = Number.POSITIVE_INFINITY): string[] {
  const names = Math.min(longestName, Math.max(...frame.stages.map(({ name }) => seenWidth(name))))
  const strategy = frame.strategy === undefined ? [] : [pc.dim(`  ${frame.strategy}`)]
  if (frame.left === undefined) {
    const whole = strategy.flatMap(line => wrapped(line, width))
    const stages = stageLines(frame.stages, names, width, rows - whole.length)
    return [...stages, ...whole]
  }
  const beside = strategy.length + 1
  const { stages: stageRows, lanes: laneRows } = shareOfRows(frame, rows - beside)
  const ids = Math.max(names, ...frame.lanes.map(lane => seenWidth(lane.id)))
  return [
    ...stageLines(frame.stages, names, width, stageRows),
    ...laneLines(frame.lanes, ids, width, laneRows),
    ...strategy,
    pc.dim(`  ${frame.left}`),
  ].map(line => clip(line, width))
}

/** A longer name of a stage is cut: the figures beside it matter more. */
export const longestName = 24
export const shownName = (name: string, columns = longestName): string =>
  cutInMiddle(name, columns).join('')
const mostLanes = 12
const mostSquares = 32

/** Rows for stages and for lanes, where both do not fit: a third is for lanes. */
function shareOfRows(frame: Frame, rows: number): { stages: number; lanes: number } {
  const lanes = Math.min(frame.lanes.length, mostLanes + 1)
  const lanesAtLeast = Math.min(lanes, Math.max(1, Math.floor(rows / 3)))
  const stages = Math.max(1, Math.min(frame.stages.length, rows - lanesAtLeast))
  return { stages, lanes: Math.max(0, rows - stages) }
}

function stageLines(
  stages: readonly FrameStage[],
  names: number,
  width: number,
  rows: number,
): string[] {
  if (stages.length <= rows) return fitting(stageLayouts(stages, names), width)
  const shown = stages
    .map((stage, at) => ({ stage, at, rank: rankOf(stage) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, Math.max(1, rows - 1))
    .sort((a, b) => a.at - b.at)
    .map(({ stage }) => stage)
  const hidden = stages.filter(stage => !shown.includes(stage))
  const over = hidden.filter(hasEnded).length
  const more = `  and ${hidden.length} more stages${over > 0 ? `, ${over} of them at their end` : ''}`
  return rows < 2
    ? fitting(stageLayouts(shown, names), width)
    : [...fitting(stageLayouts(shown, names), width), pc.dim(more)]
}

const hasEnded = ({ complete, ended, cancelled, known }: FrameStage): boolean =>
  complete && ended + cancelled === known

/** At work first, then what begins next, then what is over. */
const rankOf = (stage: FrameStage): number => (hasEnded(stage) ? 2 : stage.ended > 0 ? 0 : 1)

function laneLines(
  lanes: readonly FrameLane[],
  ids: number,
  width: number,
  rows: number,
): string[] {
  const most = Math.min(mostLanes, lanes.length <= rows ? rows : rows - 1)
  const shown = lanes.slice(0, Math.max(0, most))
  const hidden = lanes.length - shown.length
  return [
    ...(shown.length > 0 ? fitting(laneLayouts(shown, ids), width) : []),
    ...(hidden > 0 && rows > 0
      ? [pc.dim(`  and ${hidden} ${shown.length > 0 ? 'more ' : ''}machines`)]
      : []),
  ]
}

/** The first of the layouts, widest first, of which every line fits; else the last, cut. */
function fitting(layouts: readonly (readonly string[])[], width: number): string[] {
  const found = layouts.find(lines => lines.every(line => seenWidth(line) <= width))
  return (found ?? layouts[layouts.length - 1]).map(line => clip(line, width))
}

function stageLayouts(stages: readonly FrameStage[], names: number): string[][] {
  const counts = Math.max(...stages.map(stage => countsOf(stage).length))
  const layout = (show: { bar: number; rate: boolean; share: boolean; name: number }) =>
    stages.map(stage => {
      const share = stage.known === 0 ? 0 : stage.ended / stage.known
      const parts = [
        padEnd(shownName(stage.name, show.name), Math.min(names, show.name)),
        show.bar === 0 ? '' : barOf(share, show.bar),
        padStart(countsOf(stage), counts),
        show.share ? padStart(stage.complete ? percent(share) : '', 5) : '',
        show.rate && stage.rate !== undefined ? pc.dim(rateInWords(stage.rate)) : '',
        stage.failed > 0 ? pc.red(`${formatCount(stage.failed)} failed`) : '',
        stage.skipped > 0 ? pc.yellow(`${formatCount(stage.skipped)} skipped`) : '',
        stage.cancelled > 0 ? pc.yellow(`${formatCount(stage.cancelled)} cancelled`) : '',
        stage.again > 0 ? pc.yellow(`${formatCount(stage.again)} to retry`) : '',
        stage.slow > 0 ? pc.yellow(`${stage.slow} slow`) : '',
      ]
      return `  ${parts.filter(part => part !== '').join('  ')}`.trimEnd()
    })
  return [
    layout({ bar: 20, rate: true, share: true, name: names }),
    layout({ bar: 10, rate: true, share: true, name: names }),
    layout({ bar: 10, rate: true, share: false, name: names }),
    layout({ bar: 6, rate: false, share: false, name: names }),
    layout({ bar: 0, rate: false, share: false, name: names }),
    layout({ bar: 0, rate: false, share: false, name: 12 }),
  ]
}

function countsOf(stage: FrameStage): string {
  const more = stage.complete || stage.known === 0 ? '' : '+'
  return `${formatCount(stage.ended)}/${formatCount(stage.known)}${more}`
}

function barOf(share: number, width: number): string {
  const full = Math.min(width, Math.floor(share * width))
  return pc.green('━'.repeat(full)) + pc.dim('─'.repeat(width - full))
}

function laneLayouts(lanes: readonly FrameLane[], ids: number): string[][] {
  const slots = Math.max(0, ...lanes.map(lane => seenWidth(squaresOf(lane))))
  const counts = Math.max(0, ...lanes.map(lane => busyOf(lane).length))
  const runsWidth = Math.max(0, ...lanes.map(lane => seenWidth(lane.runs)))
  const layout = (show: { squares: boolean; runs: boolean; holds: boolean }) =>
    lanes.map(lane => {
      const parts = [
        padEnd(lane.id, ids),
        show.squares ? padEnd(squaresOf(lane), slots) : '',
        padEnd(busyOf(lane), counts),
        show.runs ? padEnd(lane.runs, runsWidth) : '',
        lane.loads === '' ? '' : pc.yellow(`loads ${lane.loads}`),
        show.holds && lane.holds !== '' ? pc.dim(`holds ${lane.holds}`) : '',
        lane.short ? pc.yellow('short of memory') : '',
      ]
      return `  ${parts.filter(part => part !== '').join('  ')}`.trimEnd()
    })
  return [
    layout({ squares: true, runs: true, holds: true }),
    layout({ squares: false, runs: true, holds: true }),
    layout({ squares: true, runs: false, holds: true }),
    layout({ squares: false, runs: false, holds: true }),
  ]
}

const busyOf = ({ busy, slots }: FrameLane): string => `${busy}/${slots} busy`

const squaresOf = ({ busy, slots }: FrameLane): string =>
  slots > mostSquares ? '' : pc.cyan('▪'.repeat(busy)) + pc.dim('·'.repeat(slots - busy))

function rateInWords(rate: number): string {
  if (rate >= 10) return `${formatCount(Math.round(rate))}/s`
  return rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`
}
