import { describe, expect, test } from 'vitest'
import type { Executor, ExecutorEvent, SlotAddress, StageCode } from '../../../src/port/executor.ts'

/** What a handler does in these rules; each world brings its own code for it. */
export type Behaviour = 'echoes' | 'throws' | 'waits for abort' | 'broken' | 'dies' | 'stops early'

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

    test('what waits for a stage that cannot run is answered, and the slot takes another stage', async () => {
      const world = open()
      world.executor.define(0, world.code('broken'))
      world.executor.define(1, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 2))
      world.executor.run(here, 1, orders(2, 1))
      await world.until(() => outcomes(world).length >= 3)
      const failures = outcomes(world).map(({ attempt, failure }) => [attempt, failure?.kind])
      expect(failures).toEqual([
        [0, 'error'],
        [1, 'error'],
        [2, undefined],
      ])
    })

    test('an attempt of many items answers each, in order', async () => {
      const world = open()
      const items = [5, 6, 7].map(index => ({ index, key: String(index), payload: String(index) }))
      world.executor.define(0, world.code('echoes'))
      world.executor.run(here, 0, [{ task: 3, attempt: 9, try: 1, items }])
      await world.until(() => outcomes(world).length >= 3)
      const answers = outcomes(world).map(({ task, attempt, index }) => [task, attempt, index])
      expect(answers).toEqual([
        [3, 9, 5],
        [3, 9, 6],
        [3, 9, 7],
      ])
    })

    test('an item that is stopped early has not failed', async () => {
      const world = open()
      world.executor.define(0, world.code('stops early'))
      world.executor.run(here, 0, orders(0, 1))
      await world.until(() => outcomes(world).length > 0)
      expect(outcomes(world)[0]).toMatchObject({ stopped: true })
      expect(outcomes(world)[0].failure).toBeUndefined()
    })

    test('a slot whose handler ends it ends once, answers nothing of what it held, and opens again', async () => {
      const world = open()
      world.executor.define(0, world.code('dies'))
      world.executor.define(1, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 2))
      await world.until(() => count(world, 'slotEnded') > 0)
      world.executor.run(here, 1, orders(7, 1))
      await world.until(() => outcomes(world).length > 0)
      const ended = world.events.filter(event => event.kind === 'slotEnded')
      expect(ended).toHaveLength(1)
      expect(ended[0]).toMatchObject({ slot: here, failure: { kind: 'crash' } })
      expect(outcomes(world).map(({ attempt }) => attempt)).toEqual([7])
    })

    test('a slot that never opened says that it ended, when asked to end', async () => {
      const world = open()
      world.executor.kill(here)
      await world.until(() => count(world, 'slotEnded') > 0)
      expect(world.events).toMatchObject([{ kind: 'slotEnded', slot: here }])
    })

    test('asking an attempt to stop that is not there changes nothing', async () => {
      const world = open()
      const why = { kind: 'cancelled', message: 'too late' } as const
      world.executor.define(0, world.code('echoes'))
      world.executor.abort(here, 0, why)
      world.executor.run(here, 0, orders(0, 1))
      await world.until(() => outcomes(world).length > 0)
      world.executor.abort(here, 0, why)
      world.executor.run(here, 0, orders(1, 1))
      await world.until(() => outcomes(world).length > 1)
      expect(outcomes(world).map(({ attempt, failure }) => [attempt, failure])).toEqual([
        [0, undefined],
        [1, undefined],
      ])
    })

    test('what a slot was given and has not begun is given back at once, and what runs there goes on', async () => {
      const world = open()
      const back = () => world.events.flatMap(event => (event.kind === 'givenBack' ? [event] : []))
      const items = [5, 6].map(index => ({ index, key: String(index), payload: String(index) }))
      world.executor.define(0, world.code('waits for abort'))
      world.executor.define(1, world.code('echoes'))
      world.executor.run(here, 0, orders(0, 2))
      world.executor.run(here, 1, [{ task: 2, attempt: 2, try: 1, items }])
      await world.until(() => count(world, 'loaded') > 0)
      world.executor.takeBack(here)
      await world.until(() => back().length > 0)
      expect(outcomes(world)).toEqual([])
      const [tasks, attempts, firsts] = [
        [1, 2],
        [1, 2],
        [1, 5],
      ]
      expect(back()).toEqual([{ kind: 'givenBack', slot: here, tasks, attempts, firsts }])
      world.executor.abort(here, 0, { kind: 'cancelled', message: 'enough' })
      await world.until(() => outcomes(world).length > 0)
      world.executor.run(here, 1, orders(7, 1))
      await world.until(() => outcomes(world).length > 1)
      expect(outcomes(world).map(({ attempt }) => attempt)).toEqual([0, 7])
    })

    test('a slot that has nothing to give back says nothing, and takes what comes', async () => {
      const world = open()
      world.executor.define(0, world.code('echoes'))
      world.executor.takeBack(here)
      world.executor.run(here, 0, orders(0, 1))
      await world.until(() => outcomes(world).length > 0)
      world.executor.takeBack(here)
      world.executor.run(here, 0, orders(1, 2))
      await world.until(() => outcomes(world).length > 2)
      expect(count(world, 'givenBack')).toBe(0)
    })

    const drops: Record<string, (executor: Executor) => void> = {
      'unloaded in a slot': executor => executor.unload(here, 0),
      'loaded in a slot that is replaced': executor => executor.replace(here),
      'forgotten and defined again': executor => executor.forget(0),
    }
    for (const [what, drop] of Object.entries(drops)) {
      test(`a stage that was ${what} is loaded again there, and the slot has not ended`, async () => {
        const world = open()
        world.executor.define(0, world.code('echoes'))
        world.executor.run(here, 0, orders(0, 1))
        await world.until(() => outcomes(world).length > 0)
        drop(world.executor)
        world.executor.define(0, world.code('echoes'))
        world.executor.run(here, 0, orders(1, 1))
        await world.until(() => outcomes(world).length > 1)
        expect(count(world, 'loaded')).toBe(2)
        expect(count(world, 'slotEnded')).toBe(0)
      })
    }

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
