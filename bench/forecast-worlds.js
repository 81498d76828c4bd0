// Runs of many kinds by the real core in virtual time, seeded: each world is drawn anew many times, so that the
// ends that forecasts are judged by are many and independent. A second run knows what the first one learnt.
import { leftOf, startAfter, timeLeft, unansweredOf } from '../build/api/forecast/forecast.js'
import { forecastPlan } from '../build/choose/forecast-plan.js'
import { jobProblem, uncertaintyOf } from '../build/choose/job-problem.js'
import { realise } from '../build/choose/realise.js'
import { emptyState } from '../build/core/initial.js'
import { limits } from '../build/core/limits.js'
import { step } from '../build/core/step.js'
import { encodeEstimate, faded } from '../build/policy/estimation/least-squares.js'
import { prng } from '../build/std/prng.js'

const SECOND = 1_000_000
const logNormal = sigma => random => Math.exp(sigma * random.normal())

/** Slow for a while, then fast for a while: an autoregression of so many items' memory. */
const drifting = (memory, sigma) => () => {
  const r = Math.exp(-1 / memory)
  let mood = Number.NaN
  return random => {
    mood = Number.isNaN(mood)
      ? sigma * random.normal()
      : r * mood + sigma * Math.sqrt(1 - r * r) * random.normal()
    return Math.exp(mood + 0.2 * random.normal())
  }
}

/** Another factor for every group of so many items: what comes from one place is alike. */
const grouped = (size, sigma) => () => {
  const factors = []
  return (random, nth) => {
    while (factors.length <= nth / size) factors.push(Math.exp(sigma * random.normal()))
    return factors[Math.floor(nth / size)] * logNormal(0.2)(random)
  }
}

/** Half as long again while something else runs there: from anywhere in the run on, for anything up to so many items. */
const visited = (items, most) => () => {
  let [from, to] = [Number.NaN, 0]
  return (random, nth) => {
    if (Number.isNaN(from)) {
      from = items * random.next()
      to = from + most * random.next()
    }
    return (nth >= from && nth < to ? 1.5 : 1) * logNormal(0.3)(random)
  }
}

/** Up and down by a third every so many items, wherever it begins. */
const waves = period => () => {
  let phase = Number.NaN
  return (random, nth) => {
    if (Number.isNaN(phase)) phase = random.next()
    return (1 + Math.sin(2 * Math.PI * (nth / period + phase)) / 3) * logNormal(0.2)(random)
  }
}

/**
 * `draw` answers the factor of the n-th item that starts, of mean about 1; `of` makes one for each run;
 * `day` is how far a run's own factor strays, in logarithms.
 */
const plain = { items: 80, stages: ['a'], speeds: [1], slots: 2, draw: logNormal(0.4) }
export const worlds = {
  'log-normal, 0.2': { ...plain, draw: logNormal(0.2) },
  'log-normal, 0.5': { ...plain, draw: logNormal(0.5) },
  'log-normal, 1.0': { ...plain, draw: logNormal(1) },
  'log-normal, 30 items': { ...plain, items: 30 },
  'log-normal, 400 items': { ...plain, items: 400 },
  'log-normal, 1 slot': { ...plain, slots: 1 },
  'log-normal, 8 slots': { ...plain, slots: 8 },
  'speeds 1 and 0.25': { ...plain, speeds: [1, 0.25] },
  bimodal: { ...plain, draw: random => (random.next() < 0.15 ? 4 : 0.6) * logNormal(0.2)(random) },
  'size-dependent': { ...plain, size: nth => 1 + ((nth * 7) % 5), draw: logNormal(0.3) },
  'size given in vain': { ...plain, size: nth => 1 + ((nth * 7) % 5), sizeCounts: false },
  'two stages': { ...plain, stages: ['a', 'b'], items: 60 },
  'fails one in ten, again': { ...plain, fails: 0.1 },
  'set-up of 4 items': { ...plain, setup: 4 },
  chunked: { ...plain, items: 240, chunk: 4 },
  'hand-over as long': { ...plain, between: logNormal(0.5) },
  'day 0.15': { ...plain, draw: logNormal(0.3), day: 0.15 },
  'day 0.4': { ...plain, draw: logNormal(0.3), day: 0.4 },
  'drift, 5 items': { ...plain, of: drifting(5, 0.3) },
  'drift, 20 items': { ...plain, of: drifting(20, 0.3) },
  'drift, 60 items': { ...plain, of: drifting(60, 0.3) },
  sorted: { ...plain, draw: (random, nth) => (nth < 40 ? 1.4 : 1) * logNormal(0.3)(random) },
  'log-normal, 0.05': { ...plain, draw: logNormal(0.05) },
  'visited by other work': { ...plain, of: visited(80, 60) },
  'groups of 10': { ...plain, of: grouped(10, 0.5) },
  'groups of 40': { ...plain, of: grouped(40, 0.3) },
  'ever longer': { ...plain, draw: (random, nth) => (0.7 + nth / 133) * logNormal(0.3)(random) },
  'ever shorter, 400 items': {
    ...{ ...plain, items: 400 },
    draw: (random, nth) => (1.3 - nth / 667) * logNormal(0.3)(random),
  },
  'drift, 60 of 400 items': { ...plain, items: 400, of: drifting(60, 0.3) },
  'drift, 600 of 400 items': { ...plain, items: 400, of: drifting(600, 0.3) },
  'waves of 30 items': { ...plain, of: waves(30) },
  'day 0.15, 400 items': { ...plain, items: 400, draw: logNormal(0.3), day: 0.15 },
  'cold start': { ...plain, draw: (random, nth) => (nth < 2 ? 2.3 : 1) * logNormal(0.3)(random) },
}

