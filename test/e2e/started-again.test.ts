import { expect, test } from 'vitest'
import { dray, folderWith } from './cli.ts'

test('events of a run that goes on name every item that starts, the first ones too', async () => {
  const folder = folderWith({
    'work.mjs': `import { existsSync, writeFileSync } from 'node:fs'
export default async index => {
  if (index === 2 && !existsSync('killed')) {
    writeFileSync('killed', '')
    process.kill(process.ppid, 'SIGKILL')
  }
  await new Promise(resolve => setTimeout(resolve, 100))
  return index
}
`,
    'machines.json': '{ "machines": [{ "id": "m0" }] }',
    'job.json': JSON.stringify({
      name: 'again',
      input: { range: { from: 0, to: 6 } },
      stages: [{ name: 's', map: './work.mjs', chunk: 1 }],
    }),
  })
  const words = ['run', 'job.json', '--machines', 'machines.json', '--events']
  await dray(folder, words)
  const { code, out, err } = await dray(folder, words)
  expect(code, err).toBe(0)
  const events = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { event: string; indexes: number[]; ended: number })
  const before = events.find(({ event }) => event === 'done')?.ended ?? 0
  const started = events.filter(({ event }) => event === 'started').flatMap(one => one.indexes)
  expect(started).toEqual([0, 1, 2, 3, 4, 5].slice(before))
  expect(started).toContain(2)
})
