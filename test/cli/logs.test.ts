import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Folder, lines, folderWith } from './harness.ts'

let folder: Folder
beforeAll(async () => {
  folder = folderWith()
  folder.write(
    'twice.mjs',
    `export default (item, ctx) => {
      ctx.log('try', ctx.attempt)
      if (ctx.attempt < 3) throw new Error('not yet')
      return item
    }`,
  )
  const retry = { attempts: 3, delay: '1ms' }
  for (const [name, items] of Object.entries({ first: ['a', 'b'], again: ['a', 'b', 'c'] })) {
    const stages = [{ name: 'only', map: './twice.mjs', retry }]
    folder.write(`${name}.json`, JSON.stringify({ name, input: { items }, stages }))
    await folder.dray('run', `${name}.json`)
  }
}, 60_000)
afterAll(() => folder.remove())

test('a line of the log names the attempt of its item, as the handler knows it', async () => {
  const { out } = await folder.dray('logs', 'again', '2', '--json')
  const told = lines(out).map(line => JSON.parse(line))
  for (const { stream, attempt, text } of told)
    expect(text).toContain(stream === 'dray' ? `attempt ${attempt} failed` : `try ${attempt}`)
  expect(told.map(({ attempt }) => attempt).sort()).toEqual([1, 1, 2, 2, 3])
  for (const { at } of told) expect(new Date(at).toISOString()).toBe(at)
})

test('a run of the directory has its own lines and no other’s', async () => {
  for (const [run, items] of [
    ['first', 2],
    ['again', 3],
  ] as const) {
    const { out } = await folder.dray('logs', run)
    expect(lines(out).filter(line => /only\[\d\] try \d$/.test(line))).toHaveLength(3 * items)
  }
})
