import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { openHighs } from '../dist/adapter/solver/highs.js'
import { compareStrategies } from '../dist/choose/compare.js'
import { planProblem } from '../dist/choose/plan-problem.js'
import { proveBound } from '../dist/choose/prove.js'
import { strategies, strategyNamed } from '../dist/choose/strategies.js'
import { loadProblem } from '../dist/input/load-problem.js'
import { table } from '../dist/report/table.js'

/**
 * How good the schedules are, on instances whose best values are known. Prints a table per set;
 * `--only matrices,stg` names sets, `--limit 2` takes that many instances of each, `--scale 0.1`
 * shortens every time limit. Not a test: figures depend on the machine, claims do not.
 */
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'textbook,matrices,stg,wfinstances,dagbench,noise' },
    limit: { type: 'string', default: '0' },
    scale: { type: 'string', default: '1' },
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data') },
  },
})

const constructive = strategies.filter(({ kind }) => kind === 'planner').map(({ name }) => name)
const byTable = {
  OLB: 'on-demand',
  MET: 'met',
  MCT: 'mct',
  MinMin: 'min-min',
  MaxMin: 'max-min',
  Sufferage: 'sufferage',
}

if (!existsSync(flags.data)) {
  console.log(`no benchmark data at ${flags.data}: nothing to measure`)
} else {
  const solver = openHighs()
  const sets = { textbook, matrices, stg, wfinstances, dagbench, noise }
  for (const name of flags.only.split(',')) {
    if (!Object.hasOwn(sets, name)) throw new Error(`--only ${name}: known: ${Object.keys(sets)}`)
    await sets[name](solver)
  }
  await solver.close()
}

async function textbook(solver) {
  const rows = []
  for (const { name, problem, reference } of problemsOf('textbook')) {
    const cells = []
    for (const strategy of ['heft', 'cpop', 'peft', 'auto']) {
      const found = await plan(problem, strategy, { solver, seconds: 2 })
      const known = reference?.[{ heft: 'HEFT', cpop: 'CPoP', peft: 'PEFT', auto: 'OPT' }[strategy]]
      cells.push(`${found.makespan}${known === undefined ? '' : ` (${known})`}`)
    }
    rows.push([name, ...cells])
  }
  print('Textbook DAGs, in brackets what is known', ['', 'heft', 'cpop', 'peft', 'auto'], rows)
}

async function matrices(solver) {
  const known = csv(join(flags.data, 'matrices/best_known.csv'))
  const rows = []
  const [overs, gaps] = [[], []]
  for (const line of limited(known)) {
    const problem = loadProblem(join(flags.data, 'matrices', line.instance))
    const equal = []
    for (const [column, strategy] of Object.entries(byTable)) {
      const { makespan } = await plan(problem, strategy, { solver, seconds: 1 })
      // The table gives one decimal.
      if (Math.abs(makespan - Number(line[column])) > 0.0501) equal.push(`${strategy} ${makespan}`)
    }
    const found = await plan(problem, 'auto', { solver, seconds: 10 })
    const over = found.makespan / Number(line.best_known_makespan) - 1
    overs.push(over)
    gaps.push(found.gap)
    rows.push([
      line.instance.replace('.csv.gz', ''),
      percent(over),
      percent(found.gap),
      equal.length === 0 ? 'all 6' : `not ${equal.join(', ')}`,
      `${found.seconds.toFixed(1)} s`,
    ])
  }
  rows.push(['mean', percent(mean(overs)), percent(mean(gaps)), '', ''])
  print(
    'Matrices of 512 x 16, auto in 10 s',
    ['', 'over best known', 'over own bound', 'heuristics as tabled', 'time'],
    rows,
  )
}

async function stg(solver) {
  const byMachines = new Map()
  let raised = 0
  for (const { name, problem, reference } of problemsOf('stg')) {
    const found = await plan(problem, 'auto', { solver, seconds: 2 })
    const bound = proveBound(problem).value
    if (bound > reference.optimum) raised += 1
    const gap = found.makespan / Math.max(bound, reference.optimum) - 1
    const set = name.replace(/^stg-(\d+)-.*-(p\d+)$/, '$1 tasks, $2')
    byMachines.set(set, [...(byMachines.get(set) ?? []), gap])
  }
  const all = [...byMachines.values()].flat()
  const row = (name, gaps) => [
    name,
    `${gaps.length}`,
    percent(mean(gaps)),
    percent(Math.max(...gaps)),
    `${gaps.filter(gap => gap <= 1e-9).length}`,
  ]
  const rows = [...byMachines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, gaps]) => row(name, gaps))
  rows.push(row('all', all))
  print('Standard task graphs, auto in 2 s', ['', 'n', 'mean gap', 'worst', 'optimal'], rows)
  console.log(
    `${raised} instances state an optimum below a proven bound; there the gap is to the bound.\n`,
  )
}

