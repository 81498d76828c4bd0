import { limits } from '../core/limits.ts'
import type { Stage, State } from '../core/state.ts'
import { expectedMicros } from '../core/times.ts'
import { plural } from '../std/units.ts'
import type { Host } from './host.ts'
import { nowOf } from './now.ts'

/** What a plan beside a running job depends on: it is made again when any of it differs. */
export type Moment = {
  /** Numbers of the machines that are here. */
  readonly machines: readonly number[]
  /** How often the time expected of an item has doubled while it ran, where it has, by index. */
  readonly late: ReadonlyMap<number, number>
  /** Quarters of the stage that have ended. */
  readonly quarter: number
}

/** Undefined before there is anything to plan on. */
export function momentOf(host: Host, stage: Stage): Moment | undefined {
  const { state } = host
  if (!stage.complete || stage.known < 2) return undefined
  const alive = state.machines.filter(machine => machine.alive)
  const known = alive.every(machine => (stage.estimates[machine.number]?.n ?? 0) >= limits.samples)
  if (alive.length === 0 || !known) return undefined
  const ended = stage.known - stage.pool.size - stage.open
  return {
    machines: alive.map(({ number }) => number),
    late: late(state, stage),
    quarter: Math.floor((4 * ended) / stage.known),
  }
}

/** In words, or undefined where nothing is new. */
export function newSince(now: Moment, before: Moment | undefined): string | undefined {
  if (before === undefined) return 'every machine has five samples'
  if (now.machines.join() !== before.machines.join()) {
    return `machines came or left: ${plural(now.machines.length, 'machine')} now`
  }
  for (const [index, doublings] of now.late) {
    if (before.late.get(index) === doublings) continue
    return `item ${index} takes over ${2 ** doublings} times what was expected`
  }
  if (now.late.size !== before.late.size) return 'what took longer than expected has ended'
  return now.quarter === before.quarter ? undefined : 'another quarter of the items has ended'
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
