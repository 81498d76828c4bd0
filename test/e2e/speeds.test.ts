import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dray } from './cli.ts'

/**
 * One box carved into a fast and a throttled slot. Whoever is idle takes the next item, so on-demand
 * gives the long item, last of three, to the slow slot: the fast one is at its first item still. A
 * plan knows that the long one belongs on the fast slot, whatever comes first. What that is worth in
 * seconds is measured by `npm run bench -- speeds`.
 */
const items = [
  { id: 'first', ms: 300 },
  { id: 'short', ms: 25 },
  { id: 'long', ms: 600 },
]
/** Runs before, from which times are learnt on both machines. */
const learnt = Array.from({ length: 14 }, (_, n) => ({ id: `t${n}`, ms: 10 + 8 * n }))

const rows = (list: readonly object[]) => list.map(row => `${JSON.stringify(row)}\n`).join('')

const files = {
  // Time on the processor, so that the work is the same whatever else the box does.
  'spin.mjs': `export default ({ ms }) => {
    const began = process.cpuUsage()
    for (;;) {
      const { user, system } = process.cpuUsage(began)
      if (user + system >= ms * 1000) return ms
    }
  }\n`,
  'job.json': JSON.stringify({
    name: 'speeds',
    input: { jsonl: 'items.jsonl', key: 'id' },
    stages: [{ name: 'spin', map: './spin.mjs', size: { field: 'ms' }, chunk: 1 }],
  }),
  'items.jsonl': rows(items),
  'learnt.jsonl': rows(learnt),
  'machines.json': JSON.stringify({
    machines: [
      { id: 'fast', speed: 1 },
      { id: 'slow', speed: 0.25 },
    ],
  }),
}

describe('slots of speed 0.25 and 1', () => {
  let folder: string

  /** The machine that each item ran on, by its id. */
  const placed = async (strategy: string): Promise<Record<string, string>> => {
    const name = await run(strategy)
    const on: Record<string, string> = {}
    for (const { id } of items) {
      const why = await dray(folder, ['why', name, id])
      on[id] = /ran on (\w+),/.exec(why.out)?.[1] ?? why.out + why.err
    }
    return on
  }

  /** The run's name. */
  const run = async (strategy: string, ...flags: string[]): Promise<string> => {
    const words = ['run', 'job.json', '--machines', 'machines.json', '--fresh', '--json']
    const ended = await dray(folder, [...words, '--strategy', strategy, ...flags])
    expect(ended.code, ended.err).toBe(0)
    return (JSON.parse(ended.out) as { run: string }).run
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dray-speeds-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return () => rmSync(folder, { recursive: true, force: true })
  })
  /** On a box that others load for a moment, times learnt in it mislead: each attempt learns more. */
  beforeEach(async () => {
    await run('round-robin', '--input', 'learnt.jsonl')
  }, 60_000)

  test('on-demand gives the long item to the slot that happens to be idle, the slow one', async () => {
    expect(await placed('on-demand')).toMatchObject({ first: 'fast', long: 'slow' })
  }, 60_000)

  test.each(['lpt', 'heft', 'min-min', 'auto'])(
    '%s puts the long item on the fast slot',
    { retry: 2, timeout: 60_000 },
    async strategy => {
      expect(await placed(strategy)).toMatchObject({ long: 'fast' })
    },
  )
})
