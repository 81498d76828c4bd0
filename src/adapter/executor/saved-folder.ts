import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AttemptItem, AttemptOrder, Outcome, SlotAddress } from '../../port/executor.ts'
import { outcomeOf } from './outcome.ts'
import { decodeSlotLine } from './protocol.ts'
import { checksumOf, decodeFile, type SavedAnswer } from './saved.ts'
import { runOfPrint } from './stage-state.ts'

/**
 * The folder where slots save what they hold back. What earlier lives of the loop left there answers for its items when
 * they are handed out again: same stage, same code, same payload. It stays for as long as its run has not ended, for
 * one life after another may be killed before it comes to that.
 */
export function savedFolder(folder: string) {
  const lives = namesIn(folder).map(Number).filter(Number.isInteger)
  lives.sort((a, b) => a - b)
  for (const life of lives.splice(0, lives.length - LIVES_KEPT)) remove(join(folder, String(life)))
  const own = join(folder, String((lives.at(-1) ?? 0) + 1))
  const left = new Map<string, SavedAnswer>()
  /** The files of earlier lives, with the runs whose answers each holds. */
  const runsOf = new Map<string, ReadonlySet<string>>()
  for (const life of lives) {
    for (const name of namesIn(join(folder, String(life)))) {
      const path = join(folder, String(life), name)
      const answers = savedIn(path)
      for (const answer of answers) left.set(nameOf(answer.print, answer.index), answer)
      runsOf.set(path, new Set(answers.map(({ print }) => runOfPrint(print))))
    }
  }
  /** Stages that have begun again: what is not asked for by their end was known already. */
  const begun = new Set<string>()
  let files = 0
  let isThere = false
  /** By slot, what its last process to end has left. */
  const leftBy = new Map<string, string>()

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
      // Without it slots find that their files cannot be opened, and send what they would save.
      isThere ||= isDone(() => mkdirSync(own, { recursive: true, mode: 0o700 }))
      return join(own, `${machine}.${slot}.${files++}`)
    },
    /**
     * The process or thread that saved there has ended, and its answers are on their way. By the time its successor in
     * the slot has ended as well they have long been stored: the successor was begun after that.
     */
    ended({ machine, slot }: SlotAddress, path: string): void {
      const before = leftBy.get(`${machine}.${slot}`)
      if (before !== undefined) remove(before)
      leftBy.set(`${machine}.${slot}`, path)
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
    /** Forgets what earlier lives saved for other runs than these. Answers how many answers that were. */
    keepOnly(needed: () => ReadonlySet<string>): number {
      if (runsOf.size === 0 && left.size === 0) return 0
      const runs = needed()
      const before = left.size
      for (const [name, { print }] of left) if (!runs.has(runOfPrint(print))) left.delete(name)
      for (const [path, ofFile] of runsOf) {
        if ([...ofFile].some(run => runs.has(run))) continue
        remove(path)
        runsOf.delete(path)
      }
      for (const life of lives) removeEmpty(join(folder, String(life)))
      removeEmpty(folder)
      return before - left.size
    },
    /** All that was held back has been sent. */
    clear(): void {
      if (isThere) remove(own)
      const isOver = [...left.values()].every(({ print }) => begun.has(print))
      if (isOver && (isThere || lives.length > 0)) remove(folder)
    },
  }
}

/** So many lives killed in a row lose nothing; what more would leave is a few files each. */
const LIVES_KEPT = 16

export type SavedFolder = ReturnType<typeof savedFolder>

function isDone(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return false
  }
}

/** What another user left, or what is no folder, stays: it answers for no item but its own. */
const remove = (path: string): boolean =>
  isDone(() => rmSync(path, { recursive: true, force: true }))

const removeEmpty = (folder: string): boolean =>
  namesIn(folder).length === 0 && isDone(() => rmdirSync(folder))

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
