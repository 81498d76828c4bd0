import { expect, test } from 'vitest'
import { encodeState } from '../../src/core/snapshot.ts'
import type { StageDefinition } from '../../src/model/run.ts'
import { isLive } from '../../src/core/run.ts'
import { type SimClock, simClock } from '../../src/sim/clock.ts'
import { createDisk, type Disk } from '../../src/sim/disk.ts'
import { noFaults } from '../../src/sim/fault.ts'
import { beginLife } from '../../src/sim/node.ts'
import { simSource } from '../../src/sim/source.ts'
import { drawWorkload } from '../../src/sim/workload.ts'
import { prng } from '../../src/std/prng.ts'
import { SECOND } from '../../src/std/time.ts'

const workload = drawWorkload(prng(7, 12))
const clock = simClock()

function born(disk: Disk, at: SimClock = clock, faults = noFaults, given = workload) {
  return beginLife({
    clock: at,
    disk,
    workload: given,
    random: prng(7, 10),
    faults: () => faults,
    heard() {},
    began() {},
    continuing: {
      submitted() {},
      keeperOf() {
        throw new Error('no run continues another here')
      },
    },
    mayRepeat: () => false,
    onStep() {},
    onFailure(error) {
      throw error
    },
  })
}

async function pass(micros: number, at: SimClock = clock): Promise<void> {
  for (const end = at.now() + micros; at.advance(end); )
    for (let turn = 0; turn < 12; turn += 1) await undefined
}

test('a life goes on where the one before it left the disk, in a new term; the old one hears nothing more', async () => {
  const disk = createDisk()
  const first = born(disk)
  for (const machine of workload.machines) first.loop.send({ kind: 'joined', machine })
  for (const { definition } of workload.runs) first.loop.send({ kind: 'submit', run: definition })
  await pass(SECOND)
  expect(first.state.nextAttempt).toBeGreaterThan(1)

  first.over = true
  first.loop.stop()
  const left = encodeState(first.state)
  const second = born(disk.crash())
  expect(second.state.sequence).toBe(first.state.sequence)
  expect(second.state.runs.map(run => run.definition.name)).toEqual(
    first.state.runs.map(run => run.definition.name),
  )
  await pass(SECOND)
  expect(second.state.term).toBe(first.state.term + 1)
  expect(encodeState(first.state)).toBe(left)
})

test('where the clock was set back while nobody ran, backoffs and timeouts take as long as ever', async () => {
  const disk = createDisk()
  const late = simClock(1_000_000 * SECOND)
  const troubled = { ...noFaults, failing: 0.5, hanging: 0.2 }
  const first = born(disk, late, troubled)
  for (const machine of workload.machines) first.loop.send({ kind: 'joined', machine })
  const read = workload.runs.filter(({ openSource }) => openSource !== undefined)
  for (const { definition } of read) first.loop.send({ kind: 'submit', run: definition })
  await pass(SECOND, late)
  first.over = true
  first.loop.stop()

  const early = simClock()
  const second = born(disk.crash(), early, troubled)
  for (const machine of workload.machines) second.loop.send({ kind: 'joined', machine })
  await pass(500 * SECOND, early)
  expect(read.length).toBeGreaterThan(0)
  expect(second.state.now).toBeGreaterThan(first.state.now)
  expect(second.state.runs.map(run => isLive(run))).toEqual(read.map(() => false))
})

test('an input that cannot be read again fails its own run; what else the node has at work goes on', async () => {
  const sources = drawWorkload(prng(7, 12)).runs.filter(run => run.openSource !== undefined)
  const [of] = sources
  const run = (name: string, count: number) => ({
    ...of,
    ...{ items: count, at: 0, scale: SECOND },
    definition: { ...of.definition, name, stages: [plain(of.definition.stages[0])] },
    openSource: () => simSource({ count }),
  })
  const two = { machines: workload.machines, runs: [run('lost', 40), run('kept', 40)] }
  const disk = createDisk()
  const time = simClock()
  const first = born(disk, time, noFaults, two)
  for (const machine of two.machines) first.loop.send({ kind: 'joined', machine })
  for (const { definition } of two.runs) first.loop.send({ kind: 'submit', run: definition })
  await pass(3 * SECOND, time)
  first.over = true
  first.loop.stop()

  const unread = { ...two.runs[0], openSource: () => ({ ...simSource({ count: 0 }), read: fails }) }
  const second = born(disk.crash(), time, noFaults, { ...two, runs: [unread, two.runs[1]] })
  for (const machine of two.machines) second.loop.send({ kind: 'joined', machine })
  await pass(1_000 * SECOND, time)
  const [lost, kept] = second.state.runs
  expect(first.state.stages[lost.stages[0]].complete).toBe(true)
  expect([lost.state, lost.problem]).toEqual(['failed', { kind: 'bad-input', message: 'gone' }])
  expect(kept.state).toBe('done')
  expect(second.state.machines.every(({ running, queued }) => running + queued === 0)).toBe(true)
})

const fails = () => Promise.reject(new Error('gone'))

function plain(stage: StageDefinition): StageDefinition {
  return {
    ...stage,
    ...{ needs: {}, loads: undefined, timeout: undefined, chunk: { kind: 'fixed', items: 2 } },
  }
}
