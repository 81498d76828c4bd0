import { strategies } from '../../build/choose/strategies.js'
import { matricesOf, problemsOf, workflowsOf } from './data.js'
import { figure, geometric, mean, percent, plan } from './figures.js'

/** Sets whose figure is a planned makespan: against known values, references and bounds. */

export async function textbook(run) {
  const columns = { heft: 'HEFT', cpop: 'CPoP', peft: 'PEFT', auto: 'OPT' }
  const rows = []
  let wrong = 0
  for (const { name, problem, reference } of problemsOf('textbook')) {
    const cells = []
    for (const [strategy, column] of Object.entries(columns)) {
      const { makespan } = await plan(problem, strategy, run, 2)
      if (makespan !== reference[column]) wrong += 1
      cells.push(`${makespan} (${reference[column]})`)
    }
    rows.push([name, ...cells])
  }
  return {
    title: 'Textbook DAGs, in brackets what is published',
    titles: ['', ...Object.keys(columns)],
    rows,
    figures: [figure('textbook DAGs: values that differ', wrong, { most: 0, show: String })],
  }
}

const byTable = {
  OLB: 'on-demand',
  MET: 'met',
  MCT: 'mct',
  MinMin: 'min-min',
  MaxMin: 'max-min',
  Sufferage: 'sufferage',
}

export async function matrices(run) {
  const rows = []
  const [overs, gaps, alone] = [[], [], []]
  let wrong = 0
  for (const { name, problem, known } of matricesOf(run.sample?.(2))) {
    const unequal = []
    for (const [column, strategy] of Object.entries(byTable)) {
      const { makespan } = await plan(problem, strategy, run, 1)
      // The table gives one decimal.
      if (Math.abs(makespan - Number(known[column])) > 0.0501)
        unequal.push(`${strategy} ${makespan}`)
    }
    wrong += unequal.length
    const auto = await plan(problem, 'auto', run, 10)
    const search = await plan(problem, 'local-search', run, 10)
    const best = Number(known.best_known_makespan)
    overs.push(auto.makespan / best - 1)
    alone.push(search.makespan / best - 1)
    gaps.push(auto.gap)
    rows.push([
      name,
      percent(overs.at(-1)),
      percent(alone.at(-1)),
      percent(auto.gap),
      unequal.length === 0 ? 'all 6' : `not ${unequal.join(', ')}`,
      `${auto.seconds.toFixed(2)} s`,
    ])
  }
  return {
    title: 'Matrices of 512 x 16, 10 s each',
    titles: [
      '',
      'auto over best known',
      'local-search alone',
      'auto over own bound',
      'heuristics as tabled',
      'time',
    ],
    rows,
    figures: [
      figure('matrices: heuristics that differ from the table', wrong, { most: 0, show: String }),
      figure('matrices: auto over best known, mean', mean(overs), { most: 0.004, aim: 0.0015 }),
      figure('matrices: local-search alone, mean', mean(alone), {}),
      figure('matrices: auto over its own bound, mean', mean(gaps), {}),
    ],
  }
}

export async function stg(run) {
  const bySet = new Map()
  const [asGiven, proved] = [[], []]
  const refuted = []
  let settled = 0
  for (const { name, problem, reference } of problemsOf('stg', run.sample?.(12))) {
    const { makespan, lowerBound: bound, optimal } = await plan(problem, 'auto', run, 2)
    if (optimal) settled += 1
    if (bound > reference.optimum) refuted.push(`${name} (${reference.optimum}, at least ${bound})`)
    const gap = makespan / Math.max(bound, reference.optimum) - 1
    asGiven.push(makespan / reference.optimum - 1)
    proved.push(gap)
    const set = name.replace(/^stg-(\d+)-.*-(p\d+)$/, '$1 tasks, $2')
    bySet.set(set, [...(bySet.get(set) ?? []), gap])
  }
  const row = (name, all) => [
    name,
    `${all.length}`,
    percent(mean(all)),
    percent(Math.max(...all)),
    `${all.filter(gap => gap <= 1e-9).length}`,
  ]
  const sets = [...bySet].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    title:
      'Standard task graphs, auto in 2 s: gap to the optimum, or to a bound above what is stated',
    titles: ['', 'n', 'mean', 'worst', 'optimal'],
    rows: [...sets.map(([name, all]) => row(name, all)), row('all', proved)],
    notes: [
      `proved optimal: ${settled} of ${proved.length}`,
      ...(refuted.length === 0
        ? []
        : [`stated optimum below a proven bound: ${refuted.sort().join(', ')}`]),
    ],
    figures: [
      figure('standard task graphs: mean gap, refuted references replaced', mean(proved), {
        most: 0.003,
      }),
      figure('standard task graphs: mean gap, references as given', mean(asGiven), { most: 0.003 }),
    ],
  }
}

