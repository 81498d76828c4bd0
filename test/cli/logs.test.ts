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
  folder.write(
    'job.json',
    JSON.stringify({
      name: 'again',
      input: { items: ['a', 'b', 'c'] },
      stages: [{ name: 'only', map: './twice.mjs', retry }],
    }),
  )
  await folder.dray('run', 'job.json')
}, 60_000)
afterAll(() => folder.remove())

test('a line of the log names the attempt of its item, as the handler knows it', async () => {
  const { out } = await folder.dray('logs', 'again', '2', '--json')
  const told = lines(out).map(line => JSON.parse(line))
  for (const { stream, attempt, text } of told)
    expect(text).toContain(stream === 'dray' ? `attempt ${attempt} failed` : `try ${attempt}`)
  expect(told.map(({ attempt }) => attempt).sort()).toEqual([1, 1, 2, 2, 3])
})
