import { Refused } from '../../build/choose/plan-problem.js'
import { proveBound } from '../../build/choose/prove.js'
import { inHindsight, realise } from '../../build/choose/realise.js'
import { prepare } from '../../build/choose/run-strategy.js'
import { strategies, strategyNamed } from '../../build/choose/strategies.js'
import { matricesOf, problemsOf, workflowsOf } from './data.js'
import { figure, mean, percent, plan } from './figures.js'

/** Sets whose figure is `auto` against every other strategy, planned and realised. */

function* samples(run) {
  const count = run.sample ? 1 : 3
  for (const { name, problem } of matricesOf(count)) yield { set: 'matrices', name, problem }
  for (const { name, problem } of workflowsOf(count)) yield { set: 'workflows', name, problem }
  for (const set of ['textbook', 'stg', 'wfinstances', 'dagbench'])
    for (const { name, problem } of problemsOf(set, 2 * count)) yield { set, name, problem }
}

export async function auto(run) {
  const rows = []
  const ratios = []
  for (const { name, problem } of samples(run)) {
    const found = await plan(problem, 'auto', run, 2)
    const others = []
    for (const strategy of strategies.filter(({ name }) => name !== 'auto')) {
      try {
        const { makespan } = await plan(problem, strategy.name, run, 2)
        others.push({ name: strategy.name, makespan })
      } catch (error) {
        if (!(error instanceof Refused)) throw error
      }
    }
    const best = others.reduce((a, b) => (b.makespan < a.makespan ? b : a))
    ratios.push(found.makespan / best.makespan - 1)
    rows.push([name, `${others.length}`, best.name, percent(ratios.at(-1))])
  }
  return {
    title: 'auto against every other strategy, 2 s each',
    titles: ['', 'others', 'best of them', 'auto against it'],
    rows,
    figures: [
      figure('auto against its best member, worst', Math.max(...ratios), { most: 0.05, aim: 0.02 }),
    ],
  }
}

const spread = 0.2

/**
 * Realised makespans: every strategy meets the same durations. The noise is drawn per task: a task that
 * takes longer does so on whatever machine, so hindsight knows each duration but not a better machine
 * for it than the estimates did, up to balance.
 */
export async function noise(run) {
  const seeds = Array.from({ length: run.sample ? 5 : 20 }, (_, nth) => nth + 1)
  const sets = [
    ['matrices', matricesOf(run.sample?.(1))],
    ['workflows', workflowsOf(run.sample?.(1) ?? 4)],
    ['standard task graphs', problemsOf('stg', run.sample?.(2) ?? 8)],
    ['DAGBench', problemsOf('dagbench', run.sample?.(3) ?? 12)],
  ]
  const rows = []
  const figures = []
  for (const [set, instances] of sets) {
    const gaps = new Map()
    for (const { problem } of instances) {
      const bounds = seeds.map(
        seed => proveBound(inHindsight(problem, { noise: spread, seed })).value,
      )
      for (const strategy of strategies) {
        const over = await realised(problem, strategy, { run, seeds, bounds })
        if (over !== undefined)
          gaps.set(strategy.name, [...(gaps.get(strategy.name) ?? []), mean(over)])
      }
    }
    const most = Math.max(...[...gaps.values()].map(all => all.length))
    const compared = [...gaps]
      .filter(([, all]) => all.length === most)
      .map(([name, all]) => ({ name, gap: mean(all) }))
      .sort((a, b) => a.gap - b.gap)
    const { gap } = compared.find(({ name }) => name === 'auto')
    const [best] = compared.filter(({ name }) => name !== 'auto')
    const shown = compared.filter(({ name }) => name !== 'auto').slice(0, 4)
    rows.push([
      set,
      `${most}`,
      percent(gap),
      shown.map(({ name, gap }) => `${name} ${percent(gap)}`).join(', '),
    ])
    figures.push(
      figure(
        `20 % noise, ${set}: auto against the best single strategy`,
        (1 + gap) / (1 + best.gap) - 1,
        { most: 0 },
      ),
    )
    if (set === 'matrices')
      figures.push(
        figure('20 % noise, matrices: auto over the bound in hindsight', gap, {
          most: 0.1,
          aim: 0.05,
        }),
      )
  }
  return {
    title: `20 % noise, ${seeds.length} seeds, 2 s to plan: mean makespan over the bound in hindsight`,
    titles: ['', 'n', 'auto', 'best others'],
    rows,
    notes: ['strategies that refuse some instance of a set are left out of its comparison'],
    figures,
  }
}

async function realised(problem, strategy, { run, seeds, bounds }) {
  const { solver, scale } = run
  try {
    const { way } = await prepare(problem, {
      strategy: strategyNamed(strategy.name),
      objective: 'makespan',
      noise: spread,
      seed: 1,
      spending: { kind: 'time', ms: 2000 * scale },
      solver,
    })
    return seeds.map(
      (seed, nth) => realise(problem, way, { noise: spread, seed }).makespan / bounds[nth] - 1,
    )
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}
