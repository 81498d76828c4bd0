import type { Entry, Journal, ResultBatch, Snapshot, SpoolBatch } from '../../port/journal.ts'
import { JournalError } from '../../port/journal-error.ts'
import { assert } from '../../std/assert.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import type { Database, Statement } from '../sqlite/database.ts'
import type { History } from '../store/history.ts'

/**
 * The journal in SQLite. An append is one transaction: the entry, its results, whatever output was captured
 * meanwhile and the history, but where entries tell it themselves that of many at a time. Each entry's checksum
 * starts from its predecessor's, so `load` refuses a gap, a swap, a repetition or a flipped bit and names the row
 * where the chain breaks.
 */
export function openJournal(db: Database, parts: AppendParts): Journal {
  const statements = prepare(db)
  let last = lastLink(db)
  let bytes = Number(db.prepare('SELECT coalesce(sum(length(body)), 0) FROM entry').get()[0])
  let snapshotBytes = Number(db.prepare('SELECT length(body) FROM snapshot').get()?.[0] ?? 0)
  let failure: unknown
  // After a failed commit nobody knows what the disk holds, so nothing is written after it.
  const write = (doing: string, work: () => void) => {
    if (failure !== undefined) throw failure
    try {
      db.transaction(doing, work)
    } catch (error) {
      failure = error
      throw error
    }
  }
  return {
    load: () => ({
      ...db.guard('reading the journal', () => load(db)),
      historyTo: parts.history.written(),
    }),
    recall: parts.history.recall,
    append(entry, results, history, spooled = []) {
      const { sequence, term, tellsHistory = false } = entry
      assert(sequence === last.sequence + 1, `entry ${sequence} appended after ${last.sequence}`)
      const body = Buffer.from(entry.body)
      const checksum = checksumOf(last.checksum, `${sequence} ${term}`, body)
      write(`appending entry ${sequence}`, () => {
        statements.entry.get(sequence, term, checksum, body)
        parts.write(results, spooled)
        parts.history.append({ batches: history, sequence, isTold: tellsHistory })
      })
      parts.committed()
      parts.history.committed()
      last = { sequence, checksum }
      bytes += body.length
    },
    snapshot(snapshot) {
      const { sequence, term } = snapshot
      // The entries that tell it go.
      parts.history.flush()
      const chain = sequence === last.sequence ? last.checksum : linkAt(db, sequence)
      const body = Buffer.from(snapshot.body)
      const checksum = checksumOf(chain, `snapshot ${sequence} ${term}`, body)
      write(`committing the snapshot at entry ${sequence}`, () => {
        statements.dropSnapshot.run()
        statements.snapshot.run(sequence, term, chain, checksum, body)
        statements.dropEntries.run(sequence)
      })
      bytes = Number(statements.bytes.get()[0])
      snapshotBytes = body.length
    },
    bytesSinceSnapshot: () => bytes,
    snapshotBytes: () => snapshotBytes,
    close: () => {},
  }
}

/** What else belongs to an append's transaction. */
type AppendParts = {
  write(results: readonly ResultBatch[], spooled: readonly SpoolBatch[]): void
  committed(): void
  readonly history: History
}

type Link = { readonly sequence: number; readonly checksum: number }

function prepare(db: Database): Readonly<Record<Name, Statement>> {
  return {
    entry: db.prepare('INSERT INTO entry (sequence, term, checksum, body) VALUES (?, ?, ?, ?)'),
    snapshot: db.prepare(
      'INSERT INTO snapshot (sequence, term, chain, checksum, body) VALUES (?, ?, ?, ?, ?)',
    ),
    dropSnapshot: db.prepare('DELETE FROM snapshot'),
    dropEntries: db.prepare('DELETE FROM entry WHERE sequence <= ?'),
    bytes: db.prepare('SELECT coalesce(sum(length(body)), 0) FROM entry'),
  }
}
type Name = 'entry' | 'snapshot' | 'dropSnapshot' | 'dropEntries' | 'bytes'

/** The end of the chain: the last entry, else the snapshot, else nothing yet. */
function lastLink(db: Database): Link {
  const row =
    db.prepare('SELECT sequence, checksum FROM entry ORDER BY sequence DESC LIMIT 1').get() ??
    db.prepare('SELECT sequence, chain FROM snapshot ORDER BY sequence DESC LIMIT 1').get()
  const [sequence, checksum] = (row ?? [0, 0]) as [number, number]
  return { sequence, checksum }
}

function linkAt(db: Database, sequence: number): number {
  const row = db.prepare('SELECT checksum FROM entry WHERE sequence = ?').get(sequence)
  assert(row !== undefined, `snapshot at entry ${sequence}, which is not in the journal`)
  return row[0]
}

function load(db: Database): Omit<ReturnType<Journal['load']>, 'historyTo'> {
  const row = db.prepare('SELECT sequence, term, chain, checksum, body FROM snapshot').get()
  if (row === undefined) return { snapshot: undefined, entries: entriesAfter(db, start) }
  const [sequence, term, chain, checksum, bytes] = row as [
    number,
    number,
    number,
    number,
    Uint8Array,
  ]
  if (checksumOf(chain, `snapshot ${sequence} ${term}`, bytes) !== checksum)
    throw broken(db, `snapshot at entry ${sequence}`, 'its checksum does not match its content')
  const snapshot: Snapshot = { sequence, term, body: textOf(bytes) }
  return { snapshot, entries: entriesAfter(db, { sequence, checksum: chain }) }
}

const start: Link = { sequence: 0, checksum: 0 }
const pageRows = 128

/** Pages rather than an open cursor: the caller may append, or stop reading, in between. */
function entriesAfter(db: Database, from: Link): Iterable<Entry> {
  const page = db.prepare(
    `SELECT sequence, term, checksum, body FROM entry WHERE sequence > ?
     ORDER BY sequence LIMIT ${pageRows}`,
  )
  return {
    *[Symbol.iterator]() {
      let last = from
      for (;;) {
        const rows = db.guard('reading the journal', () => page.all(last.sequence)) as EntryRow[]
        for (const row of rows) {
          yield verified(db, last, row)
          last = { sequence: row[0], checksum: row[2] }
        }
        if (rows.length < pageRows) return
      }
    },
  }
}

type EntryRow = [sequence: number, term: number, checksum: number, body: Uint8Array]

function verified(db: Database, last: Link, [sequence, term, checksum, bytes]: EntryRow): Entry {
  const expected = last.sequence + 1
  if (sequence !== expected)
    throw broken(
      db,
      `entry ${expected}`,
      `it is missing: entry ${sequence} follows ${last.sequence}`,
    )
  if (checksumOf(last.checksum, `${sequence} ${term}`, bytes) !== checksum)
    throw broken(db, `entry ${sequence}`, 'its checksum does not match its content')
  return { sequence, term, body: textOf(bytes) }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function broken(db: Database, row: string, what: string): JournalError {
  return new JournalError('corrupt', {
    where: `${row} of ${db.path}`,
    what,
    expected: 'an unbroken chain of the rows that were committed',
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}
