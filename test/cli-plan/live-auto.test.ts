import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begin } from '../cli/harness.ts'
import { drayIn } from './dray.ts'

let folder = ''
const dray = (...words: string[]) => drayIn(folder, words)
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-live-auto-'))
  const job = (name: string, objective: string, items: number) =>
    `name: ${name}\ninput: { range: { from: 0, to: ${items} } }\nobjective: ${objective}\n` +
    'stages:\n  - { name: nap, map: ./nap.mjs }\n'
  write('quick.yaml', job('quick', 'makespan', 12))
  write('frugal.yaml', job('frugal', 'cost', 200).replace('nap.mjs', 'patient.mjs'))
  write(
    'sized.json',
    JSON.stringify({
      name: 'sized',
      input: { items: Array.from({ length: 60 }, (_, at) => ({ ms: 10 + (at % 7) * 8 })) },
      stages: [{ name: 'nap', map: './sleep.mjs', size: { field: 'ms' }, chunk: 1 }],
    }),
  )
  write('sleep.mjs', 'export default ({ ms }) => new Promise(done => setTimeout(done, ms))')
  write(
    'nap.mjs',
    'export default i => new Promise(done => setTimeout(done, 20 + (i % 3) * 10, i))',
  )
  // Until the file `planned` is there a slot handles no more than it takes to learn times by.
  write(
    'patient.mjs',
    `import { existsSync } from 'node:fs'
    let handled = 0
    export default async i => {
      handled += 1
      do await new Promise(done => setTimeout(done, 20 + (i % 3) * 10))
      while (handled > 8 && !existsSync(new URL('./planned', import.meta.url)))
      return i
    }`,
  )
  const machines = (cost: number, speed: number) =>
    JSON.stringify({
      machines: [
        { id: 'dear', speed: 1, cost },
        { id: 'cheap', speed, cost: 1 },
      ],
    })
  write('prices.json', machines(40, 1))
  write('mixed.json', machines(1, 0.5))
  write('alike.json', machines(1, 1))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Line = {
  readonly event: string
  readonly machine?: string
  readonly strategy?: string
  readonly tasks?: number
  readonly indexes?: readonly number[]
  readonly why?: string
}

/** The lines of `run --events`. */
function eventsOf(job: string, ...words: string[]): Line[] {
  const { status, stdout, stderr } = dray('run', job, ...words, '--events')
  if (status !== 0) throw new Error(stderr)
  return eventsIn(stdout)
}

const eventsIn = (text: string): Line[] =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)

describe('auto beside a live run', { timeout: 120_000 }, () => {
  test('uses mct until times are known, then says what it chose for the objective, and does it', async () => {
    const run = begin(folder, ['run', 'frugal.yaml', '--machines', 'prices.json', '--events'])
    await run.says('least cost of')
    write('planned', '')
    const { code, out, err } = await run.ended
    expect(code, err).toBe(0)
    const lines = eventsIn(out)
    const [first, ...plans] = lines.filter(({ event }) => event === 'plan')
    expect(first).toMatchObject({ strategy: 'mct', tasks: 0 })
    expect(first.why).toContain('until every machine has five samples')
    expect(plans[0].why).toMatch(/least cost of \d+ tried/)

    // Once it is chosen, the dear machine ends what it holds and gets no more.
    const chosen = lines.indexOf(plans[0])
    const startsOn = (machine: string) =>
      lines.filter((line, at) => at > chosen && line.machine === machine).length
    expect(startsOn('dear')).toBeLessThanOrEqual(1)
    expect(startsOn('cheap')).toBeGreaterThan(1)

    const status = JSON.parse(dray('status', '--json').stdout)
    expect(status.strategy).toMatchObject({ asked: 'auto', objective: 'cost' })
    expect(dray('status').stdout).toMatch(/auto.*least cost of \d+ tried/)
    expect(dray('why').stdout).toMatch(/auto.*least cost of \d+ tried/)
  })

  test('the first lines of a run say it too; on machines alike there is nothing to choose', () => {
    const mixed = dray('run', 'quick.yaml', '--machines', 'mixed.json')
    expect(mixed.stderr).toContain('auto uses mct: until every machine has five samples')
    const alike = dray('run', 'quick.yaml', '--machines', 'alike.json', '--fresh')
    expect(alike.stderr).toContain('auto uses on-demand: all slots are alike')
    expect(JSON.parse(dray('status', '--json').stdout).strategy.uses).toBe('on-demand')
  })

  test('on machines unlike the largest go first while times are learnt, unless an order is named', () => {
    const words = ['--machines', 'mixed.json', '--fresh']
    const lines = eventsOf('sized.json', ...words)
    const at = lines.findIndex(({ strategy }) => strategy === 'mct in lpt order')
    expect(lines[at]).toMatchObject({ event: 'plan', tasks: 0 })
    expect(lines[at].why).toContain('the largest first until every machine has five samples')
    const begun = lines
      .slice(at)
      .flatMap(({ event, indexes = [] }) => (event === 'started' ? indexes : []))
    // What was on its way to a slot already is not among them; eight are the largest.
    expect(begun.slice(0, 10).filter(index => index % 7 === 6).length).toBeGreaterThanOrEqual(6)

    const ordered = eventsOf('sized.json', ...words, '--order', 'fifo')
    expect(ordered.map(({ strategy }) => strategy)).not.toContain('mct in lpt order')
  })

  test('on machines alike the largest go first once their times are known, unless an order is named', () => {
    const chosen = (...words: string[]) =>
      eventsOf('sized.json', '--machines', 'alike.json', '--fresh', ...words)
        .filter(({ event }) => event === 'plan')
        .map(({ strategy }) => strategy)
    expect(chosen()).toEqual(['on-demand', 'on-demand in lpt order'])
    expect(dray('why').stdout).toContain('on-demand in lpt order: all slots are alike')
    expect(chosen('--order', 'fifo')).toEqual(['on-demand'])
  })
})
