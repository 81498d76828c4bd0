// Forecasts against what then happened: how often the truth fell within the printed 80 % range.
//   npm run bench -- forecast            24 runs of the OCR example, six in a temporary folder each: twelve with the box to
//                                        themselves, twelve beside none to two programs that spin (bench/load.js)
//   node bench/forecast.js synthetic     a job of items whose times really stray (seconds, not minutes)
//   node bench/forecast.js worlds [N]    N (12) times eight runs after each other of each of 44 kinds, in virtual time
//   node bench/forecast.js DIR...        every run recorded in these
// Runs are replayed from their journal, entry by entry: each forecast is what would have been shown then. Instants of one
// run err alike: how far the share of ends may be off is told by a bootstrap over the runs.
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDirectory } from '../build/adapter/sqlite/directory.js'
import { leftOf, playedLeft, timeLeft, unansweredOf } from '../build/api/forecast/forecast.js'
import { decodeEntry } from '../build/core/codec.js'
import { emptyState } from '../build/core/initial.js'
import { replay } from '../build/core/step.js'
import { prng } from '../build/std/prng.js'
import { judgeWorld, worlds } from './forecast-worlds.js'
import { ocrJob } from './ocr-pages.js'
import { workspace } from './workspace.js'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const asked = process.argv[2] ?? 'ocr'
const tallies = new Map()
if (asked === 'worlds') judgeWorlds(Number(process.argv[3] ?? 12))
else {
  const recorded =
    asked === 'ocr'
      ? [...recordOcr('idle box', 2), ...recordBusy()]
      : asked === 'synthetic'
        ? [{ folder: recordSynthetic() }]
        : process.argv.slice(2).map(folder => ({ folder }))
  const judged = recorded.flatMap(({ folder, box }) =>
    replayRuns(folder).map(run => ({ box, share: judge(run, box) })),
  )
  for (const box of new Set(judged.map(run => run.box)))
    sayShares(
      box ?? 'all',
      judged.filter(run => run.box === box),
    )
  if (asked === 'ocr') sayShares('all', judged)
}
for (const [kind, { inside, below, above, widths, count, score }] of [...tallies].sort()) {
  const share = part => `${Math.round((100 * part) / count)} %`
  const name = kind.padEnd(48)
  const spread = `${(100 * widths.toSorted((a, b) => a - b)[count >> 1]).toFixed(0)} %`
  console.error(
    `${name} ${share(inside).padStart(5)} of ${String(count).padStart(4)} within; ` +
      `${share(below)} earlier, ${share(above)} later; median range ${spread} wide, score ${Math.round((100 * score) / count)}`,
  )
}
console.log(
  JSON.stringify(
    Object.fromEntries(
      [...tallies]
        .sort()
        .map(([kind, { widths, ...rest }]) => [
          kind,
          { ...rest, medianWidth: widths.toSorted((a, b) => a - b)[widths.length >> 1] },
        ]),
    ),
  ),
)

/** By kind of question over all worlds, and by world; ends also by how many runs there were before. */
function judgeWorlds(seeds) {
  Object.entries(worlds).forEach(([name, world], nth) => {
    judgeWorld(world, { seeds, first: 10_000 * nth }, (kind, forecast, truth) => {
      tally(`all worlds: ${kind}`, forecast, truth)
      const what = kind.replace(/\d+ %/, 'ends')
      if (what !== kind) tally(`all worlds: ${what}`, forecast, truth)
      tally(
        `${name}: ${/ends|plan/.test(what) ? what : what.replace(/^.*?, /, '')}`,
        forecast,
        truth,
      )
    })
  })
}

/** So many folders with a first run and five that know its times: a minute and a half each on an idle box. */
function recordOcr(box, folders) {
  const job = ocrJob()
  return Array.from({ length: folders }, () => {
    const folder = join(workspace(), '.dray')
    for (let nth = 0; nth < 6; nth += 1) runJob(job, folder)
    return { folder, box }
  })
}

/** The same while other programs come and go: none, one or two at a time. */
function recordBusy() {
  const others = [1, 2].map(seed =>
    spawn(process.execPath, [here('load.js'), String(seed)], { stdio: 'ignore' }),
  )
  try {
    return recordOcr('busy box', 2)
  } finally {
    for (const other of others) other.kill()
  }
}

function sayShares(of, runs) {
  const shares = runs.map(({ share }) => share)
  const [low, high] = bootstrapped(shares)
  console.error(
    `${of}: ends of ${shares.length} runs, within by run: ${shares.map(asPercent).join(', ')}; ` +
      `of all, four times in five between ${asPercent(low)} and ${asPercent(high)} of such runs`,
  )
}

/** The middle 80 % of what the mean would be of as many runs drawn anew from these. */
function bootstrapped(shares) {
  const random = prng(1)
  const means = Array.from({ length: 2000 }, () => {
    const sum = shares.reduce(sum => sum + shares[Math.floor(random.next() * shares.length)], 0)
    return sum / shares.length
  }).sort((a, b) => a - b)
  return [means[200], means[1800]]
}

/** Times log-normal with a sigma of 0.5, half of each waiting and half by size; three runs of them. */
function recordSynthetic() {
  const folder = workspace()
  writeFileSync(
    join(folder, 'stray.mjs'),
    'import { setTimeout as wait } from "node:timers/promises"\n' +
      'const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())\n' +
      'export default ({ size }) => wait(20 * size * Math.exp(0.5 * normal()))\n',
  )
  writeFileSync(
    join(folder, 'job.json'),
    JSON.stringify({
      name: 'stray',
      input: { items: Array.from({ length: 240 }, (_, n) => ({ size: 1 + (n % 4) })) },
      stages: [
        { name: 'stray', map: './stray.mjs', size: { field: 'size' }, chunk: 1 },
        { name: 'again', map: './again.mjs', after: 'stray', chunk: 1 },
      ],
    }),
  )
  writeFileSync(
    join(folder, 'again.mjs'),
    'import { setTimeout as wait } from "node:timers/promises"\n' +
      'export default () => wait(20 + 60 * Math.random() ** 2)\n',
  )
  const dray = join(folder, '.dray')
  for (let nth = 0; nth < 3; nth += 1) runJob(join(folder, 'job.json'), dray)
  return dray
}

