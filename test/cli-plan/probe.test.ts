import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { drayIn } from './dray.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const folders: string[] = []
let folder = ''
const dray = (...words: string[]) => drayIn(folder, words)
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-probe-'))
  folders.push(folder)
  write('job.yaml', job('range: { from: 0, to: 8 }'))
  write(
    'handle.mjs',
    `import { appendFileSync } from 'node:fs'
export default async item => {
  appendFileSync('${join(folder, 'seen')}', item + '\\n')
  await new Promise(done => setTimeout(done, 300))
  return item
}
`,
  )
})
afterAll(() => {
  for (const name of folders) rmSync(name, { recursive: true, force: true })
})

const job = (input: string) =>
  `name: probed\ninput: { ${input} }\nstages:\n  - { name: s, map: ./handle.mjs, retry: { attempts: 1 } }\n`

const seen = () => readFileSync(join(folder, 'seen'), 'utf8').trim().split('\n')

describe('plan --probe', { timeout: 60_000 }, () => {
  test('says how many items ran and in which run, and none of them runs again', () => {
    const { stdout } = dray('plan', 'job.yaml', '--probe', '3', '--json')
    const { probed } = JSON.parse(stdout)
    expect(probed.ended).toBeGreaterThanOrEqual(3)
    expect(probed.failed).toBe(0)
    const { run, items } = JSON.parse(dray('run', 'job.yaml', '--json').stdout)
    expect(run).toBe(probed.run)
    expect(items.done).toBe(8)
    expect(seen()).toHaveLength(8)
  })

  test('of more items than there are runs them all, and there is nothing left to run', () => {
    const { stdout } = dray('plan', 'job.yaml', '--probe', '99')
    expect(stdout).toContain('8 items have run')
    expect(dray('run', 'job.yaml').stderr).toContain('nothing to do')
    expect(seen()).toHaveLength(8)
  })

  test('of items that all fail says so instead of asking for another probe', () => {
    write('handle.mjs', 'export default () => { throw new Error("no") }\n')
    const { status, stdout } = dray('plan', 'job.yaml', '--probe', '2')
    expect(status).toBe(0)
    expect(stdout).toMatch(/(\d) items have run, as (\S+), \1 of them failed: dray why \2/)
    expect(stdout).toContain('times of s are still unknown')
    expect(stdout).not.toContain('--probe 10')
  })

  test('of items that come while the job runs is refused, and nothing runs', () => {
    write('job.yaml', job('stdin: lines'))
    const { status, stderr } = dray('plan', 'job.yaml', '--probe', '2')
    expect(status).toBe(2)
    expect(stderr).toContain('expected an input that can be read again')
    expect(existsSync(join(folder, '.dray'))).toBe(false)
  })

  test('interrupted lets what runs end, exits 130, and the run goes on after it', async () => {
    const words = [main, 'plan', 'job.yaml', '--probe', '7']
    const child = spawn(process.execPath, words, { cwd: folder, stdio: 'ignore' })
    const ended = new Promise(resolve => child.on('close', resolve))
    const atWork = setInterval(() => {
      if (!existsSync(join(folder, 'seen'))) return
      clearInterval(atWork)
      child.kill('SIGINT')
    }, 20)
    expect(await ended).toBe(130)
    expect(JSON.parse(dray('run', 'job.yaml', '--json').stdout).items.done).toBe(8)
    expect(seen().toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })
})
