import type { Store } from '../../port/store.ts'

/**
 * Stages of which a run holds results that older code made, and that its user chose to keep: such a run
 * never passes for one made from what is there now, nor do those that keep its results.
 */
export function rememberOlderCode(store: Store, run: string, stages: readonly string[]): void {
  if (stages.length === 0 && store.get(documentOf(run)) === undefined) return
  store.put(documentOf(run), JSON.stringify(stages))
}

export const olderCodeOf = (store: Store, run: string): readonly string[] =>
  JSON.parse(store.get(documentOf(run)) ?? '[]') as string[]

const documentOf = (run: string): string => `older:${run}`
