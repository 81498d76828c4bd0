import type { StageCode } from '../port/executor.ts'
import type { Journal } from '../port/journal.ts'
import type { Store } from '../port/store.ts'
import { Violation } from '../std/assert.ts'

/** A journal that forgets: for simulations that are thrown away, where encoding would be most of the cost. */
export const forgetfulJournal: Journal = {
  load: () => ({ snapshot: undefined, entries: [], historyTo: () => 0 }),
  recall() {},
  append() {},
  snapshot() {},
  bytesSinceSnapshot: () => 0,
  snapshotBytes: () => 0,
  close() {},
}

/** A store that nobody may ask: a problem's tasks have no payloads. */
export const noStore: Store = new Proxy({} as Store, {
  get(_, name) {
    throw new Violation(`a problem's simulation asked its store for ${String(name)}`)
  },
})

/** What a stage runs, where nothing runs. */
export const noCode: StageCode = {
  run: '',
  name: '',
  kind: 'map',
  takesFiles: false,
  module: '',
  isolation: 'process',
  loads: undefined,
  returns: undefined,
  params: {},
  env: [],
  maxResultBytes: 0,
  speeds: [],
}