function runJob(job, folder) {
  const args = [here('../dist/main.js'), 'run', job, '--fresh', '--dir', folder, '--quiet']
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Every run of a directory: the forecasts made along it, and what came of them. */
function replayRuns(folder) {
  const { journal, close } = openDirectory(folder)
  const state = emptyState()
  const runs = new Map()
  const recordOf = run => {
    const name = run.definition.name
    if (!runs.has(name)) runs.set(name, { name, ends: [], attempts: [], running: [], last: 0 })
    return runs.get(name)
  }
  const expected = new Map()
  const { snapshot, entries } = journal.load()
  if (snapshot !== undefined)
    throw new Error('the journal begins with a snapshot: its runs are cut')
  for (const { body } of entries) {
    const { now, events, decisions } = decodeEntry(body)
    for (const event of events) if (event.kind === 'outcomes') answered(event, now, expected)
    replay(state, now, events, decisions)
    for (const decision of decisions)
      if (decision.kind === 'start') began(state, decision, expected, recordOf)
    for (const run of state.runs) {
      if (run.state !== 'active') continue
      const record = recordOf(run)
      const left = timeLeft(state, run, now)
      if (left !== undefined) record.ends.push({ now, left, played: playedLeft(state, run, now) })
      record.last = Math.max(record.last, ...run.stages.map(at => state.stages[at].lastEnd))
      for (const machine of state.machines)
        for (const slot of machine.slots) watch(state, run, machine, slot, now, expected)
    }
  }
  close()
  return [...runs.values()].filter(({ ends }) => ends.length > 0)
}

function began(state, { machine, firstAttempt, tasks }, expected, recordOf) {
  tasks.forEach((task, at) => {
    const stage = state.stages[state.tasks.stage[task]]
    const forecast = leftOf(stage, state.machines[machine], unansweredOf(state, task), 0)
    const attempt = {
      stage: stage.definition.name,
      forecast,
      samples: stage.pooled.n,
      took: 0,
      items: state.tasks.count[task],
      watched: [],
      failed: false,
    }
    expected.set(firstAttempt + at, attempt)
    recordOf(state.runs[stage.run]).attempts.push(attempt)
  })
}

function answered(event, now, expected) {
  event.attempts.forEach((number, at) => {
    const attempt = expected.get(number)
    if (attempt === undefined) return
    attempt.took += event.micros[at]
    attempt.items -= 1
    attempt.end = now
    if (event.codes[at] === 1) attempt.failed = true
  })
}

/** What `why` says of a running item: how long it has still to go. */
function watch(state, run, machine, slot, now, expected) {
  const task = slot.running[0]
  if (task === undefined || slot.loading || state.stages[slot.stage].run !== run.number) return
  const attempt = expected.get(state.tasks.attempt[task])
  const left = leftOf(
    state.stages[slot.stage],
    machine,
    unansweredOf(state, task),
    now - slot.headSince,
  )
  if (left !== undefined) attempt?.watched.push({ now, left })
}

/** Answers the share of its instants at which the end was foretold. */
function judge(run, box) {
  const first = run.ends[0].now
  const whole = run.last - first
  let [within, instants] = [0, 0]
  for (let percent = 10; percent <= 90; percent += 2) {
    const at = first + (whole * percent) / 100
    const shown = run.ends.findLast(({ now }) => now <= at)
    if (shown === undefined) continue
    const third = percent < 37 ? 'first' : percent < 64 ? 'second' : 'last'
    instants += 1
    if (tally('end of the run, at 10 to 90 % of it', shown.left, run.last - shown.now)) within += 1
    if (box !== undefined) tally(`end of the run, ${box}`, shown.left, run.last - shown.now)
    tally('end of the run, without hindsight', shown.played, run.last - shown.now)
    tally(`end of the run, its ${third} third`, shown.left, run.last - shown.now)
    tally(`end of the run, ${run.name}`, shown.left, run.last - shown.now)
  }
  for (const { stage, forecast, samples, took, items, failed, watched, end } of run.attempts) {
    if (failed || items > 0 || forecast === undefined) continue
    tally('time of an item, before it ran', forecast, took)
    if (box !== undefined) tally(`time of an item, before it ran, ${box}`, forecast, took)
    tally(
      `time of an item of ${stage}, ${samples < 10 ? 'under' : 'from'} 10 samples`,
      forecast,
      took,
    )
    for (const { now, left } of watched) tally('end of an item, while it ran', left, end - now)
  }
  return within / instants
}

function asPercent(share) {
  return `${Math.round(100 * share)} %`
}

/** Answers whether the truth was within. */
function tally(kind, { low, expected, high }, truth) {
  const t = tallies.get(kind) ?? { inside: 0, below: 0, above: 0, score: 0, widths: [], count: 0 }
  tallies.set(kind, t)
  t.count += 1
  if (truth < low) t.below += 1
  else if (truth > high) t.above += 1
  else t.inside += 1
  // The interval score (Gneiting and Raftery 2007): low where a range is neither wide nor wrong.
  const missed = Math.max(0, low - truth, truth - high)
  t.score += (high - low + 10 * missed) / Math.max(1, truth)
  t.widths.push((high - low) / Math.max(1, expected))
  return missed === 0
}
