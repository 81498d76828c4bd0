import type { Objective } from '../model/job.ts'
import { compareScores, objectiveInWords, type Score } from './objective.ts'

/**
 * Why this one: the objective, how many were tried, who comes next and by how much. Percentages say
 * nothing where the winner comes to 0; then the others are told by what they come to.
 */
export function reasonFor(
  winner: Tried,
  tried: readonly Tried[],
  objective: Objective,
  { how = '', candidates = tried.length, settled = false }: About = {},
): string {
  const others = tried
    .filter(({ name }) => name !== winner.name)
    .toSorted((a, b) => compareScores(a, b))
  const what = objectiveInWords(objective)
  if (others.length === 0) return alone(winner, what, settled)
  const equal = others.filter(other => compareScores(other, winner) <= 0)
  const worse = others.filter(other => compareScores(other, winner) > 0).slice(0, 3)
  // A strategy that goes through every schedule did not try candidates.
  const whole = !tried.some(({ name }) => name === winner.name)
  const head = `${winner.name} has the least ${what} ${whole ? 'there is' : `of ${candidates} tried${how}`}`
  const also = equal.length > 0 ? `, as has ${equal[0].name}${more(equal.length - 1)}` : ''
  if (worse.length === 0) return head + also
  const shown = worse.map(other => `${other.name} ${distance(other, winner)}`)
  return `${head}${also}; next ${shown.join(', ')}`
}

type About = {
  /** How they were tried: `, simulated`. */
  readonly how?: string
  /** How many in all, where some of them have nothing to show. */
  readonly candidates?: number
  /** Nothing can be better than the winner. */
  readonly settled?: boolean
}

const alone = ({ name }: Tried, what: string, settled: boolean): string =>
  settled
    ? `${name} has the least ${what} there is; no other was tried`
    : `${name} was tried first; there was no time for another`

type Tried = Score & { readonly name: string }

const more = (count: number): string => (count > 0 ? ` and ${count} more` : '')

function distance(other: Tried, winner: Tried): string {
  const value = ({ value }: Score): Score => ({ value, makespan: 0 })
  if (compareScores(value(other), value(winner)) === 0) {
    if (other.lateness !== winner.lateness) return 'equal but with less room before due dates'
    return `equal but ${percent(other.makespan / winner.makespan - 1)} longer`
  }
  if (winner.value <= 0) return `comes to ${Number(other.value.toPrecision(4))}`
  return `${percent(other.value / winner.value - 1)} worse`
}

function percent(share: number): string {
  if (share < 0.00005) return '< 0.01 %'
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`
}
