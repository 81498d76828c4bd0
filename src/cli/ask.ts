import { statSync } from 'node:fs'
import { join } from 'node:path'
import { askOwner } from '../adapter/owner/ask.ts'
import { readDirectory } from '../adapter/sqlite/directory.ts'
import { restore } from '../driver/restore.ts'
import { answerQuestion, type Question } from '../api/requests.ts'
import { InputError } from '../model/input-error.ts'

/**
 * Asks about a directory: its owner, over the socket; where none lives the directory is opened and the
 * same question answered here, changing nothing.
 */
export async function ask<T>(dir: string, question: Question): Promise<T> {
  requireDirectory(dir)
  const answered = await askLiving(dir, question)
  if (answered !== undefined) return answered as T
  const { journal, store, close } = readDirectory(dir)
  try {
    const state = restore(journal)
    const view = { state, store, payloads: undefined, owned: false }
    // What crosses the socket is JSON; an answer from here must not differ from it.
    return JSON.parse(JSON.stringify(await answerQuestion(view, question))) as T
  } finally {
    close()
  }
}

/** Asks the owner; `undefined` when none lives. Its refusals are about what the user gave. */
export async function askLiving(
  dir: string,
  request: { readonly op: string; readonly [field: string]: unknown },
): Promise<unknown> {
  try {
    return await askOwner(dir, request)
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error))
  }
}

export function requireDirectory(dir: string): void {
  try {
    statSync(join(dir, 'dray.db'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what =
      code === 'ENOENT' || code === 'ENOTDIR' ? 'no runs there' : `cannot be read (${code})`
    throw new InputError(`${dir}: ${what}; dray run begins one, --dir names another folder`)
  }
}
