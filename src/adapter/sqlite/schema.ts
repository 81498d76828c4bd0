import { JournalError } from '../../port/journal-error.ts'
import type { Handle } from './database.ts'

/** Raised whenever a row's meaning changes; a database with a higher one is refused, not guessed at. */
export const schemaVersion = 1

/** Creates the tables in a new file, and refuses a file that a newer dray has written. */
export function prepareSchema(handle: Handle, path: string): void {
  if (isNew(handle)) createTables(handle)
  const row = handle.prepare("SELECT value FROM meta WHERE name = 'version'").get()
  const version = Number(row?.[0])
  if (version === schemaVersion) return
  const newer = version > schemaVersion
  throw new JournalError(newer ? 'newer' : 'corrupt', {
    where: path,
    what: newer
      ? `made by a newer dray: its journal is version ${version}`
      : `its journal says version ${row?.[0]}`,
    expected: `version ${schemaVersion} at most`,
    remedy: newer
      ? 'Upgrade dray, or choose another folder with --dir.'
      : 'Restore the folder from a backup, or start afresh in another one with --dir.',
  })
}

/** Looks again under the write lock: another process may have been first. */
function createTables(handle: Handle): void {
  handle.exec('BEGIN IMMEDIATE')
  if (isNew(handle)) handle.exec(tables)
  handle.exec('COMMIT')
}

function isNew(handle: Handle): boolean {
  return handle.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() === undefined
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
