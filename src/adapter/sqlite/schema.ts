import { JournalError } from '../../port/journal-error.ts'
import { checksumOf } from './checksum.ts'
import type { Handle } from './database.ts'

/** Raised whenever a row's meaning changes; a database with a higher one is refused, not guessed at. */
export const schemaVersion = 1

/** Creates the tables in a new file, and refuses one that is damaged or that a newer dray has written. */
export function prepareSchema(handle: Handle, path: string): void {
  if (schemaOf(handle) === '') createTables(handle)
  const schema = schemaOf(handle)
  const known = schema.includes('CREATE TABLE meta (name TEXT PRIMARY KEY, value)')
  const version = known ? Number(metaOf(handle, 'version')) : 0
  if (version > schemaVersion)
    throw new JournalError('newer', {
      where: path,
      what: `made by a newer dray: its journal is version ${version}`,
      expected: `version ${schemaVersion} at most`,
      remedy: 'Upgrade dray, or choose another folder (--dir, or dir of open).',
    })
  if (version === schemaVersion && metaOf(handle, 'schema') === checksumOf(0, schema)) return
  throw new JournalError('corrupt', {
    where: path,
    what: 'its list of tables is damaged, or was not made by dray',
    expected: `the tables of journal version ${schemaVersion}`,
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}

/** Looks again under the write lock: another process may have been first. */
function createTables(handle: Handle): void {
  handle.exec('BEGIN IMMEDIATE')
  if (schemaOf(handle) === '') {
    handle.exec(tables)
    const checksum = checksumOf(0, schemaOf(handle))
    handle.prepare("INSERT INTO meta VALUES ('schema', ?)").run(checksum)
  }
  handle.exec('COMMIT')
}

function schemaOf(handle: Handle): string {
  const rows = handle.prepare('SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema').all()
  return rows.map((row: unknown[]) => row.join(' ')).join('\n')
}

function metaOf(handle: Handle, name: string): unknown {
  return handle.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.[0]
}

/**
 * Names of runs and stages are interned in `stage`. A result row covers the items of one batch.
 * Payload columns come last: SQLite then reads the narrow columns of a row without following its overflow
 * pages.
 */
const tables = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES ('version', ${schemaVersion});
  CREATE TABLE entry (sequence INTEGER PRIMARY KEY, term INTEGER, checksum INTEGER, body BLOB);
  CREATE TABLE snapshot (sequence INTEGER PRIMARY KEY, term INTEGER, chain INTEGER, checksum INTEGER,
    body BLOB);
  CREATE TABLE stage (id INTEGER PRIMARY KEY, run TEXT, stage TEXT, checksum INTEGER,
    UNIQUE (run, stage));
  CREATE TABLE result (id INTEGER PRIMARY KEY, stage INTEGER, first INTEGER,
    last INTEGER, count INTEGER, checksum INTEGER, indexes BLOB, states TEXT, keys TEXT,
    versions TEXT, payloads BLOB);
  CREATE INDEX result_range ON result (stage, first, last);
  CREATE TABLE history (id INTEGER PRIMARY KEY, stage INTEGER, checksum INTEGER, names TEXT, body BLOB);
  CREATE INDEX history_stage ON history (stage);
  CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, stage INTEGER, item INTEGER,
    attempt INTEGER, at INTEGER, stream TEXT, text TEXT);
  CREATE INDEX log_item ON log (stage, item);
  CREATE TABLE run (name TEXT PRIMARY KEY, checksum INTEGER, body TEXT);
  CREATE TABLE document (name TEXT PRIMARY KEY, body TEXT);
  CREATE TABLE spool (id INTEGER PRIMARY KEY, run TEXT, first INTEGER, count INTEGER,
    checksum INTEGER, extras TEXT, payloads BLOB, UNIQUE (run, first));
`
