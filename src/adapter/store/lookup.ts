import type { StoredResult } from '../../port/store.ts'
import type { Answers, ReadAnswers } from './answers.ts'
import { resultStates } from './result-rows.ts'
import { type Window, type Windows, windowItems } from './window.ts'

/**
 * The newest answer of one item. A later stage reads the answers of the one before it item by item, so the
 * windows and rows last used are kept: an item next to the previous one costs no read at all.
 */
export function resultLookup(windows: Windows): {
  find(stage: number, index: number, read: ReadAnswers): StoredResult | undefined
  forget(): void
} {
  const recent = new Map<string, Window>()
  const windowOf = (stage: number, index: number) => {
    const from = index - (index % windowItems)
    const name = `${stage} ${from}`
    const known = recent.get(name)
    if (known !== undefined) windows.refresh(stage, known)
    const window = known ?? windows.at(stage, from)
    keepNewest(recent, name, window, maxWindows)
    return window
  }
  return {
    find(stage, index, read) {
      const window = windowOf(stage, index)
      const item = index - window.from
      const place = window.places[item] ?? 0
      return place === 0 ? undefined : answerAt(window, item, read(stage, window.ids[place - 1]))
    },
    forget: () => recent.clear(),
  }
}

/** The answer of a window's item, from the row that holds it. */
export function answerAt(window: Window, item: number, row: Answers): StoredResult {
  const position = window.positions[item]
  return {
    index: window.from + item,
    key: row.keyAt(position),
    version: row.versionAt(position),
    state: resultStates[window.states[item]],
    payload: row.payloadAt(position),
  }
}

/** Windows for a stage and those after it, of this run and of the one before: 36 MB where stages are large. */
const maxWindows = 4
const maxRows = 64

/** Rows by id, the least recently used dropped: 64 of at most 64 kB, or of one item. */
export function cached(read: ReadAnswers): { read: ReadAnswers; forget(): void } {
  const recent = new Map<number, Answers>()
  return {
    read(stage, id) {
      const row = recent.get(id) ?? read(stage, id)
      keepNewest(recent, id, row, maxRows)
      return row
    },
    forget: () => recent.clear(),
  }
}

/** A Map keeps insertion order: taking out and putting back makes an entry the most recent. */
function keepNewest<K, V>(recent: Map<K, V>, key: K, value: V, limit: number): void {
  recent.delete(key)
  recent.set(key, value)
  if (recent.size <= limit) return
  const [oldest] = recent.keys()
  recent.delete(oldest)
}
