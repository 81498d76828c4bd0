import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createAtomicFile } from '../adapter/output/atomic-file.ts'
import { reasonOf } from '../adapter/output/output-error.ts'
import { InputError } from '../model/input-error.ts'

/** Checked before what a page tells is computed, which may take hours. */
export function requirePlace(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw isMissing ? noFolder(path) : refused(path, error)
  }
  throw new InputError(`--html ${path}: is a folder; expected the name of a file`)
}

/** Complete or not there, as outputs are: an older page stays until the new one is whole. */
export async function writePage(path: string, html: string): Promise<void> {
  requirePlace(path)
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      // A device or a pipe, whose name would be taken from it.
      writeFileSync(path, html)
      return
    }
    const file = await createAtomicFile(path)
    await file.write(html)
    await file.commit()
  } catch (error) {
    throw refused(path, (error as Error).cause ?? error)
  }
}

function noFolder(path: string): InputError {
  return new InputError(`--html ${path}: there is no folder ${dirname(path)}`)
}

function refused(path: string, error: unknown): InputError {
  return new InputError(`--html ${path}: cannot be written: ${reasonOf(error)}`)
}
