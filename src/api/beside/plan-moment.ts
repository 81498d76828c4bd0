import { openMachines } from '../../core/given-up.ts'
import { limits } from '../../core/limits.ts'
import type { Decision } from '../../core/event.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { expectedMicros } from '../../core/times.ts'
import { plural } from '../../std/units.ts'
import type { Host } from '../host.ts'
import { nowOf } from '../now.ts'

/** What a plan beside a running job depends on: it is made again when any of it differs. */
export type Moment = {
  /** Numbers of the machines that are here and not given up for the stage. */
  readonly machines: readonly number[]
  /** How often the time expected of an item has doubled while it ran, where it has, by index. */
  readonly late: ReadonlyMap<number, number>
  /** Quarters of the stage that have ended. */
  readonly quarter: number
  readonly setbacks: Setbacks
}

/** Items that failed, or whose slot ended under them, so far; the last of them in words. */
export type Setbacks = { readonly count: number; readonly last: string }

export const noSetbacks: Setbacks = { count: 0, last: '' }

/** Counts the failures of one instant together. */
export function setbacksWith(
  before: ReadonlyMap<number, Setbacks>,
  decisions: readonly Decision[],
): ReadonlyMap<number, Setbacks> {
  let after: Map<number, Setbacks> | undefined
  for (const decision of decisions) {
    if (decision.kind !== 'retry' && decision.kind !== 'fail') continue
    after ??= new Map(before)
    const { stage, index, failure } = decision
    const count = (after.get(stage)?.count ?? 0) + 1
    const what = decision.kind === 'retry' ? 'goes again after' : 'ended with'
    after.set(stage, { count, last: `item ${index} ${what} ${failure?.kind ?? 'a failure'}` })
  }
  return after ?? before
}

/** `undefined` before there is anything to plan. */
export function momentOf(host: Host, stage: Stage, setbacks: Setbacks): Moment | undefined {
  const { state } = host
  if (!stage.complete || stage.known < 2) return undefined
  const open = openMachines(state, stage)
  const known = open.every(machine => (stage.estimates[machine.number]?.n ?? 0) >= limits.samples)
  if (open.length === 0 || !known) return undefined
  const ended = stage.known - stage.pool.size - stage.open
  return {
    machines: open.map(({ number }) => number),
    late: late(state, stage),
    quarter: Math.floor((4 * ended) / stage.known),
    setbacks,
  }
}

/**
 * All that is new, in words, or undefined where nothing is. `patient`: it has only just planned, and
 * where items fail by the dozen each is not worth a plan of its own.
 */
export function newSince(now: Moment, before: Moment, patient: boolean): string | undefined {
  const news: string[] = []
  if (now.machines.join() !== before.machines.join()) {
    news.push(`machines came or left: ${plural(now.machines.length, 'machine')} now`)
  }
  const later = [...now.late].find(([index, doublings]) => before.late.get(index) !== doublings)
  if (later !== undefined) {
    news.push(`item ${later[0]} takes over ${2 ** later[1]} times what was expected`)
  } else if (now.late.size !== before.late.size) {
    news.push('what took longer than expected has ended')
  }
  if (now.quarter !== before.quarter) news.push('another quarter of the items has ended')
  const fresh = now.setbacks.count - before.setbacks.count
  if (fresh > 0 && !(patient && news.length === 0)) {
    const { last } = now.setbacks
    news.unshift(fresh === 1 ? last : `${fresh} items failed: the last, ${last}`)
  }
  return news.length === 0 ? undefined : news.join('; ')
}

/**
 * Items that run twice, four times, ... as long as was expected of them: what waits behind them is to
 * go elsewhere, the more so the longer they take.
 */
function late(state: State, stage: Stage): Map<number, number> {
  const { first, size, count } = state.tasks
  const now = nowOf(state)
  const found = new Map<number, number>()
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      const [head] = slot.running
      if (slot.stage !== stage.number || head === undefined || slot.loading) continue
      const expected = expectedMicros(stage, machine, first[head], size[head], count[head])
      const doublings = Math.floor(Math.log2((now - slot.headSince) / Math.max(1, expected)))
      if (doublings > 0) found.set(first[head], doublings)
    }
  }
  return found
}
