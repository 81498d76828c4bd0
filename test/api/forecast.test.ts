import { describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/adapter/clock.ts'
import {
  type Forecast,
  leftOf,
  startAfter,
  timeLeft,
  unansweredOf,
} from '../../src/api/forecast/forecast.ts'
import { nowOf } from '../../src/api/now.ts'
import { openItems } from '../../src/api/beside/open-items.ts'
import { DONE } from '../../src/core/items.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import type { Prng } from '../../src/std/prng.ts'
import { play, type World } from '../fixtures/virtual-run.ts'

/** How often the end of a run fell within the range foretold at a third, half and three quarters of its items. */
function coverageOfEnd(world: World, seeds: number) {
  let [within, all, width] = [0, 0, 0]
  const total = world.items * world.stages.length
  for (let seed = 1; seed <= seeds; seed += 1) {
    const shown = new Map<number, { now: number; left: Forecast }>()
    const end = play(world, seed, (state, now) => {
      const done = state.stages.reduce((sum, { items }) => sum + items.counts[1], 0)
      for (const share of [0.33, 0.5, 0.75]) {
        if (done < share * total || shown.has(share)) continue
        const left = timeLeft(state, state.runs[0], now)
        if (left !== undefined) shown.set(share, { now, left })
      }
    })
    for (const { now, left } of shown.values()) {
      all += 1
      width += (left.high - left.low) / left.expected
      if (end - now >= left.low && end - now <= left.high) within += 1
    }
  }
  return { share: within / all, width: width / all, all }
}

const second = 1_000_000
const stray = (sigma: number) => (random: Prng) => second * Math.exp(sigma * random.normal())

/** Pages of one language, then of another. */
const sorted: World['draw'] = (random, nth) =>
  (nth < 24 ? 1.5 : 1) * second * Math.exp(0.3 * random.normal())

/** Slow for a while, then fast for a while: successive times are alike. */
const drifting = (): World['draw'] => {
  let mood = 0
  return random => {
    mood = 0.8 * mood + 0.3 * random.normal()
    return second * Math.exp(mood + 0.2 * random.normal())
  }
}

describe('the 80 % range of the time left', () => {
  test.each<[string, World, readonly [least: number, most: number]]>([
    [
      'two stages of straying items',
      { items: 40, stages: ['a', 'b'], speeds: [1], draw: stray(0.5) },
      [0.75, 1],
    ],
    [
      'machines of different speed',
      { items: 60, stages: ['a'], speeds: [1, 0.25], draw: stray(0.4) },
      [0.75, 1],
    ],
    [
      'more items than are told apart',
      { items: 300, stages: ['a'], speeds: [1, 1], draw: stray(0.6) },
      [0.75, 1],
    ],
    [
      'messages that take three times as long as the items do',
      {
        ...{ items: 150, stages: ['a', 'b'], speeds: [1], draw: stray(0.3) },
        between: random => 3 * stray(0.6)(random),
      },
      [0.75, 1],
    ],
    [
      // What drifts as slowly as the run is long cannot be told from what is so.
      'a box that is slow for a while, less often',
      { items: 150, stages: ['a'], speeds: [1], draw: drifting() },
      [0.58, 0.9],
    ],
    [
      // The first 24 take half as long again: before they have ended nothing tells.
      'an input that is sorted, less often',
      { items: 42, stages: ['a'], speeds: [1], draw: sorted },
      [0.45, 0.9],
    ],
  ])(
    'holds the end eight times in ten or more: %s',
    (_, world, [least, most]) => {
      const { share, width } = coverageOfEnd(world, 40)
      expect(share).toBeGreaterThan(least)
      expect(share).toBeLessThanOrEqual(most)
      // And says something: a range from nothing to twice as long would hold it always.
      expect(width).toBeLessThan(1.2)
    },
    60_000,
  )

  test('is narrower the more there is to do, and the steadier it is', () => {
    const of = (items: number, sigma: number) =>
      coverageOfEnd({ items, stages: ['a'], speeds: [1], draw: stray(sigma) }, 6).width
    expect(of(200, 0.5)).toBeLessThan(of(30, 0.5))
    expect(of(60, 0.1)).toBeLessThan(of(60, 0.5))
  }, 60_000)
})

test('the 80 % range of an item’s time holds it eight times in ten, from few samples and from many', () => {
  const world: World = { items: 60, stages: ['a'], speeds: [1, 0.5], draw: stray(0.5) }
  const counts = { early: [0, 0], late: [0, 0] }
  for (let seed = 1; seed <= 60; seed += 1) {
    const shown = new Map<number, { began: number; forecast: Forecast; samples: number }>()
    play(world, seed, (state, now) => {
      const [only] = state.stages
      for (const [item, { began, forecast, samples }] of shown) {
        const running = state.machines.some(({ slots }) =>
          slots.some(slot => slot.running.some(task => state.tasks.first[task] === item)),
        )
        if (running) continue
        const count = samples < 12 ? counts.early : counts.late
        count[0] += now - began >= forecast.low && now - began <= forecast.high ? 1 : 0
        count[1] += 1
        shown.delete(item)
      }
      for (const machine of state.machines) {
        for (const slot of machine.slots) {
          const [task] = slot.running
          if (task === undefined || shown.has(state.tasks.first[task])) continue
          const forecast = leftOf(only, machine, unansweredOf(state, task), 0)
          if (forecast === undefined) continue
          const samples = only.pooled.n
          shown.set(state.tasks.first[task], { began: slot.headSince, forecast, samples })
        }
      }
    })
  }
  expect(counts.late[1]).toBeGreaterThan(1_000)
  for (const [within, all] of [counts.early, counts.late]) {
    expect(within / all).toBeGreaterThan(0.75)
    expect(within / all).toBeLessThan(0.87)
  }
}, 60_000)

test('what has run longer than any other is foretold to run on, not to end at once', () => {
  const world: World = { items: 40, stages: ['a'], speeds: [1], draw: stray(0.2) }
  let looked = 0
  play(world, 3, (state, now) => {
    const [machine] = state.machines
    const [task] = machine.slots[0].running
    if (task === undefined || state.stages[0].pooled.n < 20) return
    const left = (ran: number) =>
      leftOf(state.stages[0], machine, unansweredOf(state, task), ran * second)
    looked += 1
    const [begun, overdue, stuck] = [left(0), left(5), left(60)]
    expect(begun?.expected).toBeGreaterThan(0.7 * second)
    expect(overdue?.expected).toBeGreaterThan(0.3 * second)
    expect(stuck?.expected).toBeGreaterThan((overdue?.expected ?? 0) * 5)
    expect(startAfter(state, state.stages[0], 3, now)?.expected).toBeGreaterThan(second)
  })
  expect(looked).toBeGreaterThan(5)
})

test('an item is foretold to start when the first of many slots gets to it, not when all are through', () => {
  const world = { items: 48, stages: ['a'], speeds: [1, 1, 1, 1], draw: () => second }
  const starts: number[] = []
  play(world, 1, (state, now) => {
    const [only] = state.stages
    // All eight have just begun: eight start in a second, and the one behind fourteen with the next eight.
    if (only?.items.counts[DONE] !== 16 || starts.length > 0) return
    if (!state.machines.every(({ slots }) => slots.every(({ headSince }) => headSince === now)))
      return
    starts.push(startAfter(state, only, 14, now)?.expected ?? 0)
  })
  const [start] = starts
  expect(start / second).toBeGreaterThan(1.75)
  expect(start / second).toBeLessThan(2.25)
})

/** What was foretold of the time left when so many items were done, over what came. */
function expectedOverTruth(world: World, done: number): number {
  const shown: { now: number; left: Forecast }[] = []
  const end = play(world, 1, (state, now) => {
    if ((state.stages[0]?.items.counts[DONE] ?? 0) < done || shown.length > 0) return
    const left = timeLeft(state, state.runs[0], now)
    if (left !== undefined) shown.push({ now, left })
  })
  const [{ now, left }] = shown
  return left.expected / (end - now)
}

test('what the first item of each slot takes says little of the others', () => {
  const cold = {
    ...{ items: 60, stages: ['a'], speeds: [1] },
    draw: (_: Prng, nth: number) => (nth < 2 ? 2.5 : 1) * second,
  }
  expect(expectedOverTruth(cold, 10)).toBeLessThan(1.1)
  expect(expectedOverTruth({ ...cold, before: second }, 4)).toBeCloseTo(1, 1)
  // But ten times as long as before is not for being the first.
  const slow = { ...cold, draw: () => 10 * second, before: second }
  expect(expectedOverTruth(slow, 2)).toBeGreaterThan(0.2)
})

test('what attempts that fail take is foretold as well', () => {
  const share = expectedOverTruth(
    {
      ...{ items: 60, stages: ['a'], speeds: [1], draw: () => second },
      fails: nth => nth % 3 === 2,
    },
    30,
  )
  expect(share).toBeGreaterThan(0.9)
  expect(share).toBeLessThan(1.1)
})

test('an item not yet due takes its own time after its release, and so do those that follow it', () => {
  const world = {
    ...{ items: 20, stages: ['a', 'b'], speeds: [1], draw: stray(0.2) },
    lastNotBefore: 40 * second,
  }
  let shown: { now: number; left: Forecast } | undefined
  const end = play(world, 1, (state, now) => {
    if (state.stages[1]?.items.counts[DONE] !== 19) return
    const left = timeLeft(state, state.runs[0], now)
    if (left !== undefined) shown ??= { now, left }
  })
  expect(shown).toBeDefined()
  const { now, left } = shown ?? { now: 0, left: { low: 0, expected: 0, high: 0 } }
  const after = (at: number) => (now + at) / second - 40
  expect(after(end - now)).toBeGreaterThan(1)
  expect(after(left.expected)).toBeCloseTo(2, 0)
  expect(after(left.low)).toBeLessThan(after(left.expected) - 0.1)
  expect(after(left.high)).toBeGreaterThan(after(left.expected) + 0.1)
})

test.each([
  ['grew for good after a fifth', (nth: number) => (nth < 40 ? 1 : 2)],
  ['fell for good after a fifth', (nth: number) => (nth < 40 ? 2 : 1)],
])(
  'times that %s are followed: not the mean of all is foretold, nor twice the change',
  (_, level) => {
    const draw = (random: Prng, nth: number) => level(nth) * stray(0.2)(random)
    const share = expectedOverTruth({ items: 200, stages: ['a'], speeds: [1], draw }, 100)
    expect(Math.abs(share - 1)).toBeLessThan(0.15)
  },
)

test('nothing is foretold before anything was measured', () => {
  let looked = false
  play({ items: 4, stages: ['a'], speeds: [1], draw: stray(0.1) }, 1, (state, now) => {
    if (looked || state.runs.length === 0) return
    looked = true
    expect(timeLeft(state, state.runs[0], now)).toBeUndefined()
    expect(startAfter(state, state.stages[0], 1, now)).toBeUndefined()
  })
  expect(looked).toBe(true)
})

test('nothing is foretold while no machine starts anything for want of memory', () => {
  const world = { items: 20, stages: ['a'], speeds: [1, 1], draw: () => second }
  const left: (Forecast | undefined)[] = []
  play(world, 1, (state, now) => {
    if (state.stages[0]?.items.counts[DONE] !== 8 || left.length > 0) return
    for (const short of [1, 2]) {
      for (const machine of state.machines.slice(0, short)) machine.pressure = true
      left.push(timeLeft(state, state.runs[0], now))
    }
    for (const machine of state.machines) machine.pressure = false
  })
  expect(left).toEqual([expect.anything(), undefined])
})

test('what is planned beside a run counts what passes between two items', () => {
  const world = {
    items: 60,
    stages: ['a'],
    speeds: [1],
    draw: () => 100_000,
    between: () => 50_000,
  }
  const planned: number[] = []
  play(world, 1, state => {
    const [first] = state.stages
    if (first === undefined || first.items.counts[DONE] < 20) return
    const open = openItems(state, first)
    if (open !== undefined) planned.push(open.problem.times[open.busy * open.machineOf.length])
  })
  expect(planned.length).toBeGreaterThan(0)
  for (const seconds of planned) expect(seconds).toBeCloseTo(0.15, 3)
})

test('a clock set ahead by a day under a run makes what runs no day older', () => {
  const tomorrow = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000)
  const apart = nowOf({ now: 0 }) - systemClock().now()
  tomorrow.mockRestore()
  expect(Math.abs(apart)).toBeLessThan(3_600e6)
})

