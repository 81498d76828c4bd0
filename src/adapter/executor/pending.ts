import type { AttemptOrder, StageCode } from '../../port/executor.ts'

/** An item sent to a slot and not answered yet. */
export type PendingItem = {
  readonly seq: number
  /** Ours, as in `StageState`. */
  readonly stage: number
  readonly code: StageCode
  readonly task: number
  readonly attempt: number
  readonly try: number
  readonly index: number
  readonly memoryLimit: number | undefined
  /** Characters of native output kept for it. */
  written: number
  /** Version of the file that the item names, as its slot found it. */
  content?: string
}

type StageIdentity = { readonly id: number; readonly code: StageCode }

/**
 * The unanswered items of a slot by number. Answers come nearly in order, so this is a window that
 * slides: an array whose front is cut off now and then.
 */
export function pendingItems() {
  let window: (PendingItem | undefined)[] = []
  let base = 0
  let head = 0
  let count = 0

  function skipAnswered(): void {
    while (head < window.length && window[head] === undefined) head += 1
    if (head < CUT) return
    window = window.slice(head)
    base += head
    head = 0
  }

  /** Removes and returns it; `undefined` for an item unknown or answered before. */
  function take(seq: number): PendingItem | undefined {
    const at = seq - base
    const item = window[at]
    if (item === undefined) return undefined
    window[at] = undefined
    count -= 1
    if (at === head) skipAnswered()
    return item
  }

  return {
    count: () => count,
    nextSeq: () => base + window.length,
    add({ id, code }: StageIdentity, attempts: readonly AttemptOrder[]): void {
      for (const { task, attempt, try: tryNumber, items, memoryLimit } of attempts) {
        for (const { index } of items) {
          const seq = base + window.length
          const of = { stage: id, code, task, attempt, try: tryNumber, index, memoryLimit }
          window.push({ seq, ...of, written: 0 })
          count += 1
        }
      }
    },
    first(): PendingItem | undefined {
      skipAnswered()
      return window[head]
    },
    take,
    /** Removes and returns those that are left of them. */
    takeRange(firstSeq: number, lastSeq: number): PendingItem[] {
      const taken: PendingItem[] = []
      const end = Math.min(lastSeq, base + window.length - 1)
      for (let seq = Math.max(firstSeq, base + head); seq <= end; seq += 1) {
        const item = take(seq)
        if (item !== undefined) taken.push(item)
      }
      return taken
    },
    get: (seq: number): PendingItem | undefined => window[seq - base],
    all: (): PendingItem[] => window.filter(item => item !== undefined),
    clear(): void {
      base += window.length
      window = []
      head = 0
      count = 0
    },
  }
}

const CUT = 4_096
