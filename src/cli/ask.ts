import { statSync } from 'node:fs'
import { join } from 'node:path'
import { askOwner, OwnerDenied } from '../adapter/owner/ask.ts'
import { readDirectory } from '../adapter/sqlite/directory.ts'
import { restore } from '../driver/restore.ts'
import { type Answers, answerQuestion, type Question } from '../api/questions.ts'
import type { View } from '../api/view.ts'
import { InputError } from '../model/input-error.ts'

/** One question about a directory. */
export async function ask<Op extends Question['op']>(
  dir: string,
  question: Question & { readonly op: Op },
): Promise<Answers[Op]> {
  const asked = inquiry(dir)
  try {
    return await asked.ask<Op>(question)
  } finally {
    asked.close()
  }
}

/**
 * Asks about a directory: its owner, over the socket; where none lives the directory is opened and the
 * same question answered here, changing nothing. It is read once for all that is asked until `close`:
 * of a long answer every page would otherwise cost a replay of the journal.
 */
export function inquiry(dir: string): Inquiry {
  let held: { readonly view: View; readonly close: () => void } | undefined

  function read(owned: boolean): { readonly view: View; readonly close: () => void } {
    const { journal, store, close } = readDirectory(dir)
    try {
      return { view: { state: restore(journal), store, payloads: undefined, owned }, close }
    } catch (error) {
      close()
      throw error
    }
  }

  return {
    async ask(question) {
      if (held === undefined) {
        requireDirectory(dir)
        const answered = await askLiving(dir, question).catch(ifDenied)
        if (answered !== undefined && answered !== denied) return answered as never
        held = read(answered === denied)
      }
      // What crosses the socket is JSON; an answer from here must not differ from it.
      return JSON.parse(JSON.stringify(await answerQuestion(held.view, question)))
    },
    close() {
      held?.close()
      held = undefined
    },
  }
}

export type Inquiry = {
  ask<Op extends Question['op']>(question: Question & { readonly op: Op }): Promise<Answers[Op]>
  /** Later questions go to the owner again, if one lives. */
  close(): void
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