test('time left is foretold also where a snapshot was read and one machine has done nothing of a stage', () => {
  const world: World = {
    items: 6,
    stages: ['a'],
    speeds: [0.001, 1],
    draw: stray(0.3),
    before: second,
  }
  let seen = 0
  play(world, 1, state => {
    const [stage] = state.stages
    if (stage === undefined || stage.items.counts[1] !== 3) return
    const read = decodeState(encodeState(state))
    expect(stage.byMachine[0]).toBeUndefined()
    expect(timeLeft(read, read.runs[0], state.now)).toEqual(
      timeLeft(state, state.runs[0], state.now),
    )
    seen += 1
  })
  expect(seen).toBeGreaterThan(0)
})

test('the time left counts no slots on which the stages that are left were given up', () => {
  const world: World = { items: 60, stages: ['a'], speeds: [1, 1], draw: stray(0.2) }
  let ratio: number | undefined
  play(world, 1, (state, now) => {
    if (ratio !== undefined || state.stages[0].items.counts[DONE] < 20) return
    const left = (lost: boolean) => {
      const copy = decodeState(encodeState(state))
      for (const slot of copy.machines[1].slots) slot.running.length = 0
      const { lostOn } = copy.stages[0].setup
      if (lost) lostOn.set(1, { count: 3, hangs: false, last: 'it died' })
      return timeLeft(copy, copy.runs[0], now)?.expected ?? Number.NaN
    }
    ratio = left(true) / left(false)
  })
  expect(ratio).toBeGreaterThan(1.7)
})
