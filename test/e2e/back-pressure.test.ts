import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dray, folderWith, summaryOf } from './cli.ts'

/** Items of a megabyte, each noted when it is made and when it is handled, one after the other. */
const files = {
  'list.js': `
import { appendFileSync } from 'node:fs'
const text = 'x'.repeat(1e6)
export default function* () {
  for (let n = 0; n < 120; n += 1) {
    appendFileSync('story.txt', 'm')
    yield text
  }
}
`,
  'work.js': `
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
export default async text => {
  await sleep(10)
  appendFileSync('story.txt', 'h')
  return text.length
}
`,
}

const job = (options: string) => `
name: large
input: { from: ./list.js }
stages: [{ name: work, map: ./work.js, ${options} }]
`

async function furthestAhead(options: string): Promise<number> {
  const folder = folderWith({ ...files, 'job.yaml': job(options) })
  const summary = summaryOf(await dray(folder, ['run', 'job.yaml', '--json']))
  expect(summary.items).toMatchObject({ total: 120, done: 120 })
  let ahead = 0
  let furthest = 0
  for (const what of readFileSync(join(folder, 'story.txt'), 'utf8')) {
    ahead += what === 'm' ? 1 : -1
    furthest = Math.max(furthest, ahead)
  }
  return furthest
}

test('a source is not read further ahead than 64 million characters', async () => {
  expect(await furthestAhead('chunk: 1')).toBeLessThan(75)
})

test('a chunk that wants more items than that gets them', async () => {
  expect(await furthestAhead('chunk: 90')).toBeGreaterThanOrEqual(90)
  expect(await furthestAhead('chunk: whole')).toBe(120)
})
