import { readDirectory } from '../adapter/sqlite/directory.ts'
import { jobOf } from '../api/recorded-job.ts'
import { type Replay, replayProblem } from '../choose/replay-problem.ts'
import { restore } from '../driver/restore.ts'
import { InputError } from '../model/input-error.ts'
import { ask } from './ask.ts'

/** A finished or running run of a directory, as a problem to schedule again. */
export async function recordedRun(dir: string, name: string): Promise<Replay> {
  const { run } = await ask(dir, { op: 'status', run: name })
  const { journal, store, close } = readDirectory(dir)
  try {
    const record = store.run(run)
    if (record === undefined) throw new InputError(`--run ${name}: no such run in ${dir}`)
    const history = [...store.history(run)]
    const used = new Set(history.flatMap(batch => batch.machines))
    const machines = restore(journal)
      .machines.map(({ definition }) => definition)
      .filter(({ id }) => used.has(id))
    if (machines.length === 0) throw new InputError(`--run ${name}: nothing of it has run yet`)
    return replayProblem({ name: run, job: jobOf(record), machines, history })
  } finally {
    close()
  }
}
