import { errColours as pc } from '../colour.ts'
import type { Host } from '../../api/host.ts'
import type { Submitted } from '../../api/submit.ts'
import { storedName } from '../../driver/stored-name.ts'
import type { Job } from '../../model/job.ts'
import { countOfItems } from '../../std/units.ts'

/** The first line of a run: its name and what was decided about it. */
export function beginningInWords(host: Host, job: Job, { run, plan }: Submitted): string {
  const head = `${pc.bold(run)}  ${job.name}`
  switch (plan.kind) {
    case 'new':
      return `${head}: begins`
    case 'nothing':
      return `${head}: nothing to do: ${plan.why}`
    case 'goOn':
      return `${head}: goes on: ${doneInWords(host, run)}; ${plan.why}`
    case 'continue':
      return `${head}: continues ${plan.previous}: ${doneInWords(host, plan.previous)}; ${plan.why}`
  }
}

function doneInWords(host: Host, name: string): string {
  const stages = host.runNamed(name)?.stages.map(number => host.state.stages[number]) ?? []
  let [done, known] = [0, 0]
  for (const stage of stages) {
    const counts = host.store.counts(name, storedName(host.state, stage))
    done += counts.done + counts.stopped
    known += stage.known
  }
  const total = Math.max(done, known)
  const isAll = stages.every(({ complete }) => complete)
  return `${countOfItems(done, total, { isAll })} ${total === 1 && isAll ? 'is' : 'are'} done`
}
