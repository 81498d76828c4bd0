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
    expect(probed).toMatchObject({ asked: 3, ended: 3, failed: 0 })
    expect(seen()).toHaveLength(3)
    const rest = dray('run', 'job.yaml', '--json')
    expect(rest.stderr).toContain('3 of 3+ items are done')
    const { run, items } = JSON.parse(rest.stdout)
    expect(run).toBe(probed.run)
    expect(items.done).toBe(8)
    expect(seen()).toHaveLength(8)
  })

  test.each(['spt', 'fifo'])(
    'runs no more than it is asked to, through all stages that take items one by one: %s',
    order => {
      const stages = ['a', 'b'].map((name, at) => ({
        ...{ name, map: './handle.mjs', ...(at > 0 && { after: 'a' }) },
      }))
      const sum = { name: 'sum', reduce: './sum.mjs', after: 'b' }
      write('sum.mjs', 'export default list => list.length')
      write('handle.mjs', 'export default item => item')
      const input = { range: { from: 0, to: 200 } }
      write('two.json', JSON.stringify({ name: 'two', input, order, stages: [...stages, sum] }))
      const { probed } = JSON.parse(dray('plan', 'two.json', '--probe', '6', '--json').stdout)
      expect(probed).toMatchObject({ asked: 6, ended: 6, failed: 0 })
      const { stages: told } = JSON.parse(dray('status', '--json').stdout)
      expect(told.map(({ done }: { done: number }) => done)).toEqual([6, 6, 0])
      // A second one goes on from there.
      const second = JSON.parse(dray('plan', 'two.json', '--probe', '9', '--json').stdout)
      expect(second.probed).toMatchObject({ run: probed.run, asked: 9, ended: 9 })
      const { items, attempts } = JSON.parse(dray('run', 'two.json', '--json').stdout)
      expect(items.done).toBe(401)
      expect(attempts).toBe(401)
    },
  )

  test('learns what slots take to start and load, and the forecast begins with it', () => {
    const text = 'export const setup = () => new Promise(done => setTimeout(done, 400))\n'
    write('handle.mjs', `${text}export default item => item\n`)
    const plan = JSON.parse(dray('plan', 'job.yaml', '--probe', '3', '--json').stdout)
    // A timer may fire a millisecond early.
    expect(plan.loading).toBeGreaterThan(0.398)
    expect(plan.forecast.low).toBeGreaterThanOrEqual(plan.loading)
    expect(dray('plan', 'job.yaml').stdout).toMatch(/of it until slots have loaded/)
  })

  test('fills chunks of a fixed size, and says so', () => {
    const stages = [{ name: 's', map: './handle.mjs', chunk: 4 }]
    write('handle.mjs', 'export default item => item')
    const input = { range: { from: 0, to: 40 } }
    write('chunks.json', JSON.stringify({ name: 'chunks', input, stages }))
    const { stdout } = dray('plan', 'chunks.json', '--probe', '6')
    expect(stdout).toContain(
      '8 items have run (6 asked for; the others were begun before, or fill a chunk)',
    )
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
    const text = `import { appendFileSync, existsSync } from 'node:fs'
const at = name => new URL('./' + name, import.meta.url)
export default async item => {
  appendFileSync(at('seen'), item + '\\n')
  while (!existsSync(at('go'))) await new Promise(done => setTimeout(done, 10))
  return item
}
`
    write('handle.mjs', text)
    const words = [main, 'plan', 'job.yaml', '--probe', '7']
    const stdio = ['ignore', 'ignore', 'pipe'] as const
    const child = spawn(process.execPath, words, { cwd: folder, stdio: [...stdio] })
    child.stderr?.on('data', said => {
      if (String(said).includes('running tasks may end')) write('go', '')
    })
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
