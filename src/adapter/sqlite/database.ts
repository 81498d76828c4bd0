import { copyFileSync, existsSync, rmSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { JournalError } from '../../port/journal-error.ts'
import { ofTemporary, temporaryFolder } from '../temporary-folder.ts'
import { checkLog } from './check-log.ts'
import { createDirectory } from './create-directory.ts'
import { guard, isFull, isUnwritable } from './fault.ts'
import { patient } from './patient.ts'
import { reserveLog } from './reserve-log.ts'
import { prepareSchema } from './schema.ts'

/**
 * The one database file of a directory, `dray.db`. WAL with `synchronous = FULL`: a commit is one
 * sequential write and one fsync, and it survives power loss. FULL is set by hand because this build of
 * SQLite defaults to NORMAL in WAL mode, where the last commits may vanish; `fullfsync` is what macOS
 * needs for fsync to reach the platter, and does nothing elsewhere (docs/decisions/sqlite.md).
 */
export function openDatabase(dir: string): Database {
  const path = join(resolve(dir), 'dray.db')
  return guard(path, 'opening it', () => {
    createDirectory(resolve(dir))
    checkLog(`${path}-wal`)
    const handle = new DatabaseSync(path, { timeout: 5_000, returnArrays: true })
    try {
      if (handle.prepare('PRAGMA page_count').get()[0] === 0) handle.exec(settingsOfNewFile)
      handle.exec(settings)
      prepareSchema(handle, path)
      checkStructure(handle, path)
    } catch (error) {
      handle.close()
      throw error
    }
    return new Database(path, handle)
  })
}

/**
 * The same file for those who only look: nothing is written, so a full disk or a folder of somebody
 * else's keeps nobody from seeing what is in it. Where SQLite cannot even make its shared memory beside
 * the file, a copy in the temporary folder is read.
 */
export function readDatabase(dir: string): Database {
  const path = join(resolve(dir), 'dray.db')
  return guard(path, 'opening it', () => {
    try {
      return reading(path, path)
    } catch (error) {
      if (!isUnwritable(error)) throw error
    }
    const folder = temporaryFolder('read')
    const discard = () => rmSync(folder, { recursive: true, force: true })
    try {
      return reading(copyInto(folder, path), path, discard)
    } catch (error) {
      discard()
      throw error
    }
  })
}

function reading(file: string, path: string, discard?: () => void): Database {
  // A copy is ours: SQLite may make there what it needs beside it.
  const readOnly = discard === undefined
  checkLog(`${file}-wal`, `${path}-wal`)
  const handle = new DatabaseSync(file, { timeout: 5_000, returnArrays: true, readOnly })
  try {
    handle.exec('PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON')
    prepareSchema(handle, path)
    checkStructure(handle, path)
  } catch (error) {
    handle.close()
    throw error
  }
  return new Database(path, handle, { closed: discard, onlyLooks: readOnly })
}

function copyInto(folder: string, path: string): string {
  const copy = join(folder, 'dray.db')
  try {
    copyFileSync(path, copy)
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
    return copy
  } catch (error) {
    if (isFull(error)) throw ofTemporary(error)
    throw new JournalError(
      'readonly',
      {
        where: path,
        what: `it cannot be read (${(error as Error).message})`,
        expected: 'a file this user may read',
        remedy: 'Make it readable for this user, or choose another folder (--dir, or dir of open).',
      },
      error,
    )
  }
}

export type Statement = ReturnType<InstanceType<typeof DatabaseSync>['prepare']>
export type Handle = InstanceType<typeof DatabaseSync>

type Use = {
  readonly closed?: () => void
  /** Its statements read, beside an owner who may commit at any time. */
  readonly onlyLooks?: boolean
}

/** An open database file: transactions, and statements whose faults name the file. */
export class Database {
  readonly path: string
  readonly handle: Handle
  readonly #isInPlace: () => boolean
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #closed: () => void
  readonly #onlyLooks: boolean

  constructor(path: string, handle: Handle, { closed = () => {}, onlyLooks = false }: Use = {}) {
    this.path = path
    this.handle = handle
    this.#closed = closed
    this.#onlyLooks = onlyLooks
    this.#isInPlace = placeOf(path)
    this.#begin = handle.prepare('BEGIN IMMEDIATE')
    this.#commit = handle.prepare('COMMIT')
  }

  /**
   * What writes a row with every commit is best called by its `get`: `run` answers with an object of what it
   * changed, which costs 4,400 instructions, as much as the row itself (measured).
   */
  prepare(sql: string): Statement {
    const statement = this.handle.prepare(sql)
    return this.#onlyLooks ? patient(statement) : statement
  }

  /** All of `work`'s writes or none of them; durable, and where it can be found again, when it returns. */
  transaction<T>(doing: string, work: () => T): T {
    const value = this.#committed(doing, work)
    this.checkPlace()
    return value
  }

  /** Throws where it is not the file any more that its path names. */
  checkPlace(): void {
    if (!this.#isInPlace()) throw elsewhere(this.path)
  }

  #committed<T>(doing: string, work: () => T): T {
    return this.guard(doing, () => {
      this.#begin.get()
      try {
        const value = work()
        this.#commit.get()
        return value
      } catch (error) {
        // SQLite has already rolled back by itself after some faults (a full disk, an I/O error).
        if (this.handle.isTransaction) this.handle.exec('ROLLBACK')
        throw error
      }
    })
  }

  guard<T>(doing: string, work: () => T): T {
    return guard(this.path, doing, work)
  }

  /** For many small commits in a row, each waited for. */
  reserveLog(): void {
    this.guard('reserving its log', () => reserveLog(`${this.path}-wal`))
  }

  /** Writes what the log holds into the file. Waits for nobody: while another process reads, the log goes on growing. */
  emptyLog(doing: string): void {
    this.guard(doing, () => this.handle.exec('PRAGMA wal_checkpoint(PASSIVE)'))
  }

  /** Moves what the WAL holds into the file, so that a closed database is one file; losing it loses nothing. */
  close(): void {
    if (!this.handle.isOpen) return
    try {
      // SQLite itself does so only once every statement is collected as garbage.
      this.handle.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // A full disk: the WAL stays, and the next open reads it.
    } finally {
      this.handle.close()
      this.#closed()
    }
  }
}

/**
 * Whether the database and its log are still the files they were: a file that is deleted or moved away stays
 * open, and takes all that is written to it along. Beside an fsync a look costs little, but not for nothing:
 * a file whose times are asked for gets new ones with its next write (Linux 6.13), and the fsync after it writes
 * them too, a third of a commit. The folder tells as well: its time changes with every name in it.
 */
function placeOf(path: string): () => boolean {
  const folder = dirname(path)
  const look = (file: string) => statSync(file, { throwIfNoEntry: false })
  const database = look(path)
  let log: Stats | undefined
  /** As it was when both were last seen in it. */
  let seen: Stats | undefined
  return () => {
    const now = look(folder)
    if (seen !== undefined && isSame(seen, now) && seen.mtimeMs === now?.mtimeMs) return true
    const logNow = look(`${path}-wal`)
    log ??= logNow
    const isInPlace = isSame(database, look(path)) && isSame(log, logNow)
    seen = isInPlace && now !== undefined && isPast(now) ? now : undefined
    return isInPlace
  }
}

/** What changes from now on gets another time: the coarsest clock of a file system ticks every 2 s. */
const isPast = ({ mtimeMs }: Stats): boolean => mtimeMs < Date.now() - 2_500

const isSame = (a: Stats | undefined, b: Stats | undefined): boolean =>
  a?.ino === b?.ino && a?.dev === b?.dev

function elsewhere(path: string): JournalError {
  return new JournalError('gone', {
    where: path,
    what: 'it was deleted, moved or replaced while this process worked with it',
    remedy: 'Put its folder back where it was and run again: what is in it is done, the rest runs.',
  })
}

/** Kept in the file. Set again, `auto_vacuum` would be a commit, into a file that may yet be refused. */
const settingsOfNewFile = `
  PRAGMA page_size = 4096;
  PRAGMA auto_vacuum = INCREMENTAL;
`

const settings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA temp_store = MEMORY;
  PRAGMA cell_size_check = ON;
`

/** Half a gigabyte takes about a third of a second; beyond that only the rows that are read are verified. */
const maxCheckedPages = (512 << 20) / 4096

/**
 * Checksums find what changed within a row; this finds rows that a damaged page or index no longer shows,
 * which would otherwise be items silently run again.
 */
function checkStructure(handle: Handle, path: string): void {
  if (handle.prepare('PRAGMA page_count').get()[0] > maxCheckedPages) return
  const [finding] = handle.prepare('PRAGMA integrity_check(1)').get()
  if (finding === 'ok') return
  const detail = String(finding).replaceAll('\n', ' ').replace('*** in database main *** ', '')
  throw new JournalError('corrupt', {
    where: path,
    what: `the database is damaged: ${detail}`,
    expected: 'what was committed',
    remedy:
      'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
  })
}
