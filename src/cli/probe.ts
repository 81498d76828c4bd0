import { type Host, openHost } from '../api/host.ts'
import { estimatesDocument } from '../api/learnt-times.ts'
import { answerRequest } from '../api/requests.ts'
import { submitJob } from '../api/submit.ts'
import { DONE, FAILED } from '../core/items.ts'
import { storedName } from '../driver/payloads.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { encodeEstimate } from '../policy/estimation/least-squares.ts'

/**
 * Runs the first items of a job for real, so that its times are known. They count: `dray run` goes on
 * after them. Running tasks may end, so that a few more than asked for may be done.
 */
export async function probe(
  job: Job,
  machines: readonly MachineDefinition[],
  dir: string,
  items: number,
): Promise<void> {
  const host = await openHost({ dir, machines, onRequest: answerRequest })
  try {
    const { run, plan } = await submitJob(host, job)
    if (plan.kind === 'nothing') return
    await Promise.race([host.ended(run), enoughDone(host, run, items)])
    host.loop.send({ kind: 'drain' })
    await quiet(host)
    keepTimes(host, run)
  } finally {
    await host.close()
  }
}

function enoughDone(host: Host, run: string, items: number): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      const stages = host.runNamed(run)?.stages.map(number => host.state.stages[number]) ?? []
      const [first] = stages
      if (first === undefined) return
      if (first.items.counts[DONE] + first.items.counts[FAILED] >= items) resolve()
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

/** As at the end of a run: what was learnt serves the plan, and the run that goes on. */
function keepTimes(host: Host, name: string): void {
  const run = host.runNamed(name)
  for (const number of run?.stages ?? []) {
    const stage = host.state.stages[number]
    if (run === undefined || stage.pooled.n === 0) continue
    const machines: Record<string, number[]> = {}
    stage.estimates.forEach((estimate, at) => {
      if (estimate) machines[host.state.machines[at].definition.id] = encodeEstimate(estimate)
    })
    const text = JSON.stringify({
      pooled: encodeEstimate(stage.pooled),
      machines,
      setup: stage.setup,
    })
    host.store.put(estimatesDocument(run.definition.job, storedName(host.state, stage)), text)
  }
}
