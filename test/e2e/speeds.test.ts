import { beforeAll, describe, expect, test } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dray } from './cli.ts'

/**
 * One box carved into a fast and a throttled slot. Whoever is idle takes the next item, so on-demand
 * gives the long item, last of three, to the slow slot: the fast one is at its first item still. A
 * plan knows that the long one belongs on the fast slot, whatever comes first.
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
  let onDemand: Outcome

  type Outcome = { readonly makespan: number; readonly placed: Record<string, string> }

  const run = async (strategy: string, ...flags: string[]): Promise<Outcome> => {
    const words = ['run', 'job.json', '--machines', 'machines.json', '--fresh', '--json']
    const ended = await dray(folder, [...words, '--strategy', strategy, ...flags])
    expect(ended.code, ended.err).toBe(0)
    const { run: name, makespan } = JSON.parse(ended.out) as { run: string; makespan: number }
    const placed: Record<string, string> = {}
    for (const { id } of flags.length > 0 ? [] : items) {
      const why = await dray(folder, ['why', name, id])
      placed[id] = /ran on (\w+),/.exec(why.out)?.[1] ?? why.out + why.err
    }
    return { makespan, placed }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dray-speeds-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    await run('round-robin', '--input', 'learnt.jsonl')
    onDemand = await run('on-demand')
    return () => rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  test('on-demand gives the long item to the slot that happens to be idle, the slow one', () => {
    expect(onDemand.placed).toMatchObject({ first: 'fast', long: 'slow' })
  })

  test.each(['lpt', 'heft', 'min-min', 'auto'])(
    '%s puts the long item on the fast slot, and its run is shorter by far',
    async strategy => {
      const planned = await run(strategy)
      expect(planned.placed.long).toBe('fast')
      expect(planned.makespan).toBeLessThan(0.75 * onDemand.makespan)
    },
    60_000,
  )
})
