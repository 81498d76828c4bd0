import { JournalError } from '../../port/journal-error.ts'
import type { SpoolBatch } from '../../port/journal.ts'
import type { SpooledItem, Store } from '../../port/store.ts'
import { assert } from '../../std/assert.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import type { Database } from '../sqlite/database.ts'

/** Items that came by stdin or push, up to a hundred a row, numbered without gaps in the order they came. */
export function openSpool(db: Database): Spool {
  const insert = db.prepare(
    'INSERT INTO spool (run, first, count, checksum, extras, payloads) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const end = db.prepare(
    'SELECT first + count FROM spool WHERE run = ? ORDER BY first DESC LIMIT 1',
  )
  const before = db.prepare('SELECT max(first) FROM spool WHERE run = ? AND first <= ?')
  const next = db.prepare(
    `SELECT id, first, count, checksum, extras, payloads FROM spool
     WHERE run = ? AND first >= ? ORDER BY first LIMIT 1`,
  )
  const nowhere = { run: '', end: -1 }
  /** Where the last batch ended: pushes follow one another, and need not ask. */
  let last = nowhere
  const write = ({ run, first, items }: SpoolBatch) => {
    if (items.length === 0) return
    const expected = last.run === run && last.end === first ? first : (end.get(run)?.[0] ?? 0)
    assert(first === expected, `items of ${run} spooled at ${first} where ${expected} comes next`)
    last = { run, end: first + items.length }
    for (let at = 0, end = 0; at < items.length; at = end) {
      end = endOfRow(items, at)
      const row = items.slice(at, end)
      const { extras, payloads } = pack(row)
      const checksum = checksumOf(0, `${run} ${first + at} ${row.length}`, extras, payloads)
      insert.get(run, first + at, row.length, checksum, extras, payloads)
    }
  }
  return {
    write,
    spool(run, first, items) {
      // A commit of its own may have failed and be tried again; after a failed append nothing is written.
      last = nowhere
      db.transaction('spooling items', () => write({ run, first, items }))
    },
    spooled(run, from, limit, enough = Number.POSITIVE_INFINITY) {
      return db.guard('reading spooled items', () => {
        const items: SpooledItem[] = []
        let length = 0
        let at = before.get(run, from)?.[0] ?? from
        while (items.length < limit && length < enough) {
          const row = next.get(run, at) as SpoolRow | undefined
          if (row === undefined) break
          const [, first, count] = row
          const skip = Math.max(0, from - first)
          for (const item of unpack(db, run, row, skip, skip + limit - items.length)) {
            items.push(item)
            length += item.payload.length
            if (length >= enough) break
          }
          at = first + count
        }
        return items
      })
    },
  }
}

/** Whoever wants one item of a row reads them all: so many at most, and no further one beyond so much text. */
const ROW = 100
const ROW_LENGTH = 16 * 1024

function endOfRow(items: readonly SpooledItem[], from: number): number {
  let end = from
  for (let length = 0; end < items.length && end < from + ROW && length < ROW_LENGTH; end += 1)
    length += items[end].payload.length
  return end
}

type Spool = Pick<Store, 'spool' | 'spooled'> & {
  /** Inserts a batch, within a transaction that is under way. */
  write(batch: SpoolBatch): void
}

type SpoolRow = [
  id: number,
  first: number,
  count: number,
  checksum: number,
  extras: string,
  payloads: Uint8Array,
]

/** Columns that are absent everywhere are left out. */
type Extras = {
  readonly keys: readonly string[]
  readonly priorities?: readonly (number | null)[]
  readonly notBefore?: readonly (number | null)[]
}

function pack(items: readonly SpooledItem[]): { extras: string; payloads: Buffer } {
  const texts = items.map(item => item.payload)
  for (const text of texts) assert(!text.includes('\n'), 'a spooled item is not one line of JSON')
  const extras: Extras = {
    keys: items.map(item => item.key),
    priorities: optional(items.map(item => item.priority ?? null)),
    notBefore: optional(items.map(item => item.notBefore ?? null)),
  }
  return { extras: JSON.stringify(extras), payloads: Buffer.from(texts.join('\n')) }
}

function optional(column: readonly (number | null)[]): readonly (number | null)[] | undefined {
  return column.every(value => value === null) ? undefined : column
}

function unpack(db: Database, run: string, row: SpoolRow, from: number, to: number): SpooledItem[] {
  const [id, first, count, checksum, text, bytes] = row
  if (checksumOf(0, `${run} ${first} ${count}`, text, bytes) !== checksum)
    throw damaged(db, run, id)
  const { keys, priorities, notBefore } = JSON.parse(text) as Extras
  const payloads = linesOf(bytes, from, Math.min(to, count))
  return payloads.map((payload, at) => {
    const i = from + at
    const priority = priorities?.[i] ?? undefined
    const instant = notBefore?.[i] ?? undefined
    return {
      ...{ key: keys[i], payload },
      priority,
      notBefore: instant,
    }
  })
}

/** Lines from one to before another: whoever wants one of a row decodes one. */
function linesOf(bytes: Uint8Array, from: number, to: number): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const lines: string[] = []
  let start = 0
  for (let line = 0; line < to; line += 1) {
    const found = text.indexOf(10, start)
    const end = found < 0 ? text.length : found
    if (line >= from) lines.push(text.toString('utf8', start, end))
    start = end + 1
  }
  return lines
}

function damaged(db: Database, run: string, id: number): JournalError {
  return new JournalError('corrupt', {
    where: `spool row ${id} (${run}) of ${db.path}`,
    what: 'its checksum does not match its content',
    expected: 'the items as they were pushed',
    remedy:
      'Restore the folder from a backup, or push the items again to another one (--dir, or dir of open).',
  })
}
