import { JournalError, type JournalErrorKind } from '../../port/journal-error.ts'

/**
 * SQLite and the file system answer with codes; a user needs the path and what to do. Everything that
 * is not such a code (a programming error, a broken invariant) passes through unchanged.
 */
export function asJournalError(error: unknown, path: string, doing: string): unknown {
  if (error instanceof JournalError) return error
  const fault = faultOf(error)
  if (fault === undefined) return error
  const detail = error instanceof Error ? error.message : String(error)
  const what = `${fault.what} while ${doing} (${detail})`
  return new JournalError(fault.kind, { where: path, what, remedy: fault.remedy }, error)
}

/** Runs `work`, turning the codes of SQLite and the file system into a `JournalError` about `path`. */
export function guard<T>(path: string, doing: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asJournalError(error, path, doing)
  }
}

/** SQLITE_BUSY or SQLITE_LOCKED: another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' && ((code & 0xff) === 5 || (code & 0xff) === 6)
}

/** SQLite cannot make or write what it needs beside the file: another user's folder, a full disk (where its shared memory fails as I/O). */
export function isUnwritable(error: unknown): boolean {
  if (error instanceof JournalError) return false
  const fault = faultOf(error)
  return fault === readonly || fault === open || fault === full || fault === io
}

/** There is no room on the disk for what was to be written. */
export function isFull(error: unknown): boolean {
  return faultOf(error) === full
}

type Fault = { readonly kind: JournalErrorKind; readonly what: string; readonly remedy: string }

const full: Fault = {
  kind: 'full',
  what: 'the disk is full',
  remedy: 'Free some space and run again: everything acknowledged so far is kept.',
}
const readonly: Fault = {
  kind: 'readonly',
  what: 'the folder or file cannot be written',
  remedy: 'Make it writable for this user, or choose another folder (--dir, or dir of open).',
}
const locked: Fault = {
  kind: 'locked',
  what: 'another process holds the database',
  remedy: 'Wait for it or stop it, or choose another folder (--dir, or dir of open).',
}
const io: Fault = {
  kind: 'io',
  what: 'the disk failed',
  remedy:
    'Check the disk and its free space, then run again: everything acknowledged so far is kept.',
}
const open: Fault = {
  kind: 'io',
  what: 'the file cannot be opened',
  remedy:
    'Check that the folder exists and may be read and written, or choose another (--dir, or dir of open).',
}
const corrupt: Fault = {
  kind: 'corrupt',
  what: 'the database is damaged',
  remedy:
    'Restore the folder from a backup, or start afresh in another one (--dir, or dir of open).',
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const bySqliteCode: Readonly<Record<number, Fault>> = {
  3: readonly,
  5: locked,
  6: locked,
  8: readonly,
  10: io,
  11: corrupt,
  13: full,
  14: open,
  15: locked,
  23: readonly,
  26: corrupt,
}

/** EPERM, EACCES and EROFS behind SQLite's 'unable to open'. */
const denied: ReadonlySet<number> = new Set([1, 13, 30])

const bySystemCode: Readonly<Record<string, Fault>> = {
  EACCES: readonly,
  EPERM: readonly,
  EROFS: readonly,
  ENOSPC: full,
  EDQUOT: full,
  EIO: io,
  EMFILE: io,
  ENFILE: io,
  ENOTDIR: open,
  EEXIST: open,
  ENOENT: open,
}

/** Some calls of the package throw SQLite's message without its code. */
const byMessage: readonly (readonly [text: string, fault: Fault])[] = [
  ['database disk image is malformed', corrupt],
  ['too large to be represented as a JavaScript number', corrupt],
  ['malformed database schema', corrupt],
  ['unsupported file format', corrupt],
  ['file is not a database', corrupt],
  ['database or disk is full', full],
  ['disk I/O error', io],
  ['attempt to write a readonly database', readonly],
  ['unable to open database file', open],
  ['database is locked', locked],
]

function faultOf(error: unknown): Fault | undefined {
  const { code, errcode, systemErrno, message } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (typeof systemErrno === 'number' && denied.has(systemErrno)) return readonly
  const byCode = typeof errcode === 'number' ? bySqliteCode[errcode & 0xff] : undefined
  if (byCode !== undefined) return byCode
  if (typeof code === 'string' && code in bySystemCode) return bySystemCode[code]
  return byMessage.find(([text]) => String(message).includes(text))?.[1]
}
