import { keeperOf } from '../../src/api/keep.ts'
import { stillHolds } from '../../src/api/still-holds.ts'
import { simulateWorld } from '../../src/sim/world.ts'

/** A world in which runs that continue others keep what the program would. */
export const world = (seed: number) =>
  simulateWorld(seed, (store, after) =>
    keeperOf(
      store,
      stillHolds(store, { input: { kind: 'items', items: [], key: undefined } }, after),
    ),
  )
