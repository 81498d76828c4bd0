import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AttemptItem, AttemptOrder, Outcome, SlotAddress } from '../../port/executor.ts'
import { outcomeOf } from './outcome.ts'
import { decodeSlotLine } from './protocol.ts'
import { checksumOf, decodeFile, type SavedAnswer } from './saved.ts'

/**
 * The folder where slots save what they hold back. What an earlier life of the loop left there answers for its items when
 * they are handed out again: same stage, same code, same payload. It stays for one life more, for this one may be killed
 * before it comes to that.
 */
export function savedFolder(folder: string) {
  const lives = namesIn(folder).map(Number).filter(Number.isInteger)
  const last = Math.max(0, ...lives)
  const own = join(folder, String(last + 1))
  const left = new Map<string, SavedAnswer>()
  for (const life of lives.sort((a, b) => a - b)) {
    const path = join(folder, String(life))
    for (const name of namesIn(path))
      for (const answer of savedIn(join(path, name)))
        left.set(nameOf(answer.print, answer.index), answer)
    if (life < last) rmSync(path, { recursive: true, force: true })
  }
  /** Stages that have begun again: what is not asked for by their end was known already. */
  const begun = new Set<string>()
  let files = 0
  let isThere = false

  /** Taken, for an item is answered once. */
  function take(print: string, { index, payload }: AttemptItem): string | undefined {
    const name = nameOf(print, index)
    const found = left.get(name)
    if (found === undefined) return undefined
    left.delete(name)
    return found.payload === checksumOf(payload) ? found.line : undefined
  }

  /** The answers known of an attempt's first items: the core counts them in order. */
  function outcomesOf(print: string, { task, attempt, items }: AttemptOrder): Outcome[] {
    const outcomes: Outcome[] = []
    for (const item of items) {
      const text = take(print, item)
      const line = text === undefined ? undefined : decodeSlotLine(text, '')
      if (line?.kind !== 'outcome') break
      const outcome = outcomeOf({ task, attempt, index: item.index }, line, line.peakBytes ?? 0)
      if (outcome === undefined) break
      outcomes.push(outcome)
    }
    return outcomes
  }

  return {
    /** A file for another process or thread of a slot. */
    file({ machine, slot }: SlotAddress): string {
      if (!isThere) mkdirSync(own, { recursive: true, mode: 0o700 })
      isThere = true
      return join(own, `${machine}.${slot}.${files++}`)
    },
    /** What is answered already, and what is left to run. */
    split(
      print: string,
      attempts: readonly AttemptOrder[],
    ): { readonly outcomes: readonly Outcome[]; readonly rest: readonly AttemptOrder[] } {
      if (left.size === 0) return { outcomes: [], rest: attempts }
      begun.add(print)
      const outcomes: Outcome[] = []
      const rest: AttemptOrder[] = []
      for (const order of attempts) {
        const known = outcomesOf(print, order)
        outcomes.push(...known)
        if (known.length === 0) rest.push(order)
        else if (known.length < order.items.length)
          rest.push({ ...order, items: order.items.slice(known.length) })
      }
      return { outcomes, rest }
    },
    /** All that was held back has been sent. */
    clear(): void {
      rmSync(own, { recursive: true, force: true })
      const isOver = [...left.values()].every(({ print }) => begun.has(print))
      if (isOver) rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type SavedFolder = ReturnType<typeof savedFolder>

const nameOf = (print: string, index: number): string => `${print} ${index}`

/** What a slot that has ended left, as the lines it would have sent. */
export const linesSaved = (path: string): string[] => savedIn(path).map(({ line }) => line)

function savedIn(path: string): SavedAnswer[] {
  try {
    return decodeFile(readFileSync(path))
  } catch (error) {
    // It was never written, or this system cannot give it back: its items run again.
    if ((error as NodeJS.ErrnoException).code !== undefined) return []
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
