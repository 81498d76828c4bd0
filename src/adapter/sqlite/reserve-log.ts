import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/**
 * Brings SQLite's write-ahead log to the length it will have anyway after its first checkpoint. An fsync
 * of a file that grows writes the file's length and blocks too: 0.39 ms against 0.19 where the bytes are
 * there already (docs/decisions/sqlite.md). It costs some 45 ms, so it is for those who commit one small
 * thing after another and wait for each. The zeros are no frame: their salts match no header, which is
 * how SQLite finds the end of a log it overwrites. To be called by the one writer, between commits.
 */
export function reserveLog(path: string): void {
  const log = openSync(path, 'r+')
  try {
    const { size } = fstatSync(log)
    if (size < LOG_BYTES) lengthen(log, size)
  } finally {
    closeSync(log)
  }
}

/** The 2,000 pages after which SQLite checkpoints, each with its header. */
const LOG_BYTES = 2_000 * (4_096 + 24) + 32

function lengthen(log: number, size: number): void {
  try {
    const zeros = Buffer.alloc(LOG_BYTES - size)
    for (let at = 0; at < zeros.length; ) at += writeSync(log, zeros, at, undefined, size + at)
    fsyncSync(log)
  } catch {
    // A disk without room for it works on as it did; a commit says what it needs itself.
    ftruncateSync(log, size)
  }
}
