import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { HistoryBatch } from '../../port/journal.ts'
import { formatBytes, formatDuration } from '../../std/units.ts'
import { olderCodeOf } from '../again/older-code.ts'
import { jobOf } from '../recorded-job.ts'
import { answersOf, type View } from '../view.ts'

/** Where a finished item ran, at which attempt, and why there: from the history, and the rule that placed it. */
export function placeOf(
  view: View,
  run: Run,
  stage: Stage,
  index: number,
): { readonly reason: string; readonly attempts: number } {
  const name = answersOf(view, stage)
  let attempts = 0
  let last = ''
  for (const batch of view.store.history(run.definition.name)) {
    if (batch.stage !== name) continue
    for (let at = 0; at < batch.indexes.length; at += 1) {
      const first = batch.indexes[at]
      if (index < first || index >= first + batch.counts[at]) continue
      attempts += 1
      last = `ran on ${batch.machines[at]}, slot ${batch.slots[at]}, in ${useOf(batch, at)}`
    }
  }
  if (last === '') return { reason: keptFrom(view, run, stage), attempts }
  const tries = attempts > 1 ? `, attempt ${attempts}` : ''
  return { reason: `${last}${tries}; ${ruleOf(view, run, stage, index)}`, attempts }
}

/** The run it was kept from may have kept it from one before. */
function keptFrom({ store }: View, run: Run, stage: Stage): string {
  const { name } = run.definition
  const isOlder = olderCodeOf(store, name).includes(stage.definition.name)
  const from = store.run(name)?.previous ?? 'an earlier run'
  return isOlder
    ? `kept from ${from} though older code may have made it: its item has not changed`
    : `kept from ${from}: neither item nor code changed`
}

/** An item's share of what was recorded for its piece; memory is what its process held. */
function useOf({ starts, ends, counts, cpuMicros, peakBytes }: HistoryBatch, at: number): string {
  const took = formatDuration((ends[at] - starts[at]) / counts[at])
  const busy = formatDuration(cpuMicros[at] / counts[at])
  return `${took} (${busy} of processor time, ${formatBytes(peakBytes[at])} of memory)`
}

/** By which rule it was placed: the plan that names it, else the run's strategy. */
export function ruleOf(view: View, run: Run, stage: Stage, index: number): string {
  const order = `order ${orderOf(view, run, stage)}`
  if (run.allocation.name !== 'planned') return `placed by ${run.allocation.name}, ${order}`
  if (stage.plan?.machine.has(index)) return `placed by the ${stage.plan.strategy} plan`
  return `placed by mct, as no plan named it, ${order}`
}

/** The order `priority` is what runs have that name none: without priorities first come, first served. */
export function orderOf({ store }: View, run: Run, { wishes }: Stage): string {
  const { name } = run.order
  if (name !== 'priority' || run.definition.priority !== 0 || wishes.size > 0) return name
  const record = store.run(run.definition.name)
  return record !== undefined && jobOf(record).order === name ? name : 'fifo'
}
