import { readDirectory } from '../../adapter/sqlite/directory.ts'
import { jobOf } from '../../api/recorded-job.ts'
import { crewOf } from '../../api/crew.ts'
import { type Replay, replayProblem } from '../../choose/replay-problem.ts'
import type { State } from '../../core/state.ts'
import { restore } from '../../driver/restore.ts'
import { InputError } from '../../model/input-error.ts'
import type { Job } from '../../model/job.ts'
import type { Wish } from '../../model/wish.ts'
import type { Store } from '../../port/store.ts'
import { ask } from '../ask.ts'
import { itemsOfInput } from './items-of-input.ts'

/** A finished or running run of a directory, as a problem to schedule again. */
export async function recordedRun(dir: string, name: string): Promise<Replay> {
  const { run, state, makespan, items, givenUp = [] } = await ask(dir, { op: 'status', run: name })
  const { journal, store, close } = readDirectory(dir)
  try {
    const record = store.run(run)
    if (record === undefined) throw new InputError(`--run ${name}: no such run in ${dir}`)
    const history = [...store.history(run)]
    const there = machinesOf(restore(journal), run)
    const machines = there.map(({ definition }) => definition)
    const departed = machines
      .map(({ id }) => id)
      .filter((id, at) => there[at].gone || givenUp.some(({ machine }) => machine === id))
    if (history.length === 0) throw new InputError(`--run ${name}: nothing of it has run yet`)
    const job = jobOf(record)
    const wishes = await recordedWishes(job, { run, store, since: record.createdAt })
    const leftOut = items.failed + items.skipped + items.cancelled
    return replayProblem({
      ...{ name: run, job, machines, departed, history, leftOut },
      seconds: makespan,
      isAtWork: !['done', 'failed', 'cancelled'].includes(state),
      ...(wishes && { wishes }),
    })
  } finally {
    close()
  }
}

/** All that the run had, used or not, as they were then: its directory may have been carved anew since. */
function machinesOf(state: State, name: string) {
  const run = state.runs.find(({ definition }) => definition.name === name)
  const crew = run === undefined ? [] : crewOf(state, run)
  return crew.map(({ machine, slots, speed, gone = false }) => ({
    definition: { ...state.machines[machine].definition, slots, speed },
    gone,
  }))
}

/** Due dates and weights of items stand in the input: it is read again, where the job looks at them. */
async function recordedWishes(
  job: Job,
  { since, ...recorded }: { readonly run: string; readonly store: Store; readonly since: number },
): Promise<ReadonlyMap<number, Wish> | undefined> {
  if (job.wishes === undefined && job.input.kind !== 'open') return undefined
  return (await itemsOfInput(job, { since, recorded })).wishes
}
