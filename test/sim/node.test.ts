import { expect, test } from 'vitest'
import { encodeState } from '../../src/core/snapshot.ts'
import { simClock } from '../../src/sim/clock.ts'
import { createDisk, type Disk } from '../../src/sim/disk.ts'
import { noFaults } from '../../src/sim/fault.ts'
import { beginLife } from '../../src/sim/node.ts'
import { drawWorkload } from '../../src/sim/workload.ts'
import { prng } from '../../src/std/prng.ts'
import { SECOND } from '../../src/std/time.ts'

const workload = drawWorkload(prng(7, 12))
const clock = simClock()

function born(disk: Disk) {
  return beginLife({
    clock,
    disk,
    workload,
    random: prng(7, 10),
    faults: () => noFaults,
    heard() {},
    mayRepeat: () => false,
    onStep() {},
    onFailure(error) {
      throw error
    },
  })
}

async function pass(micros: number): Promise<void> {
  for (const end = clock.now() + micros; clock.advance(end); )
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
