import { countOfItems, formatCount, formatDuration, plural } from '../std/units.ts'
import type { RunReport, StageCounts } from './run-html.ts'

/**
 * What a reader should know of a run before looking at any picture: how far it came, what failed,
 * how long it took and how much of that could have been saved.
 */
export function runVerdict(report: RunReport): string {
  const { stages, state, chart, left, retries } = report
  const sum = (of: Exclude<keyof StageCounts, 'name' | 'complete' | 'busySeconds'>) =>
    stages.reduce((total, stage) => total + stage[of], 0)
  const [done, failed] = [sum('done'), sum('failed')]
  const others = (['skipped', 'stopped', 'cancelled'] as const)
    .map(name => ({ name, count: sum(name) }))
    .filter(({ count }) => count > 0)
  const total = stages.reduce((all, stage) => all + itemsOf(stage), 0)
  const isAll = stages.every(({ complete }) => complete)
  const counts = [
    `${countOfItems(done, total, { isAll })} done`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...others.map(({ name, count }) => `${formatCount(count)} ${name}`),
    ...(retries > 0 ? [`${plural(retries, 'attempt')} tried again`] : []),
  ].join(', ')
  if (chart.lanes.length === 0) return `${stateInWords(state)}: ${counts}. Nothing has started yet.`
  const due = report.due === undefined ? '' : ` ${report.due.inWords}.`
  const ahead = left === undefined ? '' : ` About ${left} left.`
  return `${stateInWords(state)}: ${counts}. ${tookOf(report)}${due}${ahead}`
}

/** All that are known, whatever their state. */
export const itemsOf = (stage: StageCounts): number =>
  stage.done +
  stage.stopped +
  stage.failed +
  stage.skipped +
  stage.cancelled +
  stage.running +
  stage.waiting

function tookOf({ seconds, lowerBound, chart }: RunReport): string {
  const took = formatDuration(seconds * 1e6)
  const rested = chart.rests.reduce((sum, rest) => sum + rest.seconds, 0)
  const still = rested > 0 ? `, without ${formatDuration(rested * 1e6)} in which it lay still` : ''
  const said = chart.running > 0 ? `At work for ${took}${still}` : `It took ${took}${still}`
  if (!(lowerBound > 0) || chart.running > 0) return `${said}.`
  const bound = formatDuration(lowerBound * 1e6)
  return seconds <= lowerBound * 1.01
    ? `${said}, as short as its measured times allow.`
    : `${said}; its measured times allow ${bound}.`
}

function stateInWords(state: string): string {
  const word = state === 'active' ? 'running' : state
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
}
