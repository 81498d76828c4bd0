import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { code, first, order, world } from './harness.ts'

/** What was sent ahead, so that no slot stands idle, and is not to begin any more. */
for (const isolation of ['process', 'thread'] as const) {
  describe(`items sent ahead to a slot that is a ${isolation}`, () => {
    const many = (count: number) => ({
      task: 0,
      attempt: 3,
      try: 1,
      items: Array.from({ length: count }, (_, index) => ({
        index,
        key: String(index),
        payload: JSON.stringify(index),
      })),
    })

    /** A handler that notes what it begins, and does the rest. */
    const begins = (directory: string, rest: string, before = '') => {
      const path = join(directory, 'handler.mjs')
      writeFileSync(
        path,
        `import { appendFileSync, existsSync } from 'node:fs'
const here = name => new URL('./' + name, import.meta.url)
const note = (name, text) => appendFileSync(here(name), text + '\\n')
${before}
export default (item, ctx) => { note('begun', item); ${rest} }
`,
      )
      return {
        code: code(path, { isolation }),
        noted: (name: string) =>
          existsSync(join(directory, name))
            ? readFileSync(join(directory, name), 'utf8').trim().split('\n')
            : [],
        say: (name: string) => appendFileSync(join(directory, name), ''),
      }
    }

    /** Long enough for what was sent to arrive: the handler's loop turns every few milliseconds. */
    const arrives = () => new Promise(done => setTimeout(done, 100))
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise(done => setTimeout(done, 5))
    }
    const waitsForGo = `return new Promise(done => { const look = () => existsSync(here('go')) ? done(item) : setTimeout(look, 5); look() })`

    test('come back at once, but for the one of their chunk that runs, which is answered when it ends', async () => {
      const { executor, directory, events, answered } = world()
      const slow = begins(directory, `if (item < 2) return item; ${waitsForGo}`)
      executor.define(0, slow.code)
      executor.run(first, 0, [many(50)])
      executor.run(first, 0, [order(60, 60)])
      await until(() => slow.noted('begun').length === 3)
      executor.takeBack(first)
      await until(() => events.some(({ kind }) => kind === 'givenBack'))
      const told = events.filter(({ kind }) => kind === 'outcomes' || kind === 'givenBack')
      expect(told.at(-1)).toEqual({
        kind: 'givenBack',
        slot: first,
        tasks: [0, 60],
        attempts: [3, 60],
        firsts: [3, 60],
      })
      await answered(2)
      slow.say('go')
      await answered(3)
      expect(slow.noted('begun')).toEqual(['0', '1', '2'])
      executor.run(first, 0, [order(70, 70)])
      await answered(4)
      expect(slow.noted('begun')).toEqual(['0', '1', '2', '70'])
    })

    test('come back at once while their stage is set up, for however long that takes', async () => {
      const { executor, directory, next, of } = world()
      const setup = `export function setup() { note('setting', 'up'); const item = 0; ${waitsForGo} }`
      const never = begins(directory, 'return item', setup)
      executor.define(0, never.code)
      executor.run(first, 0, [many(2)])
      executor.run(first, 0, [order(9, 9)])
      await until(() => never.noted('setting').length === 1)
      executor.takeBack(first)
      expect(await next('givenBack')).toMatchObject({ tasks: [0, 9], attempts: [3, 9] })
      expect(of('loaded')).toEqual([])
      executor.run(first, 0, [order(10, 10)])
      never.say('go')
      await next('outcomes')
      expect(never.noted('begun')).toEqual(['10'])
    })

    test('come back before their module was compiled', async () => {
      const { executor, next, of } = world()
      executor.define(0, code('typed.ts', { isolation }))
      executor.run(first, 0, [many(3)])
      executor.takeBack(first)
      expect(of('givenBack')).toEqual([])
      expect(await next('givenBack')).toMatchObject({ tasks: [0], attempts: [3] })
    })

    test('do not begin once the executor is closed', async () => {
      const { executor, directory } = world()
      const waits = begins(
        directory,
        `return new Promise(done => ctx.signal.addEventListener('abort', () => done(item)))`,
      )
      executor.define(0, waits.code)
      executor.run(first, 0, [many(3)])
      executor.run(first, 0, [order(9, 9)])
      await until(() => waits.noted('begun').length === 1)
      await executor.close(200_000)
      expect(waits.noted('begun')).toEqual(['0'])
    })

    test('of a batch: the one that runs ends whole, the next does not begin', async () => {
      const { executor, directory, answered, next } = world()
      const batch = `export async function batch(items) { note('batches', items.join(' ')); const item = 0; const wait = () => { ${waitsForGo} }; await wait(); return items }`
      const together = begins(directory, 'return item', batch)
      executor.define(0, together.code)
      executor.run(first, 0, [many(4)])
      executor.run(first, 0, [{ ...many(4), task: 1, attempt: 4 }])
      await until(() => together.noted('batches').length === 1)
      executor.takeBack(first)
      await arrives()
      together.say('go')
      await answered(4)
      expect(await next('givenBack')).toMatchObject({ tasks: [1], attempts: [4] })
      expect(together.noted('batches')).toEqual(['0 1 2 3'])
    })
  })
}
