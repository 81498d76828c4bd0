import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readDirectory } from '../../src/adapter/sqlite/directory.ts'
import { openHost } from '../../src/api/host.ts'
import { submitJob } from '../../src/api/submit.ts'
import { strategyNames } from '../../src/choose/strategies.ts'
import { restore } from '../../src/driver/restore.ts'
import { parseJob } from '../../src/input/parse-job.ts'
import { orderNames } from '../../src/policy/registry.ts'

const handler = (answer: string): string =>
  `export default item => new Promise(done => setTimeout(done, 250, ${answer}))\n`

test('how the forecasts of a run came out is kept for the job’s next run, until its code changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-hindsight-'))
  writeFileSync(join(folder, 'waits.mjs'), handler('item'))
  const dir = join(folder, '.dray')
  const machine = { id: 'm', speed: 1, slots: 2, capacity: { cpu: 2 }, cost: 0 }
  const host = await openHost({ dir, machines: [machine] })
  onTestFinished(async () => {
    await host.close(0)
    rmSync(folder, { recursive: true, force: true })
  })
  const definition = {
    name: 'waits',
    input: { items: Array.from({ length: 24 }, (_, nth) => nth) },
    stages: [{ name: 'wait', map: './waits.mjs', isolation: 'thread', chunk: 1 }],
  }
  const names = { strategies: strategyNames(), orders: orderNames() }
  const runAnew = async () => {
    const job = parseJob(definition, { file: 'waits', folder, ...names })
    const { run } = await submitJob(host, job, { fresh: true })
    await host.ended(run)
    const found = host.runNamed(run)
    if (found === undefined) throw new Error(`${run} is gone`)
    return found
  }
  const kept = (): { hindsight: number[] } =>
    JSON.parse(host.store.get('hindsight:job:waits') ?? '{ "hindsight": [] }')
  /** Over all marks. */
  const runsSeen = (hindsight: readonly number[]): number =>
    hindsight.reduce((sum, value, at) => (at % 3 === 0 ? sum + value : sum), 0)

  const first = await runAnew()
  expect(first.hindsight).toEqual([])
  expect(first.foretold.length).toBeGreaterThan(0)
  const afterFirst = kept().hindsight
  expect(afterFirst).toHaveLength(15)

  const second = await runAnew()
  expect(second.hindsight).toEqual(afterFirst)
  expect(runsSeen(kept().hindsight)).toBeCloseTo(
    0.75 * runsSeen(afterFirst) + second.foretold.length,
  )

  writeFileSync(join(folder, 'waits.mjs'), handler('item + 1'))
  const third = await runAnew()
  expect(third.hindsight).toEqual([])
  expect(runsSeen(kept().hindsight)).toBe(third.foretold.length)

  const { journal, close } = readDirectory(dir)
  const runs = restore(journal).runs
  close()
  expect(runs.map(({ hindsight, foretold }) => ({ hindsight, foretold }))).toEqual(
    [first, second, third].map(({ hindsight, foretold }) => ({ hindsight, foretold })),
  )
}, 60_000)
