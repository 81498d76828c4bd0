import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allocations, orders } from '../../src/policy/registry.ts'
import { dray, folderWith, summaryOf } from './cli.ts'

/** Every online strategy and every order of the registry, as a user names them. */
const online = allocations.map(({ name }) => name).filter(name => name !== 'planned')
const named = orders.map(({ name }) => name)

const files = (strategy: string, order: string) => ({
  'twice.ts': 'export const setup = () => 2\nexport default (item: number) => item * 2\n',
  'machines.json': JSON.stringify({
    machines: [
      { id: 'cheap', speed: 0.5, cost: 1 },
      { id: 'dear', cost: 5, slots: 2 },
    ],
  }),
  'job.yaml': [
    'input: { range: { from: 0, to: 20 } }',
    'stages:',
    '  - { name: a, map: ./twice.ts, isolation: thread, loads: { name: two } }',
    '  - { name: b, map: ./twice.ts, isolation: thread, output: { jsonl: out.jsonl } }',
    `strategy: ${strategy}`,
    `order: ${order}`,
    'due: 1min',
    'tenant: ann',
    'share: 2',
  ].join('\n'),
})

describe('every online strategy and every order runs a job that names it', () => {
  const pairs = Array.from(
    { length: Math.max(online.length, named.length) },
    (_, at) => [online[at % online.length], named[at % named.length]] as const,
  )
  test.each(pairs)('%s, %s', async (strategy, order) => {
    const folder = folderWith(files(strategy, order))
    const ended = await dray(folder, ['run', 'job.yaml', '--machines', 'machines.json', '--json'])
    expect(ended.code, ended.err).toBe(0)
    expect(summaryOf(ended).items).toMatchObject({ total: 40, done: 40 })
    const lines = readFileSync(join(folder, 'out.jsonl'), 'utf8').trim().split('\n')
    expect(lines.map(line => JSON.parse(line).result)).toEqual(
      Array.from({ length: 20 }, (_, at) => 4 * at),
    )
  })
})

test.each([
  ['--strategy', 'best-fti', 'did you mean "best-fit"?'],
  ['--strategy', 'fcfs', 'it is an order: --order fcfs'],
  ['--order', 'olb', 'it is a strategy: --strategy olb'],
  ['--order', 'hrn', 'did you mean "hrrn"?'],
])('%s %s is refused: it names nothing of that kind', async (flag, name, text) => {
  const folder = folderWith(files('mct', 'fifo'))
  const ended = await dray(folder, ['run', 'job.yaml', flag, name])
  expect(ended.code).toBe(2)
  expect(ended.err).toContain(text)
})

test('compare takes all of them, and cheapest costs no more than any other', async () => {
  const folder = folderWith({
    'problem.json': JSON.stringify({
      machines: [
        { id: 'cheap', speed: 1, cost: 1 },
        { id: 'dear', speed: 4, cost: 9 },
      ],
      tasks: [5, 3, 8, 2].map((work, at) => ({ id: `t${at}`, work })),
    }),
  })
  const flags = ['--strategies', 'all', '--time-limit', '100ms', '--json']
  const ended = await dray(folder, ['compare', 'problem.json', ...flags])
  const { results } = JSON.parse(ended.out) as {
    results: { strategy: string; cost: number }[]
  }
  expect(results.map(({ strategy }) => strategy)).toEqual(expect.arrayContaining(online))
  const costs = new Map(results.map(({ strategy, cost }) => [strategy, cost]))
  expect(costs.get('cheapest')).toBe(18)
  expect(costs.get('cheapest')).toBe(Math.min(...costs.values()))
  expect(costs.get('met')).toBe(40.5)
})
