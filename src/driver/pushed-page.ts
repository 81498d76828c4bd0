import type { SpooledItem, Store } from '../port/store.ts'

/**
 * Pushed items: how much of them waits in memory, and the way to those that do not. They are asked for one
 * by one: neighbours get a page, out of order each is read alone.
 */
export type PushedItems = {
  /** Bytes of the pushed items that wait in memory. */
  held: number
  item(run: string, index: number): SpooledItem | undefined
  /** Lets the page go. */
  forget(): void
}

export function pushedItems(store: Pick<Store, 'spooled'>): PushedItems {
  let page: { run: string; first: number; items: readonly SpooledItem[] } | undefined
  return {
    held: 0,
    item(run, index) {
      const at = page?.run === run ? index - page.first : -1
      if (page !== undefined && at >= 0 && at < page.items.length) return page.items[at]
      const follows = page?.run === run && index === page.first + page.items.length
      page = { run, first: index, items: store.spooled(run, index, follows ? PAGE : 1) }
      return page.items[0]
    },
    forget() {
      page = undefined
    },
  }
}

/** Neighbours go together mostly; a page of the largest items must fit memory all the same. */
const PAGE = 100
