import { statSync } from 'node:fs'
import { join } from 'node:path'
import { askOwner, OwnerDenied } from '../adapter/owner/ask.ts'
import { readDirectory } from '../adapter/sqlite/directory.ts'
import { restore } from '../driver/restore.ts'
import { type Answers, answerQuestion, type Question } from '../api/requests.ts'
import { InputError } from '../model/input-error.ts'

/**
 * Asks about a directory: its owner, over the socket; where none lives the directory is opened and the
 * same question answered here, changing nothing.
 */
export async function ask<Op extends Question['op']>(
  dir: string,
  question: Question & { readonly op: Op },
): Promise<Answers[Op]> {
  requireDirectory(dir)
  const answered = await askLiving(dir, question).catch(ifDenied)
  if (answered !== undefined && answered !== denied) return answered as Answers[Op]
  const { journal, store, close } = readDirectory(dir)
  try {
    const state = restore(journal)
    const view = { state, store, payloads: undefined, owned: answered === denied }
    // What crosses the socket is JSON; an answer from here must not differ from it.
    return JSON.parse(JSON.stringify(await answerQuestion(view, question)))
  } finally {
    close()
  }
}

/** Another user's run is at work: what it has committed can be read all the same. */
const denied = Symbol('denied')

function ifDenied(error: unknown): typeof denied {
  if (error instanceof OwnerDenied) return denied
  throw error
}

/** Asks the owner; `undefined` when none lives. Its refusals are about what the user gave. */
export async function askLiving(
  dir: string,
  request: { readonly op: string; readonly [field: string]: unknown },
): Promise<unknown> {
  try {
    return await askOwner(dir, request)
  } catch (error) {
    if (error instanceof OwnerDenied) throw error
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
