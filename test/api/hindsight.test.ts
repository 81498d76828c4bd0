import { describe, expect, test, vi } from 'vitest'
import { foretellEnds } from '../../src/api/beside/foretell-ends.ts'
import { rememberEnds } from '../../src/api/beside/hindsight.ts'
import { timeLeft } from '../../src/api/forecast/forecast.ts'
import { dueForetold, hindsightOf } from '../../src/api/forecast/foretell.ts'
import { progressOf } from '../../src/api/forecast/progress.ts'
import type { State } from '../../src/core/state.ts'
import type { Hindsight } from '../../src/policy/estimation/hindsight.ts'
import type { Store } from '../../src/port/store.ts'
import type { Prng } from '../../src/std/prng.ts'
import { play, type World } from '../fixtures/virtual-run.ts'

/** How forecasts of a job's runs came out makes the next run's ranges. */

const second = 1_000_000
const steady = (random: Prng): number => second * Math.exp(0.3 * random.normal())

/** The last fifth takes half as long: the same in every run. */
const shorterAtLast: World['draw'] = (random, nth) => (nth < 48 ? 1 : 0.5) * steady(random)

const sixty: World = { items: 60, stages: ['a'], speeds: [1], draw: steady, before: second }

/** What a run has come to by its end. */
function atEnd(world: World): State {
  let last: State | undefined
  play(world, 1, state => {
    last = state
  })
  return last as State
}

type Asked = {
  readonly inside: number
  readonly below: number
  readonly all: number
  readonly width: number
}

/** Ends asked for at a quarter, half and three quarters of the items, of runs from the sixth on in so many series. */
function asked(world: World, series: number, looksBack: boolean): Asked {
  let [inside, below, all, width] = [0, 0, 0, 0]
  for (let nth = 0; nth < series; nth += 1) {
    let hindsight: Hindsight | undefined
    for (let run = 0; run < 9; run += 1) {
      const shown = new Map<number, { now: number; low: number; high: number }>()
      let last: State | undefined
      const end = play({ ...world, hindsight }, 100 * nth + run, (state, now) => {
        last = state
        const done = state.stages[0]?.items.counts[1] ?? 0
        for (const share of [0.25, 0.5, 0.75]) {
          if (done < share * world.items || shown.has(share)) continue
          const left = timeLeft(state, state.runs[0], now)
          if (left !== undefined) shown.set(share, { now, ...left })
        }
      })
      if (run >= 5)
        for (const { now, low, high } of shown.values()) {
          all += 1
          width += (high - low) / (end - now)
          if (end - now < low) below += 1
          else if (end - now <= high) inside += 1
        }
      if (looksBack && last !== undefined) hindsight = hindsightOf(last, last.runs[0])
    }
  }
  return { inside: inside / all, below: below / all, all, width: width / all }
}

describe('ranges of the sixth to ninth run of a job', () => {
  test('of alike items are narrower than without looking back, and still hold', () => {
    const [without, looking] = [asked(sixty, 8, false), asked(sixty, 8, true)]
    expect(without.inside).toBeGreaterThan(0.9)
    expect(looking.width).toBeLessThan(0.8 * without.width)
    expect(looking.inside).toBeGreaterThan(0.75)
  }, 60_000)

  test('whose last items are always shorter hold where they had foretold ends that came earlier', () => {
    const shorter = { ...sixty, draw: shorterAtLast }
    const [without, looking] = [asked(shorter, 8, false), asked(shorter, 8, true)]
    expect(without.below).toBeGreaterThan(0.25)
    expect(looking.inside).toBeGreaterThan(without.inside + 0.1)
    expect(looking.inside).toBeGreaterThan(0.7)
    expect(looking.width).toBeLessThan(without.width)
  }, 60_000)
})

test('a run notes what is foretold once as it passes each mark, and is judged by when its last item ended', () => {
  let last: State | undefined
  const marks = new Set<number>()
  const end = play(sixty, 1, state => {
    last = state
    const [run] = state.runs
    const due = run && dueForetold(state, run)
    if (due !== undefined) {
      expect(progressOf(state, run)).toBeGreaterThanOrEqual([0.1, 0.25, 0.5, 0.75, 0.9][due.mark])
      marks.add(due.mark)
    }
  })
  const [run] = last?.runs ?? []
  expect([...marks]).toEqual([0, 1, 2, 3, 4])
  expect(run.foretold.map(({ mark }) => mark)).toEqual([0, 1, 2, 3, 4])
  for (const { at, low, high } of run.foretold) {
    expect(low).toBeLessThan(high)
    expect(end - at).toBeLessThan(2 * high)
  }
  const known = hindsightOf(last as State, run) ?? []
  expect(known.filter((_, at) => at % 3 === 0)).toEqual([1, 1, 1, 1, 1])
})

test('an hour in which a run lay still is not held against what was foretold of it', () => {
  const state = atEnd(sixty)
  const [run] = state.runs
  const known = hindsightOf(state, run)
  const hour = 3_600 * second
  for (const stage of state.stages) stage.lastEnd += hour
  run.rested += hour
  expect(hindsightOf(state, run)).toEqual(known)
})

test('a run of less than a second notes nothing, nor one of which not all that is left is known', () => {
  const state = atEnd({ items: 60, stages: ['a'], speeds: [1], draw: () => second / 100 })
  const [run] = state.runs
  expect(run.foretold).toEqual([])
  expect(hindsightOf(state, run)).toBeUndefined()
})

test('runs of a job that ended meanwhile are not forgotten; one that was cancelled teaches nothing', () => {
  const state = atEnd(sixty)
  const [run] = state.runs
  const documents = new Map<string, string>()
  const store = {
    get: (name: string) => documents.get(name),
    put: (name: string, text: string) => void documents.set(name, text),
    run: () => ({ stageFingerprints: { a: 'x' } }),
  } as unknown as Store
  const runsAtFirst = (): number => JSON.parse(documents.get('hindsight:job:j') ?? '').hindsight[0]
  run.state = 'cancelled'
  rememberEnds(state, store, run)
  expect(documents.size).toBe(0)
  run.state = 'done'
  rememberEnds(state, store, run)
  expect(runsAtFirst()).toBe(1)
  // Another that began before that one had ended.
  rememberEnds(state, store, run)
  expect(runsAtFirst()).toBeCloseTo(1.75)
})

test('a forecast that fails is told and not tried again; the run goes on', () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue()
  let looked = 0
  play(sixty, 1, state => {
    if (state.stages[0]?.items.counts[1] !== 30 || looked > 0) return
    const broken = { ...state, machines: undefined } as unknown as State
    const look = foretellEnds(broken, { send: vi.fn() })
    for (; looked < 2; looked += 1) look()
  })
  expect(looked).toBe(2)
  expect(warnings).toHaveBeenCalledTimes(1)
  expect(warnings.mock.calls[0]).toEqual([
    expect.stringMatching(/^ends are not foretold: /),
    'DrayForecast',
  ])
  warnings.mockRestore()
})
