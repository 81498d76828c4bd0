import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dray, folderWith, summaryOf } from './cli.ts'

/** Items of 4 ms; where the file `kill` is, one of them kills its slot and the loop while answers are held back. */
const handler = `import { existsSync } from 'node:fs'
const kills = existsSync('kill')
export const setup = () => kills || new Promise(go => setTimeout(go, 2500))
export default n => {
  const until = performance.now() + 4
  while (performance.now() < until);
  if (!kills || n !== 300) return n
  process.kill(process.ppid, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}
`
const job = `input: { range: { from: 0, to: 600 } }
stages:
  - { name: work, map: ./work.mjs, timeout: 1s, retry: { attempts: 1 }, output: { jsonl: out.jsonl } }
`

test('answers of an earlier life do not have the setup of the slot they come for count as time of its items', async () => {
  const folder = folderWith({ 'work.mjs': handler, 'job.yaml': job, kill: '' })
  await dray(folder, ['run', 'job.yaml'])
  expect(existsSync(join(folder, '.dray', 'saved'))).toBe(true)
  rmSync(join(folder, 'kill'))
  const ended = await dray(folder, ['run', 'job.yaml', '--events'])
  expect(ended.code, ended.err).toBe(0)
  // None was killed as if an item took longer than its timeout.
  expect(ended.out).not.toContain('"slot-ended"')
  expect(readFileSync(join(folder, 'out.jsonl'), 'utf8').trim().split('\n')).toHaveLength(600)
  const status = await dray(folder, ['status', '--json'])
  expect(summaryOf(status)).toMatchObject({ retries: 0 })
})
