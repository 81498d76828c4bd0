import { describe, expect, test } from 'vitest'
import { capacityTimeline } from '../../../src/policy/planning/capacity-timeline.ts'
import { gapTimeline, type Timeline } from '../../../src/policy/planning/timeline.ts'
import { prng } from '../../../src/std/prng.ts'

type Busy = { readonly start: number; readonly end: number; readonly needs: Float64Array }

/**
 * Whether a task fits beside what is placed, looked at instant by instant: slow, and plain to see. At
 * the instant of what takes no time, what ends or starts there does not count.
 */
function fits(placed: readonly Busy[], room: number, wanted: Busy): boolean {
  const { start, end } = wanted
  const all = [...placed, wanted]
  const used = (isOn: (busy: Busy) => boolean) =>
    all.filter(isOn).reduce((sum, busy) => sum + busy.needs[0], 0)
  const inTheWay = all.filter(busy => busy.start >= start && busy.start <= end)
  return inTheWay.every(({ start: at, end: until, needs }) =>
    at === until
      ? used(busy => busy.start < at && at < busy.end) + needs[0] <= room
      : used(busy => busy.start <= at && at < busy.end) <= room,
  )
}

/** Yields each start a timeline gave, and what was placed before. */
function* follow(timeline: Timeline, room: number, options: { instants: boolean; seed: number }) {
  const random = prng(options.seed)
  const placed: Busy[] = []
  for (let task = 0; task < 400; task += 1) {
    const ready = random.int(700)
    const duration = options.instants ? random.int(4) : 1 + random.int(12)
    const needs = Float64Array.of(1 + random.int(room))
    const start = timeline.earliest(ready, duration, needs)
    yield { placed, ready, wanted: { start, end: start + duration, needs } }
    timeline.occupy(start, duration, needs)
    placed.push({ start, end: start + duration, needs })
  }
}

function isEarliest(
  timeline: Timeline,
  room: number,
  options: { instants: boolean; seed: number },
) {
  for (const { placed, ready, wanted } of follow(timeline, room, options)) {
    const duration = wanted.end - wanted.start
    const starts = [ready, ...placed.map(({ end }) => end).filter(end => end > ready)]
    const first = starts
      .sort((a, b) => a - b)
      .find(start => fits(placed, room, { ...wanted, start, end: start + duration }))
    expect(wanted.start, `task ${placed.length}`).toBe(first)
  }
}

describe('every task starts as early as what is placed lets it', () => {
  test.each([1, 2, 3, 4])('in gaps of a machine that runs one at a time, seed %d', seed => {
    isEarliest(gapTimeline({ instants: false }), 1, { instants: false, seed })
  })

  test.each([1, 2, 3, 4])('beside others on a machine with capacity, seed %d', seed => {
    isEarliest(capacityTimeline(Float64Array.of(3)), 3, { instants: false, seed })
  })

  test.each([1, 2, 3, 4])('in gaps, beside what takes no time too, seed %d', seed => {
    isEarliest(gapTimeline({ instants: true }), 1, { instants: true, seed })
  })
})

test.each([1, 2, 3, 4, 5, 6])(
  'on a machine with capacity nothing lies across what it leaves no room for, seed %d',
  seed => {
    const timeline = capacityTimeline(Float64Array.of(3))
    for (const { placed, ready, wanted } of follow(timeline, 3, { instants: true, seed })) {
      expect(wanted.start, `task ${placed.length}`).toBeGreaterThanOrEqual(ready)
      expect(fits(placed, 3, wanted), `task ${placed.length}`).toBe(true)
    }
  },
)

test('what takes no time goes between two that follow each other', () => {
  const timeline = gapTimeline({ instants: true })
  const needs = new Float64Array(0)
  timeline.occupy(0, 4, needs)
  timeline.occupy(4, 4, needs)
  expect(timeline.earliest(3, 0, needs)).toBe(4)
  timeline.occupy(4, 0, needs)
  expect(timeline.earliest(2, 0, needs)).toBe(4)
  expect(timeline.earliest(5, 0, needs)).toBe(8)
})

test('nothing is placed across what takes no time', () => {
  const timeline = gapTimeline({ instants: true })
  const needs = new Float64Array(0)
  timeline.occupy(5, 0, needs)
  expect([timeline.earliest(0, 5, needs), timeline.earliest(0, 6, needs)]).toEqual([0, 5])
})
