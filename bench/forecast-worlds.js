// Runs of many kinds by the real core in virtual time, seeded: each world is drawn anew many times, so that the
// ends that forecasts are judged by are many and independent. A second run knows what the first one learnt.
import {
  leftOf,
  playedLeft,
  startAfter,
  timeLeft,
  unansweredOf,
} from '../build/api/forecast/forecast.js'
import { dueForetold, hindsightOf } from '../build/api/forecast/foretell.js'
import { forecastPlan } from '../build/choose/forecast-plan.js'
import { jobProblem, uncertaintyOf } from '../build/choose/job-problem.js'
import { realise } from '../build/choose/realise.js'
import { emptyState } from '../build/core/initial.js'
import { limits } from '../build/core/limits.js'
import { step } from '../build/core/step.js'
import { encodeEstimate, faded } from '../build/policy/estimation/least-squares.js'
import { prng } from '../build/std/prng.js'
import { logNormal, worlds } from './forecast-kinds.js'

const SECOND = 1_000_000

export { worlds }

/** Items that `plan --probe` runs first. */
const PROBES = [1, 3, 10]
const POINTS = [10, 25, 50, 75, 90]

/** One after another, each knowing what those before it learnt; these are asked. */
const RUNS = 8
const ASKED = new Map([
  [0, 'first'],
  [1, 'second'],
  [3, 'fourth'],
  [7, 'eighth'],
])

/**
 * Forecasts of so many first runs and of those that followed them, handed to `tally(kind, forecast, truth)`;
 * of the runs' ends only where `items` is not asked for. Worlds with other `first` seeds are drawn independently.
 */
export function judgeWorld(world, { seeds, first = 0 }, tally, { items = true } = {}) {
  for (let seed = first + 1; seed <= first + seeds; seed += 1) {
    let learnt
    for (let at = 0; at < RUNS; at += 1) {
      const run = { ...world, items: world.itemsOf?.(at) ?? world.items }
      const number = seed * RUNS + at
      const { began, end, state } = play(run, number, learnt)
      const nth = ASKED.get(at)
      if (nth === undefined) {
        learnt = state
        continue
      }
      const instants = POINTS.map(percent => began + ((end - began) * percent) / 100)
      const asked = play(run, number, learnt, instants, items)
      if (learnt !== undefined) tally(`${nth}, plan`, planned(run, learnt), end - began)
      if (items && learnt === undefined)
        for (const count of PROBES) {
          const probed = play({ ...run, items: count }, number, undefined)
          tally(`plan after a probe of ${count}`, planned(run, probed.state), end - began)
        }
      for (const { at: now, left, played } of asked.ends) {
        if (left === undefined) continue
        tally(`${nth}, ${POINTS[instants.indexOf(now)]} %`, left, end - now)
        if (learnt !== undefined) tally(`${nth}, ends without hindsight`, played, end - now)
      }
      for (const { kind, now, left, truth } of asked.items)
        if (truth !== undefined) tally(`${nth}, ${kind}`, left, truth - now)
      learnt = asked.state
    }
  }
}

/** What `plan` says of the next run. */
function planned(world, before) {
  const { stages, machines } = before
  const estimates = new Map(
    stages.map(({ definition, pooled, estimates: own, handover, setup }) => [
      definition.name,
      {
        ...{ pooled, handover },
        machines: new Map(own.map((estimate, at) => [machines[at].definition.id, estimate])),
        ...(setup.n > 0 && { loading: setup.waited / setup.n }),
      },
    ]),
  )
  const job = {
    ...{ name: 'j', priority: 0 },
    stages: world.stages.map((name, at) => ({
      ...{ name, kind: 'map', needs: { cpu: 1 } },
      after: at === 0 ? [] : [world.stages[at - 1]],
    })),
  }
  const sizes = Array.from({ length: world.items }, (_, nth) => world.size?.(nth) ?? 1)
  const { problem, stages: counted } = jobProblem(job, {
    machines: machines.map(({ definition }) => definition),
    ...{ sizes, estimates },
  })
  const online = { kind: 'online', strategy: 'mct', order: 'fifo' }
  const { schedule } = realise(problem, online, { noise: 0, seed: 1 })
  let loading = 0
  for (const each of estimates.values()) loading += (each.loading ?? 0) / SECOND
  const { low, middle, high } = forecastPlan(problem, schedule, {
    ...uncertaintyOf(estimates, new Map(counted.map(({ name, items }) => [name, items]))),
    ...{ loading, seed: 1, hindsight: hindsightAfter(before) },
  })
  return { low: low * SECOND, expected: middle * SECOND, high: high * SECOND }
}

