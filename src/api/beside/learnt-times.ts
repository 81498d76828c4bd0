import { limits } from '../../core/limits.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { storedName } from '../../driver/stored-name.ts'
import { encodeEstimate, faded } from '../../policy/estimation/least-squares.ts'
import type { RunRecord, Store } from '../../port/store.ts'
import type { Host } from '../host.ts'
import { hindsightBefore } from './hindsight.ts'

/** What was learnt of times is kept for the next run of the same job. */
export function rememberTimes(state: State, store: Store, run: Run): void {
  const { job, name } = run.definition
  const prints = store.run(name)?.stageFingerprints
  for (const number of run.stages) {
    const stage = state.stages[number]
    // If the run ran nothing of a stage, what was known before stays, with the note of what it was learnt from.
    if (stage.pooled.n === 0 || stage.firstStart === 0) continue
    const times: LearntTimes = {
      ...timesOf(state, stage),
      handover: encodeEstimate(stage.handover),
      ...(stage.setup.n > 0 && { loading: stage.setup.waited / stage.setup.n }),
      fingerprint: prints?.[stage.definition.name],
    }
    store.put(estimatesDocument(job, storedName(state, stage)), JSON.stringify(times))
  }
}

function timesOf(state: State, stage: Stage): Times {
  const machines = Object.fromEntries(
    stage.estimates.flatMap((estimate, at) =>
      estimate === undefined ? [] : [[state.machines[at].definition.id, encodeEstimate(estimate)]],
    ),
  )
  return { pooled: encodeEstimate(stage.pooled), machines }
}

const estimatesDocument = (job: string, stage: string): string => `estimates:${job}:${stage}`

/** Encoded estimates of one stage, over all machines and by machine. */
type Times = {
  readonly pooled: readonly number[]
  readonly machines: Readonly<Record<string, readonly number[]>>
}

/** Includes the time between items. */
type LearntTimes = Times & {
  /** Absent where an older version learnt them. */
  readonly handover?: readonly number[]
  /** Mean micros from when a slot was first sent an item until it began with it. */
  readonly loading?: number
  /** Of the stage as it was then, as `RunRecord` has it. Absent where an older version learnt them. */
  readonly fingerprint?: string
}

/** `changed`: the stage has changed since, and its times are worth `limits.doubted` observations. */
type TimesBefore = LearntTimes & { readonly changed: boolean }

export function learntTimes(
  store: Pick<Store, 'get'>,
  of: { readonly job: string; readonly stage: string },
  prints: RunRecord['stageFingerprints'],
): TimesBefore | undefined {
  const text = store.get(estimatesDocument(of.job, of.stage))
  if (text === undefined) return undefined
  const times = JSON.parse(text) as LearntTimes
  const changed = times.fingerprint !== undefined && times.fingerprint !== prints[of.stage]
  return { ...times, ...(changed && doubted(times)), changed }
}

function doubted({ pooled, machines }: Times): Times {
  const own = Object.entries(machines).map(
    ([id, learnt]) => [id, faded(learnt, limits.doubted)] as const,
  )
  return { pooled: faded(pooled, limits.doubted), machines: Object.fromEntries(own) }
}

/** Times earlier runs of the job learnt, for its stages on the machines that are here, and how their forecasts came out. */
export function recallTimes(
  host: Host,
  name: string,
  prints: RunRecord['stageFingerprints'],
): void {
  const run = host.runNamed(name)
  if (run === undefined) return
  const { job } = run.definition
  for (const number of run.stages) {
    const stage = host.state.stages[number]
    const times = learntTimes(host.store, { job, stage: stage.definition.name }, prints)
    if (times !== undefined) recall(host, stage, times)
  }
  const hindsight = hindsightBefore(host.store, job, prints)
  if (hindsight.length > 0) host.loop.send({ kind: 'hindsight', run: run.number, hindsight })
}

/** What a run has learnt of stages that are made from something else now than when it learnt that. */
export async function doubtTimes(
  host: Host,
  run: Run,
  then: RunRecord['stageFingerprints'],
  now: RunRecord['stageFingerprints'],
): Promise<void> {
  const changed = run.stages
    .map(number => host.state.stages[number])
    .filter(({ definition: { name }, pooled }) => pooled.n > 0 && then[name] !== now[name])
  if (changed.length === 0) return
  const durable = host.nextStep()
  for (const stage of changed) recall(host, stage, doubted(timesOf(host.state, stage)))
  host.loop.send({ kind: 'hindsight', run: run.number, hindsight: [] })
  await durable
}

function recall({ loop, state }: Host, stage: Stage, { pooled, machines }: Times): void {
  const send = (machine: number, learnt: readonly number[]): void =>
    loop.send({
      kind: 'learnt',
      stage: stage.number,
      machine,
      estimate: faded(learnt, limits.recalled),
    })
  send(-1, pooled)
  for (const { definition, number } of state.machines) {
    const estimate = machines[definition.id]
    if (estimate !== undefined) send(number, estimate)
  }
}
