import { describe, expect, it } from 'vitest'
import type { Source, SourceItem } from '../../src/port/source.ts'

/** An input of a few items, and ways to open it as a restarted process would. */
export type SourceWorld = {
  /** A new source over the same input. */
  open(): Source
  /** The items' values in order; `PROBLEM` where the input is damaged. */
  readonly values: readonly unknown[]
  /** Changes one item in place; absent where the input cannot change. */
  change?(): void
  discard?(): void
}

export const PROBLEM = Symbol('an item that cannot be read')

/** What every source promises (`port/source`), the simulated one and the real ones alike. */
export function sourceConformance(name: string, createWorld: () => SourceWorld): void {
  const inWorld = async (check: (world: SourceWorld) => Promise<void>): Promise<void> => {
    const world = createWorld()
    try {
      await check(world)
    } finally {
      world.discard?.()
    }
  }

  describe(`source: ${name}`, () => {
    it('gives every item once, in order, damaged ones as problems', () =>
      inWorld(async world => {
        const items = await readAll(world.open(), 1000)
        const values = items.map(item =>
          item.problem === undefined ? JSON.parse(item.payload) : PROBLEM,
        )
        expect(values).toEqual(world.values)
      }))

    it('gives the same items in windows of any size', () =>
      inWorld(async world => {
        const whole = await readAll(world.open(), 1000)
        for (const limit of [1, 2, 3, world.values.length]) {
          expect(await readAll(world.open(), limit)).toEqual(whole)
        }
      }))

    it('never gives more than it was asked for', () =>
      inWorld(async world => {
        const source = world.open()
        expect((await source.read(undefined, 2)).items.length).toBeLessThanOrEqual(2)
        await source.close()
      }))

    it('gives the same items again from an old cursor', () =>
      inWorld(async world => {
        const source = world.open()
        const first = await source.read(undefined, 2)
        const second = await source.read(first.cursor, 2)
        await source.read(second.cursor, 2)
        expect(await source.read(first.cursor, 2)).toEqual(second)
        expect(await source.read(undefined, 2)).toEqual(first)
        await source.close()
      }))

    it('continues from a cursor after a restart', () =>
      inWorld(async world => {
        const whole = await readAll(world.open(), 1000)
        for (let done = 1; done < whole.length; done += 1) {
          const before = world.open()
          let [cursor, seen] = [undefined as string | undefined, 0]
          while (seen < done) {
            const chunk = await before.read(cursor, done - seen)
            seen += chunk.items.length
            cursor = chunk.cursor
          }
          await before.close()
          expect(await readAll(world.open(), 3, cursor)).toEqual(whole.slice(done))
        }
      }))

    it('has nothing after its end', () =>
      inWorld(async world => {
        const source = world.open()
        let last = await source.read(undefined, 1000)
        while (!last.done) last = await source.read(last.cursor, 1000)
        const after = await source.read(last.cursor, 10)
        expect(after).toMatchObject({ items: [], done: true })
        await source.close()
      }))

    it('has a key of its own for every item, a version and a positive size', () =>
      inWorld(async world => {
        const items = await readAll(world.open(), 1000)
        expect(new Set(items.map(item => item.key)).size).toBe(items.length)
        for (const item of items) {
          expect(item.version).not.toBe('')
          expect(item.size).toBeGreaterThan(0)
        }
      }))

    it('counts as many as it gives, where it can count', () =>
      inWorld(async world => {
        const source = world.open()
        const count = await source.count()
        await source.close()
        if (count !== undefined) expect(count).toBe(world.values.length)
      }))

    it('has the same fingerprint until something changes', () =>
      inWorld(async world => {
        const fingerprint = async (): Promise<string | undefined> => {
          const source = world.open()
          const found = await source.fingerprint()
          await source.close()
          return found
        }
        const before = await fingerprint()
        expect(await fingerprint()).toBe(before)
        if (before === undefined || world.change === undefined) return
        world.change()
        expect(await fingerprint()).not.toBe(before)
      }))

    it('gives a changed item another version under the same key', () =>
      inWorld(async world => {
        if (world.change === undefined) return
        const before = await readAll(world.open(), 1000)
        world.change()
        const after = await readAll(world.open(), 1000)
        expect(after.map(item => item.key)).toEqual(before.map(item => item.key))
        const changed = after.filter((item, at) => item.version !== before[at].version)
        expect(changed.length).toBe(1)
      }))
  })
}

/** Every item from a cursor on, read in windows of `limit`; closes the source. */
export async function readAll(source: Source, limit: number, from?: string): Promise<SourceItem[]> {
  const items: SourceItem[] = []
  let cursor = from
  for (;;) {
    const chunk = await source.read(cursor, limit)
    items.push(...chunk.items)
    cursor = chunk.cursor
    if (chunk.done) break
  }
  await source.close()
  return items
}
