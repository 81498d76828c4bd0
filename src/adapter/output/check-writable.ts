import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError } from '../../model/input-error.ts'
import type { OutputSpec } from '../../model/job.ts'
import { templateRoot } from '../../model/output-template.ts'
import { reasonOf } from './output-error.ts'

/**
 * Outputs are written at the end; that their folder cannot be written is worth knowing before hours of
 * work. What may change until then (a disk that fills) is the writer's to tell.
 */
export async function checkWritable(outputs: readonly OutputSpec[]): Promise<void> {
  for (const output of outputs) {
    const path = output.kind === 'each' ? templateRoot(output.template) : output.path
    const problem = await problemOf(path, output.kind === 'each')
    if (problem !== undefined) throw new InputError(`output ${path}: ${problem}`)
  }
}

async function problemOf(path: string, isFolder: boolean): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!isFolder && found?.isDirectory()) return 'a folder has this name; expected a file'
  let folder = isFolder ? path : dirname(path)
  for (;;) {
    try {
      if (!(await stat(folder)).isDirectory()) return `${folder} is a file; expected a folder`
      await access(folder, constants.W_OK | constants.X_OK)
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const up = dirname(folder)
      if (code === 'ENOTDIR' || (code === 'ENOENT' && up !== folder)) folder = up
      else
        return `${folder} cannot be written (${reasonOf(error)}); expected a folder this user may write`
    }
  }
}
