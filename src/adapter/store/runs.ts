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
      db.transaction(`writing ${name}`, () => put.run(name, text))
    },
    get: name => db.guard(`reading ${name}`, () => get.get(name)?.[0]),
  }
}

type RunRow = [name: string, checksum: number, body: string]

/** JSON drops `undefined` fields; the record's type has them present. */
function recordOf(db: Database, [name, checksum, body]: RunRow): RunRecord {
  if (checksumOf(0, name, body) !== checksum)
    throw new JournalError('corrupt', {
      where: `run ${name} of ${db.path}`,
      what: 'its checksum does not match its record',
      expected: 'the record as it was written',
      remedy:
        'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
    })
  const record = JSON.parse(body) as RunRecord
  const { endedAt, inputFingerprint, previous } = record
  return { ...record, endedAt, inputFingerprint, previous }
}
