import { FAILED, SKIPPED, CANCELLED } from '../core/items.ts'
import { isLive } from '../core/run.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { RunRecord, Store } from '../port/store.ts'
import { cancel } from './cancel.ts'
import { codeFingerprints, stageFingerprints } from './again/fingerprints.ts'
import type { Host } from './host.ts'
import { keeperFor } from './again/keep.ts'
import { refuseNeverHere } from './never-here.ts'
import { planBeside } from './beside/plan-beside.ts'
import { jobOf } from './recorded-job.ts'

/**
 * Stops a run: nothing more of it starts, what runs is aborted. Resolves once that is durable. One whose items
 * have all ended, or that stops for a reason of its own, is not turned into a cancelled one.
 */
export async function cancelRun(host: Host, record: RunRecord) {
  const run = host.runNamed(record.name)
  if (run === undefined) throw new InputError(`run ${record.name} never began`)
  if (!isLive(run)) return { run: record.name, state: run.state, cancelled: false }
  if (!host.isAttached(record.name)) host.attach(record.name, jobOf(record))
  await cancel(host, run)
  if (run.problem?.kind !== 'cancelled')
    return { run: record.name, state: run.state, cancelled: false }
  return { run: record.name, state: 'cancelled', cancelled: true }
}

/** Failed, skipped and cancelled items of an ended run become open again, under the job as it was. */
export async function reopenFailed(host: Host, record: RunRecord) {
  const run = host.runNamed(record.name)
  if (run === undefined) throw new InputError(`run ${record.name} never began; run its job again`)
  const job = jobOf(record)
  const code = await codeFingerprints(job)
  const items = run.stages
    .flatMap(number =>
      [FAILED, SKIPPED, CANCELLED].map(code => host.state.stages[number].items.counts[code]),
    )
    .reduce((sum, count) => sum + count, 0)
  // Checked as when the job is run again: on a smaller box it could otherwise wait for ever.
  if (isLive(run) || items > 0 || run.problem !== undefined) refuseNeverHere(job, host.machines)
  if (!isLive(run) || !host.isAttached(record.name)) {
    const keeper = keeperFor(host, job, record.name)
    host.attach(record.name, job, { keeper, code })
  }
  const taken = { ...record, stageFingerprints: printsFrom(host.store, record, job, code) }
  if (isLive(run)) {
    if (run.state === 'paused') {
      host.store.putRun(taken)
      planBeside(host, run, job)
      await host.commit({ kind: 'goOn', run: run.number })
    }
    return { run: record.name, items: 0, live: true }
  }
  // A run that a problem stopped (its input, an output) has no failed item, and is tried again all the same.
  if (items === 0 && run.problem === undefined) return { run: record.name, items, live: false }
  host.store.putRun({ ...taken, state: 'active', endedAt: undefined })
  planBeside(host, run, job)
  await host.commit({ kind: 'retryFailed', run: run.number })
  return { run: record.name, items, live: false, again: true }
}

/** If every item of a stage failed and its code was fixed since, nothing of the stage comes from older code. */
function printsFrom(
  store: Store,
  { name: run, stageFingerprints: before }: RunRecord,
  job: Job,
  code: Readonly<Record<string, string>>,
): RunRecord['stageFingerprints'] {
  const isMade = (name: string): boolean => {
    const { done, stopped } = store.counts(run, name)
    return done + stopped > 0
  }
  const now = stageFingerprints(job, code)
  return Object.fromEntries(
    Object.entries(before).map(([name, print]) => [
      name,
      isMade(name) ? print : (now[name] ?? print),
    ]),
  )
}
