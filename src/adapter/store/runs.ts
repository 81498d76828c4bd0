import { JournalError } from '../../port/journal-error.ts'
import type { RunRecord, Store } from '../../port/store.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import type { Database, Handle } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/** Run records and named documents: small, rewritten whole, durable when the call returns. */
export function openRuns(
  db: Database,
  stages: Stages,
  removed: () => void,
): Pick<Store, 'putRun' | 'run' | 'runs' | 'put' | 'get' | 'removeRun'> {
  const putRun = db.prepare('INSERT OR REPLACE INTO run (name, checksum, body) VALUES (?, ?, ?)')
  const one = db.prepare('SELECT name, checksum, body FROM run WHERE name = ?')
  const all = db.prepare('SELECT name, checksum, body FROM run')
  const put = db.prepare('INSERT OR REPLACE INTO document (name, body) VALUES (?, ?)')
  const get = db.prepare('SELECT body FROM document WHERE name = ?')
  const removals = [
    ...['result', 'history', 'log'].map(
      table => `DELETE FROM ${table} WHERE stage IN
      (SELECT id FROM stage WHERE run = ?)`,
    ),
    'DELETE FROM stage WHERE run = ?',
    'DELETE FROM spool WHERE run = ?',
    `DELETE FROM document WHERE substr(name, instr(name, ':') + 1) = ?`,
    'DELETE FROM run WHERE name = ?',
  ].map(sql => db.prepare(sql))
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
    removeRun(name) {
      db.transaction(`removing run ${name}`, () => {
        for (const removal of removals) removal.run(name)
      })
      stages.forget(name)
      removed()
      db.guard('freeing space', () => handBack(db.handle))
    },
  }
}

/**
 * Hands free pages back to the file system, a little at a time, each time with the log written into the file
 * before it is used again: in one go the log takes as much room as is freed, all of what is left on a disk
 * almost full, and then the file cannot grow by the pages that the log already has for it.
 */
function handBack(handle: Handle): void {
  const free = handle.prepare('PRAGMA freelist_count')
  handle.exec(CHECKPOINT)
  for (let left = free.get()[0]; left > 0; ) {
    handle.exec(`PRAGMA incremental_vacuum(${PAGES_AT_A_TIME}); ${CHECKPOINT}`)
    const now = free.get()[0]
    if (now >= left) return
    left = now
  }
}

/** Waits for nobody: where another process reads, the log goes on growing until it has done. */
const CHECKPOINT = 'PRAGMA wal_checkpoint(PASSIVE)'
/**
 * 10 to 80 kB of log (measured). Beyond what SQLite keeps in memory of changed pages, 2 MB, it writes each page
 * that it frees to the log.
 */
const PAGES_AT_A_TIME = 256

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
