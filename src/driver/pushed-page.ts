import type { SpooledItem, Store } from '../port/store.ts'

/** Reads pushed items back from the spool, one by one as they are asked for, a page at a time. */
export type PushedItems = {
  item(run: string, index: number): SpooledItem | undefined
  /** Lets the page go. */
  forget(): void
}

export function pushedItems(store: Pick<Store, 'spooled'>): PushedItems {
  let page: { run: string; first: number; items: readonly SpooledItem[] } | undefined
  return {
    item(run, index) {
      const at = page?.run === run ? index - page.first : -1
      if (page !== undefined && at >= 0 && at < page.items.length) return page.items[at]
      page = { run, first: index, items: store.spooled(run, index, PAGE) }
      return page.items[0]
    },
    forget() {
      page = undefined
    },
  }
}

/** Neighbours go together mostly; a page of the largest items must fit memory all the same. */
const PAGE = 100
