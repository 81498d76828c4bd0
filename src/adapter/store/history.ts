import type { HistoryBatch } from '../../port/journal.ts'
import { JournalError } from '../../port/journal-error.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import { packNumbers, unpackNumbers } from '../sqlite/columns.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/**
 * What ran where and when, a row per batch: machines and outcomes are few, so a row names each once and
 * refers to it by number; every column then packs to a byte or two per attempt.
 */
export function historyWriter(db: Database, stages: Stages): (batch: HistoryBatch) => void {
  const insert = db.prepare(
    'INSERT INTO history (stage, checksum, names, body) VALUES (?, ?, ?, ?)',
  )
  return batch => {
    if (batch.attempts.length === 0) return
    const stage = stages.numberOf(batch.run, batch.stage)
    const machines = dictionary(batch.machines)
    const outcomes = dictionary(batch.outcomes)
    const count = batch.attempts.length
    const names = JSON.stringify({ count, machines: machines.names, outcomes: outcomes.names })
    const body = packNumbers([
      ...[batch.attempts, batch.indexes, batch.counts, batch.slots, batch.starts],
      // Durations are short where ends are long.
      batch.ends.map((end, i) => end - batch.starts[i]),
      ...[batch.cpuMicros, batch.peakBytes, batch.sizes, machines.codes, outcomes.codes],
    ])
    insert.get(stage, checksumOf(stages.seed(stage), names, body), names, body)
  }
}

export function historyReader(
  db: Database,
  stages: Stages,
): (run: string) => IterableIterator<HistoryBatch> {
  const ends = db.prepare(
    `SELECT min(id), max(id) FROM history WHERE stage IN (SELECT id FROM stage WHERE run = ?)`,
  )
  // By id between the run's ends (`+` keeps SQLite from sorting anew per page).
  const page = db.prepare(
    `SELECT id, stage, checksum, names, body FROM history WHERE id BETWEEN ? AND ?
     AND +stage IN (SELECT id FROM stage WHERE run = ?) ORDER BY id LIMIT ${pageRows}`,
  )
  return function* (run) {
    const read = <T>(work: () => T) => db.guard('reading the history', work)
    const [first, last] = read(() => ends.get(run)) as [number | null, number]
    for (let from = first; from !== null; ) {
      const start = from
      const rows = read(() => page.all(start, last, run)) as HistoryRow[]
      for (const row of rows) yield unpack(db, stages, row)
      from = rows.length < pageRows ? null : rows[rows.length - 1][0] + 1
    }
  }
}

const pageRows = 64

type HistoryRow = [id: number, stage: number, checksum: number, names: string, body: Uint8Array]

function unpack(db: Database, stages: Stages, row: HistoryRow): HistoryBatch {
  const [id, stage, checksum, text, body] = row
  if (checksumOf(stages.seed(stage), text, body) !== checksum) throw damaged(db, id)
  const names = JSON.parse(text) as { count: number; machines: string[]; outcomes: string[] }
  const columns = unpackNumbers(body, 11, names.count)
  const [attempts, indexes, counts, slots, starts, durations, cpuMicros, peakBytes, sizes] = columns
  const { run, stage: name } = stages.name(stage)
  const ends = durations.map((duration, i) => starts[i] + duration)
  const machines = columns[9].map(code => names.machines[code])
  const outcomes = columns[10].map(code => names.outcomes[code])
  return {
    ...{ run, stage: name, attempts, indexes, counts, machines, slots, starts, ends },
    ...{ cpuMicros, peakBytes, sizes, outcomes },
  }
}

function dictionary(column: readonly string[]): { names: string[]; codes: number[] } {
  const numbers = new Map<string, number>()
  let previous: string | undefined
  let code = 0
  const codes = column.map(name => {
    if (name === previous) return code
    code = numbers.get(name) ?? numbers.size
    numbers.set(name, code)
    previous = name
    return code
  })
  return { names: [...numbers.keys()], codes }
}

function damaged(db: Database, id: number): JournalError {
  return new JournalError('corrupt', {
    where: `history row ${id} of ${db.path}`,
    what: 'its checksum does not match its content',
    expected: 'the row as it was committed',
    remedy:
      'Results are not affected. Remove the run with `dray clean`, or start afresh (--dir, or dir of open).',
  })
}