async function wfinstances(solver) {
  const rows = []
  const [toHeft, toBound] = [[], []]
  for (const { name, problem, reference } of problemsOf('wfinstances')) {
    const heft = await plan(problem, 'heft', { solver, seconds: 1 })
    const best = await plan(problem, 'auto', { solver, seconds: 10 })
    const edges = problem.edges.from.length
    const known = reference?.HEFT
    const against = edges === 0 ? 'no edges' : known ? percent(heft.makespan / known - 1) : '-'
    toHeft.push(best.makespan / heft.makespan)
    toBound.push(1 + best.gap)
    rows.push([
      name,
      `${problem.tasks.length}`,
      against,
      percent(best.makespan / heft.makespan - 1),
      (1 + best.gap).toFixed(4),
    ])
  }
  rows.push([
    'geometric mean',
    '',
    '',
    percent(geometric(toHeft) - 1),
    geometric(toBound).toFixed(4),
  ])
  const titles = ['', 'tasks', 'heft to reference', 'best to heft', 'best to bound']
  print('Workflow instances on 8 machines, auto in 10 s', titles, rows)
  console.log(
    'Where an instance has no edges, its reference was computed for another problem and is not compared.\n',
  )
}

async function dagbench(solver) {
  const rows = []
  for (const { name, problem } of problemsOf('dagbench')) {
    const auto = await plan(problem, 'auto', { solver, seconds: 2 })
    let best = { name: '', makespan: Number.POSITIVE_INFINITY }
    for (const strategy of constructive) {
      const { makespan } = await plan(problem, strategy, { solver, seconds: 1 })
      if (makespan < best.makespan) best = { name: strategy, makespan }
    }
    rows.push([
      name,
      `${problem.tasks.length}`,
      best.name,
      percent(auto.makespan / best.makespan - 1),
      auto.optimal ? 'optimal' : percent(auto.gap),
    ])
  }
  const titles = ['', 'tasks', 'best member', 'auto against it', 'over bound']
  print('DAGBench, auto in 2 s', titles, rows)
}

/** Realised makespans under 20 % noise: plans repaired by the core against rules that adapt. */
async function noise(solver) {
  const names = ['on-demand', 'mct', 'min-min', 'sufferage', 'heft', 'local-search', 'auto']
  const chosen = names.map(name => strategyNamed(name))
  const paths = [
    ...limited(csv(join(flags.data, 'matrices/best_known.csv'))).map(({ instance }) => instance),
  ].map(instance => join(flags.data, 'matrices', instance))
  const rows = []
  for (const path of paths) {
    const { rows: found } = await compareStrategies(loadProblem(path), {
      strategies: chosen,
      objective: 'makespan',
      seed: 1,
      seeds: 20,
      noise: 0.2,
      spending: { kind: 'time', ms: 5000 * Number(flags.scale) },
      solver,
    })
    const cells = names.map(name => found.find(({ strategy }) => strategy === name))
    rows.push([
      path.split('/').at(-1).replace('.csv.gz', ''),
      ...cells.map(row => percent(row.gap)),
    ])
  }
  print('20 % noise, 20 seeds: mean makespan over the bound in hindsight', ['', ...names], rows)
}

async function plan(problem, name, { solver, seconds }) {
  const spending = { kind: 'time', ms: seconds * 1000 * Number(flags.scale) }
  return planProblem(problem, { strategy: strategyNamed(name), seed: 1, spending, solver })
}

function* problemsOf(set) {
  const folder = join(flags.data, 'problems', set)
  const files = readdirSync(folder).filter(file => file.endsWith('.json.gz'))
  for (const file of limited(files.sort())) {
    const path = join(folder, file)
    const { reference } = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))
    yield { name: file.replace('.json.gz', ''), problem: loadProblem(path), reference }
  }
}

/** A few instances spread over a set. */
function limited(all) {
  const limit = Number(flags.limit)
  if (limit === 0 || all.length <= limit) return all
  return Array.from({ length: limit }, (_, nth) => all[Math.floor((nth * all.length) / limit)])
}

function csv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  const names = head.split(',')
  return lines.map(line => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])))
}

function print(title, titles, rows) {
  console.log(`${title}\n\n${table(titles, rows)}\n`)
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function geometric(values) {
  return Math.exp(mean(values.map(Math.log)))
}

function percent(share) {
  return `${(share * 100).toFixed(2)} %`
}
