import { setImmediate as turn } from 'node:timers/promises'
import { InputError } from '../model/input-error.ts'
import type { Micros } from '../std/time.ts'
import type { Host } from './host.ts'
import { lineage } from './again/answers-before.ts'
import { nowOf } from './now.ts'
import { findRun, listRuns, stateOfRun, type View } from './view.ts'

/** The names of the runs removed, and how many answers their slots had saved when they were killed. */
export type Cleaned = { readonly removed: readonly string[]; readonly savedAnswers: number }

/** Which runs to remove: one by its own name, or those that ended longer ago than an age in micros. */
export type Cleaning = { readonly run: string } | { readonly olderThan: Micros }

/**
 * Removes runs: results, logs and history; output files stay. Not one at work, nor one whose results a
 * run that has not ended may still keep.
 */
export async function cleanRuns(host: Host, cleaning: Cleaning): Promise<Cleaned> {
  const { store } = host
  const view = { state: host.state, store, payloads: undefined, owned: true }
  // Includes runs whose removal was cut short by a crash: their space is freed too.
  const before = store.removedRuns()
  const removed = chosen(view, cleaning)
  // Synchronous, so that no run can be taken up again in between.
  for (let from = 0; from < removed.length; from += AT_A_TIME)
    store.removeRuns(removed.slice(from, from + AT_A_TIME))
  const names = [...before, ...removed]
  const gone = new Set(names)
  const known = host.state.runs.filter(run => gone.has(run.definition.name))
  if (known.length > 0) {
    const durable = host.nextStep()
    for (const { number } of known) host.loop.send({ kind: 'forget', run: number })
    await durable
  }
  const savedAnswers = host.dropSaved()
  for (const _slice of store.freeRemoved()) {
    await turn()
    // They are removed; their space is freed by the next clean.
    if (host.isClosed()) break
  }
  return { removed: names, savedAnswers }
}

/** Runs removed by one commit: its log stays small. */
const AT_A_TIME = 500

function chosen(view: View, cleaning: Cleaning): string[] {
  if ('olderThan' in cleaning) return olderThan(view, cleaning.olderThan)
  // Already removed; listed because its space is still to be freed.
  return view.store.removedRuns().includes(cleaning.run) ? [] : [removable(view, cleaning.run)]
}

/** A job's name would be too easy a way to lose results: only the run's own will do. */
function removable(view: View, name: string): string {
  const record = findRun(view, name)
  if (record.name !== name)
    throw new InputError(`${name} is a job; its newest run is ${record.name}: name that`)
  if (stateOfRun(view, record) === 'active')
    throw new InputError(`${name} is at work; dray cancel ${name} first`)
  const keeper = heldBy(view).get(name)
  if (keeper !== undefined)
    throw new InputError(`${keeper} goes on from the results of ${name}; expected it to end first`)
  return name
}

const ended: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])

function olderThan(view: View, age: Micros): string[] {
  const before = nowOf(view.state) - age
  const held = heldBy(view)
  return listRuns(view)
    .filter(({ run, state }) => ended.has(state) && !held.has(run))
    .filter(({ endedAt, createdAt }) => (endedAt ?? createdAt) < before)
    .map(({ run }) => run)
}

/** Runs whose results another that has not ended may keep, each with that other. */
function heldBy(view: View): Map<string, string> {
  const held = new Map<string, string>()
  const live = new Set(listRuns(view).flatMap(({ run, state }) => (ended.has(state) ? [] : [run])))
  for (const record of view.store.runs()) {
    if (record.previous === undefined || !live.has(record.name)) continue
    for (const name of lineage(view.store, record.previous)) held.set(name, record.name)
  }
  return held
}
