// The kinds of runs that forecasts are judged on in virtual time.
import { prng } from '../build/std/prng.js'

export const logNormal = sigma => random => Math.exp(sigma * random.normal())

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

/** Of every series of runs another table of factors, the same in each of its runs: the same items in the same order. */
const same =
  (items, factor, { noise = 0.1, stages = 1 } = {}) =>
  ({ series }) => {
    const random = prng(1_000 + series)
    const factors = Array.from({ length: items }, (_, nth) => factor(random, nth / items, nth))
    return (now, nth) => factors[Math.floor(nth / stages) % items] * logNormal(noise)(now)
  }

/** Further from run to run, so much in logarithms. */
const walking =
  step =>
  ({ series, nth }) => {
    const random = prng(2_000 + series)
    let at = 0
    for (let run = 0; run < nth; run += 1) at += step * random.normal()
    return Math.exp(at)
  }

/**
 * `draw` answers the factor of the n-th item that starts, of mean about 1; `of` makes one for each run, the n-th of
 * its series; `day` is how far a run's own factor strays, in logarithms, and `box` that factor where it has a rule.
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
  'same items, last fifth shorter': {
    ...{ ...plain, day: 0.03 },
    of: same(80, (random, at) => (at < 0.8 ? 1 : 0.6) * logNormal(0.3)(random)),
  },
  'same items, two stages, last ones shorter': {
    ...{ ...plain, items: 42, stages: ['a', 'b'], day: 0.04 },
    of: same(42, (random, at) => (at < 0.75 ? 1 : 0.7) * logNormal(0.25)(random), { stages: 2 }),
  },
  'same items, ever shorter': {
    ...{ ...plain, items: 160, day: 0.05 },
    of: same(160, (random, at) => (1.4 - 0.8 * at) * logNormal(0.2)(random)),
  },
  'same items, day 0.15': {
    ...{ ...plain, day: 0.15 },
    of: same(80, logNormal(0.4)),
  },
  'day 0.05': { ...plain, draw: logNormal(0.3), day: 0.05 },
  'half as long again from the 5th run on': {
    ...{ ...plain, draw: logNormal(0.3) },
    box: ({ nth }) => (nth < 4 ? 1 : 1.5),
  },
  'day walks by 0.15': { ...plain, draw: logNormal(0.3), box: walking(0.15) },
  'steady, drifts from the 5th run on': {
    ...plain,
    of: ({ nth }) => (nth < 4 ? logNormal(0.3) : drifting(20, 0.4)()),
  },
  'drifts, steady from the 5th run on': {
    ...plain,
    of: ({ nth }) => (nth < 4 ? drifting(20, 0.4)() : logNormal(0.3)),
  },
  'visited one run in five': {
    ...plain,
    of: ({ series, nth }) =>
      prng(100 * series + nth).next() < 0.2 ? visited(80, 60)() : logNormal(0.3),
  },
  'a third more items each time': {
    ...plain,
    itemsOf: nth => Math.round(40 * 1.33 ** nth),
  },
}
