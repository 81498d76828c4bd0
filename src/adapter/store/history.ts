import type { HistoryBatch, Journal } from '../../port/journal.ts'
import { JournalError } from '../../port/journal-error.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import { packNumbers, unpackNumbers } from '../sqlite/columns.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/**
 * What ran where and when. What entries tell by themselves waits in memory for the rows of some commits to become
 * one: two of the five pages that an item's answer would write are its history's. Who reads sees it at once, after a
 * crash it is told anew from the entries; a close, a snapshot (which drops them) and a quarter of a second write it.
 */
export function openHistory(db: Database, stages: Stages): History {
  const write = historyWriter(db, stages)
  const read = historyReader(db, stages)
  let late = waiting()
  /** The last entry that is durable; 0: this process has written none, and writes no history either. */
  let last = 0
  /** Of the append under way; of one that failed for good, after which nothing is written. */
  let adding: (Omit<Added, 'isTold'> & { readonly isWritten: boolean }) | undefined
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    if (late.count() === 0 || last === 0 || adding !== undefined) return
    db.transaction('writing the history', () => write(late.batches(), last))
    late = waiting()
  }

  /** Whatever keeps it from being written, an append will have to tell. */
  const flushQuietly = (): void => {
    timer = undefined
    try {
      flush()
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
    }
  }

  return {
    append(added) {
      const { batches, sequence, isTold } = added
      const isWritten = late.isDue() || (!isTold && batches.length > 0)
      adding = { batches, sequence, isWritten }
      if (!isWritten) return
      write(late.batches(), sequence)
      write(batches, sequence)
    },
    committed() {
      if (adding === undefined) return
      const { batches, sequence, isWritten } = adding
      adding = undefined
      last = sequence
      if (isWritten) late = waiting()
      else if (batches.length > 0) {
        late.add(batches)
        timer ??= setTimeout(flushQuietly, 2 * HELD_MS).unref()
      }
    },
    flush,
    rest: () => clearTimeout(timer),
    recall(batches) {
      late = waiting(Number.NEGATIVE_INFINITY)
      late.add(batches)
    },
    written: () => lastTold(db, stages),
    *of(run) {
      // As of now: what is written while somebody reads must not be missed.
      const notYet = late.batches().filter(batch => batch.run === run)
      yield* read(run)
      yield* notYet
    },
  }
}

type Added = {
  readonly batches: readonly HistoryBatch[]
  readonly sequence: number
  readonly isTold: boolean
}

export type History = {
  /** Within a transaction, and followed by `committed` once that is durable. */
  append(added: Added): void
  committed(): void
  /** A commit of its own for what waits. */
  flush(): void
  rest(): void
  recall(batches: readonly HistoryBatch[]): void
  written(): HistoryTo
  of(run: string): IterableIterator<HistoryBatch>
}

type HistoryTo = ReturnType<Journal['load']>['historyTo']

const HELD_MS = 250
/** Batches that wait: each is one of an instant. */
const MOST = 500

/** Batches that wait since the first came, or since `then`; those of a stage are one when they are asked for. */
function waiting(then?: number) {
  const arrived: HistoryBatch[] = []
  let since = 0
  return {
    count: () => arrived.length,
    isDue: () =>
      arrived.length >= MOST || (arrived.length > 0 && performance.now() - since > HELD_MS),
    batches(): readonly HistoryBatch[] {
      const stages = new Map<string, HistoryBatch[]>()
      for (const batch of arrived) {
        const name = `${batch.run}\n${batch.stage}`
        const group = stages.get(name)
        if (group === undefined) stages.set(name, [batch])
        else group.push(batch)
      }
      return [...stages.values()].map(joined)
    },
    add(batches: readonly HistoryBatch[]): void {
      if (arrived.length === 0) since = then ?? performance.now()
      for (const batch of batches) arrived.push(batch)
    },
  }
}

function joined(batches: readonly HistoryBatch[]): HistoryBatch {
  const column = <T>(of: (batch: HistoryBatch) => readonly T[]): T[] => {
    const all: T[] = []
    for (const batch of batches) for (const value of of(batch)) all.push(value)
    return all
  }
  return {
    run: batches[0].run,
    stage: batches[0].stage,
    attempts: column(batch => batch.attempts),
    indexes: column(batch => batch.indexes),
    counts: column(batch => batch.counts),
    machines: column(batch => batch.machines),
    slots: column(batch => batch.slots),
    starts: column(batch => batch.starts),
    ends: column(batch => batch.ends),
    cpuMicros: column(batch => batch.cpuMicros),
    peakBytes: column(batch => batch.peakBytes),
    sizes: column(batch => batch.sizes),
    outcomes: column(batch => batch.outcomes),
  }
}

/** Rows say up to which entry their stage's history is written; those of before tell all there was. */
function lastTold(db: Database, stages: Stages): HistoryTo {
  const last = db.prepare(
    'SELECT checksum, names, body FROM history WHERE stage = ? ORDER BY id DESC LIMIT 1',
  )
  const known = new Map<number, number>()
  const ask = (stage: number): number => {
    const row = last.get(stage) as [number, string, Uint8Array] | undefined
    if (row === undefined) return 0
    const [checksum, names, body] = row
    // The row is damaged: whoever reads the history will be told, so nothing is added here.
    if (checksumOf(stages.seed(stage), names, body) !== checksum) return Number.POSITIVE_INFINITY
    return (JSON.parse(names) as Names).to ?? Number.POSITIVE_INFINITY
  }
  return (run, name) => {
    const stage = stages.find(run, name)
    // Left over from a removed run.
    if (stage === undefined) return Number.POSITIVE_INFINITY
    const to = known.get(stage) ?? db.guard('reading the history', () => ask(stage))
    known.set(stage, to)
    return to
  }
}

type Names = {
  readonly count: number
  readonly machines: readonly string[]
  readonly outcomes: readonly string[]
  readonly to?: number
}

/**
 * A row a batch: machines and outcomes are few, so a row names each once and refers
 * to it by number; every column then packs to a byte or two per attempt.
 */
function historyWriter(
  db: Database,
  stages: Stages,
): (batches: readonly HistoryBatch[], to: number) => void {
  const insert = db.prepare(
    'INSERT INTO history (stage, checksum, names, body) VALUES (?, ?, ?, ?)',
  )
  return (batches, to) => {
    for (const batch of batches) {
      if (batch.attempts.length === 0) continue
      const stage = stages.numberOf(batch.run, batch.stage)
      const machines = dictionary(batch.machines)
      const outcomes = dictionary(batch.outcomes)
      const count = batch.attempts.length
      const told = { count, machines: machines.names, outcomes: outcomes.names, to }
      const names = JSON.stringify(told satisfies Names)
      const body = packNumbers([
        ...[batch.attempts, batch.indexes, batch.counts, batch.slots, batch.starts],
        // Durations are short where ends are long.
        batch.ends.map((end, i) => end - batch.starts[i]),
        ...[batch.cpuMicros, batch.peakBytes, batch.sizes, machines.codes, outcomes.codes],
      ])
      insert.get(stage, checksumOf(stages.seed(stage), names, body), names, body)
    }
  }
}

function historyReader(
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
  const names = JSON.parse(text) as Names
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