/** Items that `plan --probe` runs first. */
const PROBES = [1, 3, 10]
const POINTS = [10, 25, 50, 75, 90]

/** One after another, each knowing what those before it learnt; the third is not asked. */
const RUNS = ['first', 'second', 'third', 'fourth']

/**
 * Forecasts of so many first runs and of those that followed them, handed to `tally(kind, forecast, truth)`;
 * of the runs' ends only where `items` is not asked for.
 */
export function judgeWorld(world, seeds, tally, { items = true } = {}) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    let learnt
    for (const [at, nth] of RUNS.entries()) {
      const number = seed * RUNS.length + at
      const { began, end, state } = play(world, number, learnt)
      if (nth === 'third') {
        learnt = state
        continue
      }
      const instants = POINTS.map(percent => began + ((end - began) * percent) / 100)
      const run = play(world, number, learnt, instants, items)
      if (items && learnt !== undefined) tally('plan', planned(world, learnt), end - began)
      if (items && learnt === undefined)
        for (const count of PROBES) {
          const probed = play({ ...world, items: count }, number, undefined)
          tally(`plan after a probe of ${count}`, planned(world, probed.state), end - began)
        }
      for (const [at, left] of run.ends)
        if (left !== undefined) tally(`${nth}, ${POINTS[instants.indexOf(at)]} %`, left, end - at)
      for (const { kind, now, left, truth } of run.items)
        if (truth !== undefined) tally(`${nth}, ${kind}`, left, truth - now)
      learnt = run.state
    }
  }
}

/** What `plan` says of the next run. */
function planned(world, { stages, machines }) {
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
    ...{ loading, seed: 1 },
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

function learntBefore({ stages }) {
  return stages.flatMap(({ number, pooled, estimates }) =>
    [pooled, ...estimates].flatMap((estimate, nth) =>
      estimate === undefined || estimate.n === 0
        ? []
        : {
            ...{ kind: 'learnt', stage: number, machine: nth - 1 },
            estimate: faded(encodeEstimate(estimate), limits.recalled),
          },
    ),
  )
}

/** Answers when it began and ended, and what was foretold: of the end at these instants, of items where there are any. */
function play(world, seed, before, instants = [], ofItems = false) {
  const { items, speeds, slots, between, fails = 0, day = 0, sizeCounts = true } = world
  const random = prng(seed)
  const draw = world.of?.() ?? world.draw
  const today = Math.exp(day * random.normal())
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
    if (ofItems) lookAtItems(world, state, now, seen, open)
    due.sort((a, b) => a.at - b.at)
    const next = Math.min(wakeAt, due[0]?.at ?? wakeAt)
    while (asked.length > 0 && asked[0] < next) {
      const at = asked.shift()
      seen.ends.push([at, timeLeft(state, state.runs[0], at)])
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
