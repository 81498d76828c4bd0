import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../model/input-error.ts'
import { isAlive } from './process-alive.ts'

/**
 * A folder of this process in the temporary one, named after it, and for it to remove. One that was killed could
 * not: what such processes left is removed by the next.
 */
export function temporaryFolder(use: 'module' | 'read'): string {
  const prefix = `dray-${use}-`
  try {
    for (const name of readdirSync(tmpdir())) {
      if (name.startsWith(prefix) && isLeft(Number(name.slice(prefix.length).split('-')[0])))
        rmSync(join(tmpdir(), name), { recursive: true, force: true })
    }
  } catch {
    // Another user's, or no folder that may be listed.
  }
  return newTemporary(`${prefix}${process.pid}-`)
}

/** A name of another kind is not ours to judge. */
const isLeft = (pid: number): boolean => pid > 0 && !isAlive(pid)

/** A new folder in the temporary one; what follows the prefix cannot be guessed, and only this user may read it. */
export function newTemporary(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix))
  } catch (error) {
    throw ofTemporary(error)
  }
}

/** What kept a file from being written in the temporary folder, told as that: users did not choose its path. */
export function ofTemporary(error: unknown): unknown {
  const code = String((error as NodeJS.ErrnoException).code)
  const why = faults.get(code)
  if (why === undefined) return error
  return new InputError(
    `${tmpdir()}, the folder for temporary files: ${why} (${code})\n` +
      '  expected a folder that can be written: make room there, or set TMPDIR to another one',
    { cause: error },
  )
}

const faults: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'its disk is full'],
  ['EDQUOT', 'this user may store no more there'],
  ['ENOENT', 'it is not there'],
  ['ENOTDIR', 'it is no folder'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'its disk is read-only'],
])