/** As the problem files give them, and again from WfFormat files, whose dependencies are whole. */
export async function workflows(run) {
  const rows = []
  const figures = []
  for (const [kind, instances] of [
    ['problem files', problemsOf('wfinstances', run.sample?.(4))],
    ['WfFormat files', workflowsOf(run.sample?.(4))],
  ]) {
    const [toReference, toHeft, toBound] = [[], [], []]
    for (const { name, problem, reference } of instances) {
      const heft = await plan(problem, 'heft', run, 1)
      const best = await plan(problem, 'auto', run, 10)
      const edges = problem.edges.from.length
      const compared = edges > 0 && reference?.HEFT !== undefined
      if (compared) toReference.push(Math.abs(heft.makespan / reference.HEFT - 1))
      toHeft.push(best.makespan / heft.makespan)
      toBound.push(1 + best.gap)
      rows.push([
        name,
        `${problem.tasks.length}`,
        `${edges}`,
        compared ? percent(toReference.at(-1)) : '-',
        percent(toHeft.at(-1) - 1),
        toBound.at(-1).toFixed(4),
      ])
    }
    const ratio = { show: value => value.toFixed(4) }
    if (toReference.length > 0) {
      figures.push(
        figure(`${kind}: heft from its reference, worst`, Math.max(...toReference), { most: 0.01 }),
      )
    }
    figures.push(
      figure(`${kind}: best to heft, geometric mean`, geometric(toHeft), { most: 0.97, ...ratio }),
      figure(`${kind}: best to bound, geometric mean`, geometric(toBound), { aim: 1.05, ...ratio }),
    )
  }
  return {
    title: 'Workflows on 8 machines, auto in 10 s',
    titles: ['', 'tasks', 'edges', 'heft from reference', 'best to heft', 'best to bound'],
    rows,
    notes: [
      'a problem file without edges is another problem than its reference was computed for; ' +
        'DRAY_BENCH_WORKFLOWS names a folder of WfFormat files',
    ],
    figures,
  }
}

const constructive = strategies.filter(({ kind }) => kind === 'planner').map(({ name }) => name)

export async function dagbench(run) {
  const rows = []
  const ratios = []
  for (const { name, problem } of problemsOf('dagbench', run.sample?.(6))) {
    const auto = await plan(problem, 'auto', run, 2)
    let best = { name: '', makespan: Number.POSITIVE_INFINITY }
    for (const strategy of constructive) {
      const { makespan } = await plan(problem, strategy, run, 1)
      if (makespan < best.makespan) best = { name: strategy, makespan }
    }
    ratios.push(auto.makespan / best.makespan - 1)
    const gap = auto.optimal ? 'optimal' : percent(auto.gap)
    rows.push([name, `${problem.tasks.length}`, best.name, percent(ratios.at(-1)), gap])
  }
  return {
    title: 'DAGBench, auto in 2 s',
    titles: ['', 'tasks', 'best member', 'auto against it', 'over bound'],
    rows,
    figures: [
      figure('DAGBench: auto against its best member, worst', Math.max(...ratios), { most: 0 }),
    ],
  }
}
