import { type Host, openHost } from '../api/host.ts'
import { rememberTimes } from '../api/learnt-times.ts'
import { answerRequest } from '../api/requests.ts'
import { submitJob } from '../api/submit.ts'
import { DONE, FAILED } from '../core/items.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { Interrupted } from './exit.ts'
import { plural } from '../std/units.ts'
import { tell } from './print.ts'
import { stopSignals } from './stop-signals.ts'

/**
 * Runs the first items of a job for real, so that its times are known. They count: `dray run` goes on
 * after them. Running tasks may end, so that a few more than asked for may be done.
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
    const { run, plan } = await submitJob(host, job)
    if (plan.kind !== 'nothing') await runSome(host, run, items)
    return probed(host, run)
  } finally {
    await host.close()
  }
}

/** What has ended of the first stage, by now. */
export type Probed = { readonly run: string; readonly ended: number; readonly failed: number }

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

function probed(host: Host, run: string): Probed {
  const first = host.runNamed(run)?.stages[0]
  const counts = first === undefined ? undefined : host.state.stages[first].items.counts
  const failed = counts?.[FAILED] ?? 0
  return { run, ended: (counts?.[DONE] ?? 0) + failed, failed }
}

function enoughDone(host: Host, run: string, items: number): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (probed(host, run).ended >= items) resolve()
    }
    host.listen({ onStep: check })
    check()
  })
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