function definitionOf({ stages, chunk = 1 }) {
  const retry = { attempts: 3, delay: SECOND, maxDelay: SECOND, never: [], on: {} }
  return {
    ...{ name: 'r', job: 'j', tolerate: { count: 0, share: 0 }, objective: 'makespan' },
    ...{ due: undefined, priority: 0, strategy: 'on-demand', order: 'fifo', seed: 1 },
    stages: stages.map((name, at) => ({
      ...{ name, after: at - 1, link: at === 0 ? { kind: 'source' } : { kind: 'item' } },
      ...{ needs: { cpu: 1 }, loads: undefined, chunk: { kind: 'fixed', items: chunk } },
      ...{ timeout: undefined, grace: SECOND, retry },
    })),
  }
}

const hindsightAfter = state => hindsightOf(state, state.runs[0]) ?? state.runs[0].hindsight

function learntBefore(state) {
  const { stages } = state
  const times = stages.flatMap(({ number, pooled, estimates }) =>
    [pooled, ...estimates].flatMap((estimate, nth) =>
      estimate === undefined || estimate.n === 0
        ? []
        : {
            ...{ kind: 'learnt', stage: number, machine: nth - 1 },
            estimate: faded(encodeEstimate(estimate), limits.recalled),
          },
    ),
  )
  return [...times, { kind: 'hindsight', run: 0, hindsight: hindsightAfter(state) }]
}

