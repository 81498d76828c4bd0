import { type Host, openHost } from '../../api/host.ts'
import { rememberTimes } from '../../api/beside/learnt-times.ts'
import { answerRequest } from '../../api/requests.ts'
import { submitJob } from '../../api/submit.ts'
import { DONE, FAILED } from '../../core/items.ts'
import { InputError } from '../../model/input-error.ts'
import type { Job } from '../../model/job.ts'
import type { MachineDefinition } from '../../model/run.ts'
import { Interrupted } from '../exit.ts'
import { plural } from '../../std/units.ts'
import { tell } from '../print.ts'
import { stopSignals } from '../stop-signals.ts'

/**
 * Runs the first items of a job for real, through every stage that takes them one by one, so that its
 * times are known. They count: `dray run` goes on after them. No more are read than asked for; only a
 * fixed chunk is filled, and a run that had read on before may end a few more.
 */
export async function probe(
  job: Job,
  machines: readonly MachineDefinition[],
  dir: string,
  items: number,
): Promise<Probed> {
  if (job.input.kind === 'stdin' || job.input.kind === 'open') {
    throw new InputError(
      `--probe ${items}: the items of ${job.name} come while it runs\n` +
        '  expected an input that can be read again; --input gives another',
    )
  }
  const host = await openHost({ dir, machines, onRequest: answerRequest })
  try {
    const { run, plan } = await submitJob(host, job, { most: mostOf(job, items) })
    if (plan.kind !== 'nothing') await runSome(host, run, items)
    return { ...probed(host, run), asked: items }
  } finally {
    await host.close()
  }
}

/** Items to read: whole chunks, where those are fixed; all where a stage takes the whole input at once. */
function mostOf({ stages }: Job, items: number): number | undefined {
  const first = stages.filter(({ after }) => after.length === 0)
  if (first.some(({ kind, chunk }) => kind !== 'map' || chunk.kind === 'whole')) return undefined
  const counts = first.map(({ chunk }) =>
    chunk.kind === 'fixed' ? Math.ceil(items / chunk.items) * chunk.items : items,
  )
  return Math.max(...counts)
}

/** What has ended of the first stage, by now. */
type Ended = { readonly run: string; readonly ended: number; readonly failed: number }

export type Probed = Ended & { readonly asked: number }

async function runSome(host: Host, run: string, items: number): Promise<void> {
  const stops = stopSignals(host, run, text => tell(`  ${text}`))
  try {
    const enough = Promise.race([host.ended(run), enoughDone(host, run, items)])
    const outcome = await Promise.race([enough, stops.drained])
    host.loop.send({ kind: 'drain' })
    if (outcome !== 'interrupted') await Promise.race([quiet(host), stops.drained])
    // As at the end of a run: what was learnt serves the plan, and the run that goes on.
    const probing = host.runNamed(run)
    if (probing !== undefined) rememberTimes(host.state, host.store, probing)
    if (outcome === 'interrupted') {
      const { ended } = probed(host, run)
      throw new Interrupted(`the probe was interrupted after ${plural(ended, 'item')} of ${run}`)
    }
  } finally {
    stops.off()
  }
}

function probed(host: Host, run: string): Ended {
  const first = host.runNamed(run)?.stages[0]
  const counts = first === undefined ? undefined : host.state.stages[first].items.counts
  const failed = counts?.[FAILED] ?? 0
  return { run, ended: (counts?.[DONE] ?? 0) + failed, failed }
}

function enoughDone(host: Host, run: string, items: number): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (probed(host, run).ended >= items && !hasMore(host, run)) resolve()
    }
    host.listen({ onStep: check })
    check()
  })
}

/** Items that have come through a stage and not through those that take them one by one after it. */
function hasMore(host: Host, run: string): boolean {
  const stages = host.runNamed(run)?.stages.map(number => host.state.stages[number]) ?? []
  return stages.some(
    ({ definition, openTasks, pool }) =>
      definition.link.kind === 'item' && (openTasks > 0 || pool.size > 0),
  )
}

function quiet(host: Host): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (!host.state.machines.some(machine => machine.alive && machine.running > 0)) resolve()
    }
    host.listen({ onStep: check })
    host.nextStep().then(check, () => resolve())
  })
}
