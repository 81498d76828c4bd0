import { describe, expect, test } from 'vitest'
import type { Executor, ExecutorEvent, SlotAddress, StageCode } from '../../../src/port/executor.ts'

/** What a handler does in these rules; each world brings its own code for it. */
export type Behaviour = 'echoes' | 'throws' | 'waits for abort' | 'broken'

export type ExecutorWorld = {
  readonly executor: Executor
  readonly code: (behaviour: Behaviour) => StageCode
  readonly events: readonly ExecutorEvent[]
  /** Lets time pass until `done` holds. */
  readonly until: (done: () => boolean) => Promise<void>
}

/** The rules every executor keeps, real or simulated. */
export function executorConformance(name: string, open: () => ExecutorWorld): void {
  const here: SlotAddress = { machine: 0, slot: 0 }
  const orders = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      task: from + i,
      attempt: from + i,
      try: 1,
      items: [{ index: from + i, key: String(from + i), payload: String(from + i) }],
    }))
  const outcomes = (world: ExecutorWorld) =>
    world.events.flatMap(event => (event.kind === 'outcomes' ? event.outcomes : []))
  const count = (world: ExecutorWorld, kind: ExecutorEvent['kind']) =>
    world.events.filter(event => event.kind === kind).length

  describe(`${name} keeps the rules of an executor`, () => {
    test('every attempt of a slot is answered once, in order', async () => {
      const world = open()
      world.executor.define(0, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 3))
      world.executor.run(here, 0, orders(3, 2))
      await world.until(() => outcomes(world).length >= 5)
      expect(outcomes(world).map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4])
      expect(outcomes(world).every(({ failure }) => failure === undefined)).toBe(true)
    })

    test('a stage is loaded once per slot', async () => {
      const world = open()
      world.executor.define(0, world.code('echoes'))
      for (let i = 0; i < 3; i++) world.executor.run(here, 0, orders(i, 1))
      world.executor.run({ machine: 0, slot: 1 }, 0, orders(3, 1))
      await world.until(() => outcomes(world).length >= 4)
      expect(count(world, 'loaded')).toBe(2)
    })

    test('an item whose handler throws fails, and the next one runs', async () => {
      const world = open()
      world.executor.define(0, world.code('throws'))
      world.executor.define(1, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 1))
      world.executor.run(here, 1, orders(1, 1))
      await world.until(() => outcomes(world).length >= 2)
      expect(outcomes(world).map(({ failure }) => failure?.kind)).toEqual(['error', undefined])
    })

    test('an aborted attempt answers: the running one, and one still queued', async () => {
      const world = open()
      world.executor.define(0, world.code('waits for abort'))
      world.executor.run(here, 0, orders(0, 2))
      await world.until(() => count(world, 'loaded') > 0)
      const why = { kind: 'timeout', message: 'too long' } as const
      world.executor.abort(here, 1, why)
      world.executor.abort(here, 0, why)
      await world.until(() => outcomes(world).length >= 2)
      const failures = outcomes(world).map(({ attempt, failure }) => [attempt, failure?.kind])
      expect(failures.sort()).toEqual([
        [0, 'cancelled'],
        [1, 'cancelled'],
      ])
    })

    test('a killed slot ends once, answers nothing more, and opens again at its next message', async () => {
      const world = open()
      world.executor.define(0, world.code('waits for abort'))
      world.executor.define(1, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 2))
      await world.until(() => count(world, 'loaded') > 0)
      world.executor.kill(here)
      await world.until(() => count(world, 'slotEnded') > 0)
      world.executor.run(here, 1, orders(7, 1))
      await world.until(() => outcomes(world).length > 0)
      expect(count(world, 'slotEnded')).toBe(1)
      expect(outcomes(world).map(({ attempt }) => attempt)).toEqual([7])
    })

    test('a stage that cannot run is reported as broken, not charged to an item', async () => {
      const world = open()
      world.executor.define(0, world.code('broken'))
      world.executor.run(here, 0, orders(0, 1))
      await world.until(() => count(world, 'stageBroken') > 0)
      const [broken] = world.events.filter(event => event.kind === 'stageBroken')
      expect(broken).toMatchObject({ stage: 0, slot: here })
    })

    test('closing ends every slot, and nothing is heard of them any more', async () => {
      const world = open()
      world.executor.define(0, world.code('waits for abort'))
      world.executor.run(here, 0, orders(0, 1))
      await world.until(() => count(world, 'loaded') > 0)
      const heard = world.events.length
      await world.executor.close(50_000)
      expect(world.events.length).toBe(heard)
    })
  })
}