/** Answers when it began and ended, and what was foretold: of the end at these instants, of items where there are any. */
function play(world, seed, before, instants = [], ofItems = false) {
  const { items, speeds, slots, between, fails = 0, day = 0, sizeCounts = true } = world
  const random = prng(seed)
  const which = { series: Math.floor(seed / RUNS), nth: seed % RUNS }
  const draw = world.of?.(which) ?? world.draw
  const today = Math.exp(day * random.normal()) * (world.box?.(which) ?? 1)
  const state = emptyState()
  const due = []
  const seen = { began: 0, ends: [], items: [], end: 0, state }
  const asked = [...instants]
  let [now, started] = [SECOND, 0]
  const loaded = new Set()
  const open = new Map()
  const sizes = world.size && Array.from({ length: items }, (_, nth) => world.size(nth))
  let events = [
    { kind: 'term', term: 1 },
    ...speeds.map((speed, at) => ({
      kind: 'joined',
      machine: { id: `m${at}`, speed, slots, capacity: { cpu: slots }, cost: 0 },
    })),
    { kind: 'submit', run: definitionOf(world) },
  ]
  const push = (at, event) => due.push({ at, event })
  const runTasks = ({ machine, slot, stage, tasks, firstAttempt }) => {
    const place = `${machine} ${slot} ${stage}`
    let at = now
    if (world.setup !== undefined && !loaded.has(place)) {
      loaded.add(place)
      at += Math.round(world.setup * SECOND * logNormal(0.2)(random))
      push(at, { kind: 'loaded', machine, slot, stage, micros: at - now, bytes: 0 })
    }
    tasks.forEach((task, nth) => {
      const { first, count } = state.tasks
      for (let index = first[task]; index < first[task] + count[task]; index += 1) {
        const size = sizes && sizeCounts && stage === 0 ? sizes[index] : 1
        const factor = draw(random, started++, stage) * size * today
        const micros = Math.round((SECOND * factor) / speeds[machine])
        at += micros + Math.round(SECOND * (between?.(random) ?? 0))
        const failed = random.next() < fails
        push(at, {
          ...{ kind: 'outcomes', machine, slot, peakBytes: 0 },
          failures: failed ? [{ kind: 'error', message: 'x' }] : [],
          ...{ tasks: [task], attempts: [firstAttempt + nth], indexes: [index] },
          ...{ codes: [failed ? 1 : 0], micros: [micros] },
        })
      }
    })
  }
  for (;;) {
    const { actions, wakeAt = Number.POSITIVE_INFINITY } = step(state, now, events)
    for (const action of actions) {
      if (action.kind === 'readSource') {
        if (before !== undefined) for (const event of learntBefore(before)) push(now, event)
        push(now, {
          ...{ kind: 'read', stage: 0, first: 0, count: items, cursor: 'x', done: true },
          ...(sizes && { sizes }),
        })
      }
      if (action.kind === 'run') {
        if (seen.began === 0) seen.began = now
        runTasks(action)
      }
      if (action.kind === 'finish') return { ...seen, end: now }
    }
    const foretold = seen.began > 0 ? dueForetold(state, state.runs[0]) : undefined
    if (foretold !== undefined) push(now, { kind: 'foretold', run: 0, ...foretold })
    if (ofItems) lookAtItems(world, state, now, seen, open)
    due.sort((a, b) => a.at - b.at)
    const next = Math.min(wakeAt, due[0]?.at ?? wakeAt)
    while (asked.length > 0 && asked[0] < next) {
      const at = asked.shift()
      const [run] = state.runs
      const [left, played] = [timeLeft(state, run, at), playedLeft(state, run, at)]
      seen.ends.push({ at, left, played })
    }
    if (next < (due[0]?.at ?? Number.POSITIVE_INFINITY)) {
      now = wakeAt
      events = []
      continue
    }
    const { at } = due[0]
    events = []
    while (due.length > 0 && due[0].at === at) events.push(due.shift().event)
    now = at
  }
}

/** Of every 5th item: when it starts, while it runs, and while ten wait before it. */
function lookAtItems(world, state, now, seen, open) {
  const [run] = state.runs
  if (run === undefined || seen.began === 0) return
  const [stage] = state.stages
  const running = new Map()
  for (const machine of state.machines)
    for (const slot of machine.slots) {
      const task = slot.running[0]
      if (task === undefined || slot.loading || slot.stage !== 0) continue
      if (state.tasks.count[task] === 1 && state.tasks.tries[task] === 0)
        running.set(state.tasks.first[task], { machine, slot, task })
    }
  for (const [index, asked] of open) {
    if (asked.kind === 'starts' ? !running.has(index) : running.has(index)) continue
    asked.truth = now
    open.delete(index)
  }
  for (const [index, { machine, slot, task }] of running) {
    const forecast =
      open.has(index) || index % 5 > 1
        ? undefined
        : leftOf(stage, machine, unansweredOf(state, task), now - slot.headSince)
    if (forecast === undefined) continue
    if (index % 5 === 1 && now === slot.headSince) continue
    const kind = index % 5 === 0 ? 'item ends, as it starts' : 'item ends, as it runs'
    const asked = { kind, now, left: forecast }
    seen.items.push(asked)
    open.set(index, asked)
  }
  // Where items are tried again, those before one are not the ones of a lower index.
  if (world.fails !== undefined) return
  const ahead = 10
  const target = stage.items.counts[1] + running.size + ahead
  if (target % 5 === 4 && target < stage.known && !open.has(target) && state.stages.length === 1) {
    const forecast = startAfter(state, stage, ahead, now)
    if (forecast === undefined) return
    const asked = { kind: 'starts', now, left: forecast }
    seen.items.push(asked)
    open.set(target, asked)
  }
}
