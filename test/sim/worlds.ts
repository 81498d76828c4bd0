import { rememberRedo } from '../../src/api/again/answers-before.ts'
import { keeperOf } from '../../src/api/again/keep.ts'
import { stillHolds } from '../../src/api/again/still-holds.ts'
import { simulateWorld } from '../../src/sim/world.ts'

/** A world in which runs that continue others keep what the program would. */
export const world = (seed: number) =>
  simulateWorld(seed, {
    submitted(store, name, { previous, redo }) {
      store.putRun({ ...record, name, previous })
      rememberRedo(store, name, redo)
    },
    keeperOf: (store, after) =>
      keeperOf(
        store,
        stillHolds(store, { input: { kind: 'items', items: [], key: undefined } }, after),
      ),
  })

const record = {
  job: 'job',
  state: 'active',
  createdAt: 0,
  endedAt: undefined,
  definition: '{}',
  inputFingerprint: undefined,
  stageFingerprints: {},
} as const
