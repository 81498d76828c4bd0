import { formatBytes } from '../../std/units.ts'

/** An output could not be written; nothing partial was left. The results themselves are kept. */
export class OutputError extends Error {
  override name = 'OutputError'
}

/** The system's error in words: what could not be written, why, and what to do. */
export function outputError(error: unknown, path: string, written: number): OutputError {
  if (error instanceof OutputError) return error
  const story = `${path}: not written (${reasonOf(error)}) after ${formatBytes(written)}; nothing partial was left`
  return new OutputError(`${story}. The results are kept: make room or access, and run again`, {
    cause: error,
  })
}

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return (code === undefined ? undefined : REASONS[code]) ?? message
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'no folder can be made there',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EEXIST: 'a part of its folder is a file',
  ENOTDIR: 'a part of its folder is a file',
  EISDIR: 'a folder has this name',
  ENAMETOOLONG: 'the name is too long',
}
