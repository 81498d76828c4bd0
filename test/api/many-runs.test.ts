import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readDirectory } from '../../src/adapter/sqlite/directory.ts'
import { cleanRuns } from '../../src/api/clean.ts'
import { openHost } from '../../src/api/host.ts'
import { submitJob } from '../../src/api/submit.ts'
import { listRuns } from '../../src/api/view.ts'
import { strategyNames } from '../../src/choose/strategies.ts'
import { restore } from '../../src/driver/restore.ts'
import { parseJob } from '../../src/input/parse-job.ts'
import { orderNames } from '../../src/policy/registry.ts'

const offered = vi.hoisted((): string[] => [])
vi.mock('../../src/api/names.ts', async original => {
  const { runNameFor } = await original<typeof import('../../src/api/names.ts')>()
  return {
    runNameFor: (taken: (name: string) => boolean) =>
      offered.find(name => !taken(name)) ?? runNameFor(taken),
  }
})

/** A directory that keeps thousands of runs: what comes next must not pay for each of them. */

async function directory() {
  const folder = mkdtempSync(join(tmpdir(), 'dray-many-'))
  writeFileSync(join(folder, 'one.mjs'), 'export default item => item\n')
  const machine = { id: 'm', speed: 1, slots: 1, capacity: { cpu: 1 }, cost: 0 }
  const host = await openHost({ dir: join(folder, '.dray'), machines: [machine] })
  onTestFinished(async () => {
    await host.close(0)
    rmSync(folder, { recursive: true, force: true })
  })
  const submitted = async (name: string) => {
    const definition = {
      name,
      input: { items: [1] },
      stages: [{ name: 'one', map: './one.mjs', isolation: 'thread' }],
    }
    const names = { strategies: strategyNames(), orders: orderNames() }
    const job = parseJob(definition, { file: name, folder, ...names })
    const { run, plan } = await submitJob(host, job)
    await host.ended(run)
    return { run, kind: plan.kind }
  }
  return { host, submitted }
}

test('the list of runs says when each began and when it ended', async () => {
  const { host, submitted } = await directory()
  await submitted('a')
  const after = host.state.now
  await submitted('b')
  const view = { state: host.state, store: host.store, payloads: undefined, owned: true }
  const [a, b] = listRuns(view)
  expect([a.job, a.state, b.job, b.state]).toEqual(['a', 'done', 'b', 'done'])
  expect(a.endedAt).toBeGreaterThan(a.createdAt)
  expect(a.endedAt).toBeLessThanOrEqual(after)
  expect(b.endedAt).toBeGreaterThan(after)
})

test('a submission reads the records of its own job’s newest run, not of all there are', async () => {
  const { host, submitted } = await directory()
  const first = await submitted('a')
  await submitted('b')
  let read = 0
  const { runs, run } = host.store
  Object.assign(host.store, {
    runs: () => {
      const all = runs()
      read += all.length
      return all
    },
    run: (name: string) => {
      expect(name).not.toBe(first.run)
      return run(name)
    },
  })
  expect((await submitted('c')).kind).toBe('new')
  expect((await submitted('b')).kind).toBe('nothing')
  expect(read).toBe(0)
})

test('the name of a run that was removed is not given again: the journal still knows it by that', async () => {
  const { host, submitted } = await directory()
  offered.push('calm-otter', 'wise-owl')
  onTestFinished(() => void offered.splice(0))
  const { run } = await submitted('a')
  expect(await cleanRuns(host, { run })).toEqual({ removed: ['calm-otter'], savedAnswers: 0 })
  expect(await submitted('a')).toEqual({ run: 'wise-owl', kind: 'new' })
})

test('a close after enough of journal leaves a snapshot: who looks next replays nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-many-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const id = 'm'.repeat(300_000)
  const machine = { id, speed: 1, slots: 1, capacity: { cpu: 1 }, cost: 0 }
  const host = await openHost({ dir: folder, machines: [machine] })
  await host.close(0)
  const { journal, close } = readDirectory(folder)
  expect([...journal.load().entries]).toEqual([])
  expect(restore(journal).machines.map(({ definition }) => definition.id)).toEqual([id])
  close()
})
