import { expect, test } from 'vitest'
import { moduleSource } from '../../src/adapter/source/module.ts'

/** A plain generator or a list may hold promises: they are waited for, as `for await` does. */

const sourceOf = (made: unknown) =>
  moduleSource(
    '/list.mjs',
    'list.mjs',
    { key: undefined, size: { kind: 'one' } },
    { params: {}, importModule: async () => ({ default: made }) },
  )

test('promised items of a list are items', async () => {
  const { items } = await sourceOf([Promise.resolve(1), 2]).read(undefined, 10)
  expect(items.map(({ payload }) => payload)).toEqual(['1', '2'])
})

test('a promised item that is rejected says which, and nothing is left unheard', async () => {
  const source = sourceOf(function* () {
    yield 1
    yield Promise.reject(new Error('no line'))
  })
  await expect(source.read(undefined, 10)).rejects.toThrow(
    'list.mjs: threw while making item 1 (Error: no line)',
  )
})
