import { JournalError } from '../../port/journal-error.ts'
import { checksumOf } from './checksum.ts'
import type { Database } from './database.ts'

/** Short numbers for (run, stage), so that rows do not repeat the names. */
export type Stages = {
  /** The number of a stage, given out on first use; call it within a transaction. */
  numberOf(run: string, stage: string): number
  find(run: string, stage: string): number | undefined
  of(run: string): readonly number[]
  name(number: number): { readonly run: string; readonly stage: string }
  /** Checksums of a stage's rows start here: a row under the wrong stage is refused. */
  seed(number: number): number
  forget(run: string): void
}

type Named = { readonly run: string; readonly stage: string; readonly seed: number }

export function openStages(db: Database): Stages {
  const insert = db.prepare('INSERT INTO stage (run, stage, checksum) VALUES (?, ?, ?)')
  const numbers = new Map<string, Map<string, number>>()
  const names = new Map<number, Named>()
  const remember = (number: number, run: string, stage: string, seed: number) => {
    names.set(number, { run, stage, seed })
    const stages = numbers.get(run) ?? new Map<string, number>()
    numbers.set(run, stages.set(stage, number))
  }
  for (const row of db.prepare('SELECT id, run, stage, checksum FROM stage').all()) {
    const [number, run, stage, seed] = row as [number, string, string, number]
    if (checksumOf(0, run, stage) !== seed) throw damaged(db.path, number)
    remember(number, run, stage, seed)
  }
  const create = (run: string, stage: string) => {
    const seed = checksumOf(0, run, stage)
    const number = Number(insert.run(run, stage, seed).lastInsertRowid)
    remember(number, run, stage, seed)
    return number
  }
  return {
    numberOf: (run, stage) => numbers.get(run)?.get(stage) ?? create(run, stage),
    find: (run, stage) => numbers.get(run)?.get(stage),
    of: run => [...(numbers.get(run)?.values() ?? [])],
    name: number => names.get(number)!,
    seed: number => names.get(number)!.seed,
    forget: run => {
      for (const number of numbers.get(run)?.values() ?? []) names.delete(number)
      numbers.delete(run)
    },
  }
}

function damaged(path: string, number: number): JournalError {
  return new JournalError('corrupt', {
    where: `stage row ${number} of ${path}`,
    what: 'its checksum does not match its names',
    expected: 'the row as it was written',
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}
