import { JournalError } from '../../port/journal-error.ts'
import type { RunRecord, Store } from '../../port/store.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import type { Database } from '../sqlite/database.ts'

/** Run records and named documents: small, rewritten whole, durable when the call returns. */
export function openRuns(db: Database): Pick<Store, 'putRun' | 'run' | 'runs' | 'put' | 'get'> {
  const putRun = db.prepare('INSERT OR REPLACE INTO run (name, checksum, body) VALUES (?, ?, ?)')
  const one = db.prepare('SELECT name, checksum, body FROM run WHERE name = ?')
  const all = db.prepare('SELECT name, checksum, body FROM run')
  const put = db.prepare('INSERT OR REPLACE INTO document (name, body) VALUES (?, ?)')
  const get = db.prepare('SELECT body FROM document WHERE name = ?')
  const read = (row: RunRow) => recordOf(db, row)
  return {
    putRun(record) {
      const body = JSON.stringify(record)
      const checksum = checksumOf(0, record.name, body)
      db.transaction(`writing run ${record.name}`, () => putRun.run(record.name, checksum, body))
    },
    run(name) {
      const row = db.guard(`reading run ${name}`, () => one.get(name))
      return row === undefined ? undefined : read(row)
    },
    runs() {
      const rows = db.guard('reading runs', () => all.all()) as RunRow[]
      return rows.map(read).sort((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
    },
    put(name, text) {
      const body = sumOf(name, text) + text
      db.transaction(`writing ${name}`, () => put.run(name, body))
    },
    get(name) {
      const body: unknown = db.guard(`reading ${name}`, () => get.get(name)?.[0])
      if (body === undefined) return undefined
      if (isWithoutSum(String(body))) return String(body)
      const text = String(body).slice(SUM_LENGTH)
      if (body === sumOf(name, text) + text) return text
      throw damaged(db, `document ${name}`, 'its content')
    },
  }
}

/** The checksum of a document, in hexadecimal, stands before its text. */
function sumOf(name: string, text: string): string {
  return checksumOf(0, name, text).toString(16).padStart(SUM_LENGTH, '0')
}

const SUM_LENGTH = 8

/** Written before documents had one: JSON, of which no flipped bit of a sum makes the beginning. */
const isWithoutSum = (body: string): boolean => body.startsWith('{') || body.startsWith('[')

type RunRow = [name: string, checksum: number, body: string]

/** JSON drops `undefined` fields; the record's type has them present. */
function recordOf(db: Database, [name, checksum, body]: RunRow): RunRecord {
  if (checksumOf(0, name, body) !== checksum) throw damaged(db, `run ${name}`, 'its record')
  const record = JSON.parse(body) as RunRecord
  const { endedAt, inputFingerprint, previous } = record
  return { ...record, endedAt, inputFingerprint, previous }
}

function damaged(db: Database, which: string, what: string): JournalError {
  return new JournalError('corrupt', {
    where: `${which} of ${db.path}`,
    what: `its checksum does not match ${what}`,
    expected: 'what was written',
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}
