import { describe, expect, test } from 'vitest'
import type { MachinesView } from '../../src/policy/allocation/allocation.ts'
import { lpt } from '../../src/policy/planning/lpt.ts'
import { allocationNamed } from '../../src/policy/registry.ts'
import { simulateProblem } from '../../src/sim/simulate.ts'
import { prng, type Prng } from '../../src/std/prng.ts'
import { drawProblem } from '../sim/problems.ts'
import { problemOf } from './gantt.ts'
import { live } from './live.ts'

/**
 * Rules beside what their definitions say, computed anew in the simplest way: by sorting everything,
 * by counting every case, or by the inequality that the source proves.
 */

describe('allocations', () => {
  test('best-fit leaves the least room, squared and scaled by the most that anyone has; of equals the fastest', () => {
    checked('best-fit', view => {
      const offered = machinesOf(view)
      const most = (r: number) => Math.max(...offered.map(machine => view.capacity[machine][r]))
      const room = (machine: number) =>
        view.free[machine].reduce(
          (sum, free, r) =>
            most(r) > 0 ? sum + ((free - (view.needs[r] ?? 0)) / most(r)) ** 2 : sum,
          0,
        )
      const fits = (a: number, b: number) => Math.round(1e9 * (room(a) - room(b)))
      return first(offered, (a, b) => fits(a, b) || view.processing[a] - view.processing[b])
    })
  })

  test('cheapest pays least among those in time, else ends first', () => {
    checked('cheapest', view => {
      const end = (machine: number) => view.freeAt[machine] + view.processing[machine]
      const price = (machine: number) => view.cost[machine] * view.processing[machine]
      const offered = machinesOf(view)
      const inTime = offered.filter(machine => end(machine) <= view.dueAt)
      return inTime.length > 0
        ? first(inTime, (a, b) => price(a) - price(b) || end(a) - end(b))
        : first(offered, (a, b) => end(a) - end(b))
    })
  })

  test('setup-aware takes the first end, of equals where the model is; it waits for a slot that is sooner through', () => {
    checked('setup-aware', view => {
      const end = (machine: number) => view.freeAt[machine] + view.processing[machine]
      const held = Number.isFinite(view.residentAt)
      const may = machinesOf(view).filter(
        machine => !(held && view.setup[machine] > 0 && view.wanted[machine] === 1),
      )
      const lacks = (machine: number) => Number(view.setup[machine] > 0)
      const best = first(may, (a, b) => end(a) - end(b) || lacks(a) - lacks(b))
      if (best < 0) return -1
      return lacks(best) === 1 && view.residentAt <= end(best) ? -1 : best
    })
  })

  test('power-of-two takes the less loaded of two machines, each pair as likely as any other', () => {
    const draw = prng(5)
    for (let round = 0; round < 40; round += 1) {
      const view = drawView(draw)
      const offered = machinesOf(view)
      if (offered.length < 2) continue
      const load = (machine: number) => view.load[machine] / view.slots[machine]
      const expected = new Map<number, number>()
      const got = new Map<number, number>()
      const count = (of: Map<number, number>, machine: number) =>
        of.set(machine, (of.get(machine) ?? 0) + 1)
      for (const one of offered)
        for (const other of offered)
          if (one !== other) count(expected, load(other) < load(one) ? other : one)
      const pairs = offered.length * (offered.length - 1)
      for (let pair = 0; pair < pairs; pair += 1)
        count(got, chosen('power-of-two', { ...view, chance: (pair + 0.5) / pairs }))
      expect(got).toEqual(new Map([...expected].filter(([, times]) => times > 0)))
    }
  })
})

describe('lpt', () => {
  test('is the longest task that is left, by its least time, put where it ends first', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const problem = drawProblem(seed, { tasks: 1 + (seed % 17), machines: 1 + (seed % 5) })
      const { tasks, machines, times } = problem
      const timeOn = (task: number, machine: number) => times[task * machines.length + machine]
      const all = machines.map((_, machine) => machine)
      const length = (task: number) => Math.min(...all.map(machine => timeOn(task, machine)))
      const free = machines.map(() => 0)
      const placed = new Int32Array(tasks.length)
      for (const task of tasks.map((_, at) => at).sort((a, b) => length(b) - length(a) || a - b)) {
        const end = (machine: number) => free[machine] + timeOn(task, machine)
        const on = first(all, (a, b) => end(a) - end(b))
        placed[task] = on
        free[on] = end(on)
      }
      const [schedule = expect.fail('no schedule')] = lpt.plan(problem, { seed: 1 })
      expect(schedule.machine, problem.name).toEqual(placed)
      expect(Math.max(...schedule.end)).toBe(Math.max(...free))
    }
  })
})

