import { crewOf, speedOf } from '../../api/crew.ts'
import type { Host } from '../../api/host.ts'
import type { Summary } from '../../api/summary.ts'
import type { Store } from '../../port/store.ts'

/** A share of the time between the lower bound and the makespan. */
type Part = { readonly name: string; readonly seconds: number }

/**
 * Where the time beyond the lower bound went. Slots times makespan is what there was; handlers had their
 * part. Of the rest, starting slots and loading models is measured: how long their first tasks waited, of which a
 * setup that loads a model is told apart. The tail is what slots stood idle after their last task; while nothing ran
 * the run was interrupted, waited to try again or for what may not start yet, or its slots were started. What
 * remains is handing tasks over and waiting for earlier stages.
 */
export function whereItWent(summary: Summary, host: WhereHost): Part[] {
  const run = host.runNamed(summary.run)
  if (run === undefined) return []
  const stages = run.stages.map(number => host.state.stages[number])
  const { machines } = host.state
  const crew = crewOf(host.state, run)
  const speeds = new Map(crew.map(({ machine, speed }) => [machines[machine].definition.id, speed]))
  const speed = speedOf(host.state, run)
  if (speed === 0) return []
  let left = Math.max(0, summary.makespan - summary.lowerBound)
  const take = (seconds: number): number => {
    const taken = Math.min(left, Math.max(0, seconds))
    left -= taken
    return taken
  }
  const setUps = stages.map(({ setup, definition: { loads } }) => {
    const loading = loads === undefined ? 0 : setup.micros
    return { loading, starting: Math.max(0, setup.waited - loading) }
  })
  const slotTime = (micros: readonly number[]): number =>
    micros.reduce((sum, one) => sum + one, 0) / 1e6 / speed
  const { tail, afterFailures, otherwise } = idleOf(host.store, summary.run, speeds, speed)
  const models = take(slotTime(setUps.map(({ loading }) => loading)))
  const starting = take(slotTime(setUps.map(({ starting }) => starting)))
  const idle = take(tail)
  // Slots that load run nothing either, and nothing runs while a run rests.
  const told = run.rested / 1e6 + models + starting
  return [
    { name: 'model loads', seconds: models },
    { name: 'starting slots', seconds: starting },
    { name: 'tail', seconds: idle },
    {
      name: 'failed attempts and backing off',
      seconds: take(afterFailures - Math.max(0, told - otherwise)),
    },
    { name: 'nothing running', seconds: take(otherwise - told) },
    { name: 'dispatch and waiting', seconds: left },
  ]
}

type WhereHost = Pick<Host, 'runNamed' | 'state'> & { readonly store: Pick<Store, 'history'> }

/**
 * Slot time after each slot's last task, and the time in which nothing ran between the first start and
 * the last end, beside an attempt that failed and else; in seconds of all slots together.
 */
function idleOf(
  store: WhereHost['store'],
  run: string,
  speeds: ReadonlyMap<string, number>,
  speed: number,
): { readonly tail: number } & Gaps {
  const spans: Span[] = []
  const failed = new Set<string>()
  const lastEnd = new Map<string, { readonly machine: string; end: number }>()
  let end = 0
  for (const batch of store.history(run)) {
    for (let at = 0; at < batch.ends.length; at += 1) {
      const machine = batch.machines[at]
      const key = `${machine} ${batch.slots[at]}`
      const seen = lastEnd.get(key)
      if (seen === undefined) lastEnd.set(key, { machine, end: batch.ends[at] })
      else seen.end = Math.max(seen.end, batch.ends[at])
      end = Math.max(end, batch.ends[at])
      const item = `${batch.indexes[at]} ${batch.stage}`
      const again = failed.size > 0 && failed.has(item) ? AGAIN : 0
      const outcome = batch.outcomes[at]
      if (outcome !== 'done') failed.add(item)
      spans.push([batch.starts[at], batch.ends[at], again | (endings.has(outcome) ? ENDED : 0)])
    }
  }
  let idle = 0
  for (const slot of lastEnd.values()) idle += (end - slot.end) * (speeds.get(slot.machine) ?? 0)
  return { tail: idle / 1e6 / speed, ...gapsIn(spans) }
}

/** Marks: of an item that had failed before; an attempt that was ended, which takes its slot with it. */
type Span = readonly [start: number, end: number, marks: number]
const [AGAIN, ENDED] = [1, 2]
const endings: ReadonlySet<string> = new Set(['timeout', 'crash', 'out-of-memory', 'lost'])

type Gaps = { readonly afterFailures: number; readonly otherwise: number }

/** Seconds: slots that all stand still for less hand over their answers; none starts or rests so briefly. */
const NO_HANDOVER = 0.02

/** Seconds that no span covers between the first start and the last end. */
function gapsIn(spans: Span[]): Gaps {
  spans.sort(([a], [b]) => a - b)
  let [afterFailures, otherwise] = [0, 0]
  let [reached, before] = [spans[0]?.[0] ?? 0, 0]
  for (const [start, end, marks] of spans) {
    const gap = Math.max(0, start - reached) / 1e6
    if ((marks & AGAIN) + (before & ENDED) > 0) afterFailures += gap
    else if (gap >= NO_HANDOVER) otherwise += gap
    if (end >= reached) [reached, before] = [end, marks]
  }
  return { afterFailures, otherwise }
}
