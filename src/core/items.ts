/**
 * What became of each item of a stage: one byte an item, in pages. A page whose items are all done
 * is one shared constant, so a million finished items cost sixteen words; one that is not full grows
 * with what it holds, so that a thousand small runs cost little more.
 */
export const itemStates = ['open', 'done', 'failed', 'stopped', 'skipped', 'cancelled'] as const

export const OPEN = 0
export const DONE = 1
export const FAILED = 2
export const STOPPED = 3
export const SKIPPED = 4
export const CANCELLED = 5

const PAGE = 65_536
const SMALLEST_PAGE = 32
const allDone = new Uint8Array(PAGE).fill(DONE)

export type ItemStates = {
  readonly pages: Uint8Array[]
  /** Items per state, by code; `open` is not counted here. */
  readonly counts: number[]
  /** Done items per page: a full page collapses. */
  readonly doneInPage: number[]
}

export function itemStatesOf(): ItemStates {
  return { pages: [], counts: [0, 0, 0, 0, 0, 0], doneInPage: [] }
}

export function stateOf(items: ItemStates, index: number): number {
  const page = items.pages[Math.floor(index / PAGE)]
  const at = index % PAGE
  return page === undefined || at >= page.length ? OPEN : page[at]
}

/** Sets a final state; returns false (and changes nothing) where the item already has one. */
export function settleItem(items: ItemStates, index: number, code: number): boolean {
  const number = Math.floor(index / PAGE)
  const at = index - number * PAGE
  let page = items.pages[number]
  if (page === undefined || at >= page.length) page = widenPage(items, number, at)
  if (page[at] !== OPEN) return false
  page[at] = code
  items.counts[code] += 1
  if (code === DONE) {
    items.doneInPage[number] += 1
    if (items.doneInPage[number] === PAGE) items.pages[number] = allDone
  }
  return true
}

function widenPage({ pages, doneInPage }: ItemStates, number: number, at: number): Uint8Array {
  while (pages.length <= number) {
    pages.push(new Uint8Array(0))
    doneInPage.push(0)
  }
  let size = Math.max(SMALLEST_PAGE, pages[number].length)
  while (size <= at) size *= 2
  const page = new Uint8Array(size)
  page.set(pages[number])
  pages[number] = page
  return page
}

/** Makes a failed, skipped or cancelled item open again. Such a page was never collapsed. */
export function reopenItem(items: ItemStates, index: number): void {
  const page = items.pages[Math.floor(index / PAGE)]
  items.counts[page[index % PAGE]] -= 1
  page[index % PAGE] = OPEN
}

/** Items with any final state. */
export function endedCount(items: ItemStates): number {
  const counts = items.counts
  return counts[DONE] + counts[FAILED] + counts[STOPPED] + counts[SKIPPED] + counts[CANCELLED]
}

/** Indexes below `total` in one of the given states, ascending. */
export function* itemsIn(items: ItemStates, codes: readonly number[], total: number) {
  for (let index = 0; index < total; index += 1) {
    if (codes.includes(stateOf(items, index))) yield index
  }
}

/** Run lengths `[code, count, code, count, ...]` over `0..total`, for snapshots. */
export function encodeItems(items: ItemStates, total: number): number[] {
  const runs: number[] = []
  let code = -1
  for (let index = 0; index < total; index += 1) {
    const page = items.pages[Math.floor(index / PAGE)]
    if (page === allDone && index % PAGE === 0 && index + PAGE <= total && code === DONE) {
      runs[runs.length - 1] += PAGE
      index += PAGE - 1
      continue
    }
    const next = stateOf(items, index)
    if (next === code) runs[runs.length - 1] += 1
    else runs.push((code = next), 1)
  }
  return runs
}

export function decodeItems(runs: readonly number[]): ItemStates {
  const items = itemStatesOf()
  let index = 0
  for (let at = 0; at < runs.length; at += 2) {
    const end = index + runs[at + 1]
    if (runs[at] !== OPEN) for (; index < end; index += 1) settleItem(items, index, runs[at])
    index = end
  }
  return items
}