describe('hrrn', () => {
  test('whoever begins has at least half the highest response ratio, whatever comes when', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const draw = prng(seed)
      const works = Array.from({ length: 60 }, () => 1 + draw.int(40) * (1 + draw.int(3)))
      const releases = works.map(() => draw.int(1_200))
      const extras = releases.map(release => ({ release }))
      const { schedule } = simulateProblem(problemOf(works, [1], extras), {
        strategy: 'on-demand',
        order: 'hrrn',
      })
      for (const [task, now] of schedule.start.entries()) {
        const ratio = (other: number) => (now - releases[other] + works[other]) / works[other]
        const waiting = works.flatMap((_, other) =>
          releases[other] <= now && schedule.start[other] >= now ? [ratio(other)] : [],
        )
        expect(ratio(task)).toBeGreaterThanOrEqual(Math.max(...waiting) / 2 - 1e-9)
      }
    }
  })
})

describe('fair', () => {
  test('what tenants got, by their shares, differs by a task of each at most (Goyal, Vin and Cheng 1996)', async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const draw = prng(seed)
      const runs = Array.from({ length: 3 }, (_, at) => ({
        name: `R${at}`,
        tenant: `tenant ${at}`,
        order: 'fair',
        items: 40,
        seconds: 1 + draw.int(6),
        share: 1 + draw.int(3),
      }))
      const { starts } = await live(runs, [{}])
      const got = runs.map(() => 0)
      const begun = runs.map(() => 0)
      for (const name of starts) {
        const at = runs.findIndex(run => run.name === name)
        begun[at] += 1
        // How long its items take a run learns from its first.
        if (begun.some(count => count < 3)) continue
        got[at] += runs[at].seconds / runs[at].share
        if (begun.some((count, of) => count === runs[of].items)) break
        for (const [a, one] of runs.entries())
          for (const [b, other] of runs.entries())
            expect(got[a] - got[b], `seed ${seed}`).toBeLessThanOrEqual(
              one.seconds / one.share + other.seconds / other.share + 1e-9,
            )
      }
    }
  })
})

const machinesOf = ({ count, offered }: MachinesView): number[] =>
  Array.from({ length: count }, (_, machine) => machine).filter(machine => offered[machine] === 1)

/** Sorting is stable: of equals the lowest number. -1 of none. */
const first = (machines: readonly number[], compare: (a: number, b: number) => number): number =>
  machines.toSorted(compare)[0] ?? -1

const chosen = (name: string, view: MachinesView): number =>
  (allocationNamed(name) ?? expect.fail(`no allocation ${name}`)).choose(view)

/** An allocation beside its definition on drawn views: few values, so that ties are common. */
function checked(name: string, reference: (view: MachinesView) => number): void {
  const draw = prng(11)
  const seen = new Set<number>()
  for (let round = 0; round < 2_000; round += 1) {
    const view = drawView(draw)
    const expected = reference(view)
    seen.add(expected)
    expect(chosen(name, view), `${name}, round ${round}`).toBe(expected)
  }
  expect(seen.size).toBeGreaterThan(4)
}

function drawView(draw: Prng): MachinesView {
  const count = 1 + draw.int(6)
  const each = (of: () => number) => Float64Array.from({ length: count }, of)
  const resources = 1 + draw.int(3)
  const capacity = Array.from({ length: count }, () =>
    Float64Array.from({ length: resources }, () => 4 * draw.int(3)),
  )
  return {
    count,
    now: 0,
    offered: Uint8Array.from({ length: count }, () => Number(draw.int(4) > 0)),
    first: 0,
    end: count,
    processing: each(() => 1 + draw.int(5)),
    freeAt: each(() => draw.int(5)),
    assignedWork: each(() => draw.int(9)),
    load: each(() => draw.int(5)),
    slots: each(() => 1 + draw.int(2)),
    turn: draw.int(9),
    chance: 0,
    planned: -1,
    cost: each(() => draw.int(4)),
    dueAt: draw.int(12),
    needs: Float64Array.from({ length: resources }, () => draw.int(2)),
    free: capacity.map(all => all.map(most => draw.int(most + 1))),
    capacity,
    setup: each(() => draw.int(2)),
    wanted: Uint8Array.from({ length: count }, () => draw.int(2)),
    residentAt: draw.int(2) === 0 ? Number.POSITIVE_INFINITY : draw.int(8),
  }
}
