import { fileURLToPath } from 'node:url'
import { openHighs } from '../../src/adapter/solver/highs.ts'
import { loadProblem } from '../../src/input/load-problem.ts'
import type { Problem } from '../../src/model/problem.ts'
import { ganttText } from '../../src/report/gantt-text.ts'
import { busyShare, type Placed, same, sumOf, workShare } from './assignments.ts'
import { type CaseStudy, caseStudy, printedLoads, printedTerms } from './case-study.ts'

/** The article's example (its sections 4.2, 4.3 and 5), line by line, with what it should say. */
export async function show(): Promise<string> {
  const problem = loadProblem(fileURLToPath(new URL('case.json', import.meta.url)))
  const solver = openHighs()
  try {
    return `${textOf(problem, await caseStudy(problem, solver))}\n`
  } finally {
    await solver.close()
  }
}

function textOf(problem: Problem, study: CaseStudy): string {
  return [
    ...loadLines(problem),
    ...greedyLines(problem, study),
    ...printedLines(problem, study),
    ...everyLines(problem, study),
    ...programLines(problem, study),
    ...strategyLines(study),
    ...milpLines(problem, study),
    ...utilisationLines(problem, study),
  ].join('\n')
}

function loadLines(problem: Problem): string[] {
  const machines = problem.machines.length
  const cell = (text: string) => text.padStart(7)
  const row = (task: number) =>
    [...problem.times.subarray(task * machines, (task + 1) * machines)].map(time =>
      cell(short(time)),
    )
  return [
    '1. Load matrix: L_ij = T_j / P_i',
    `    ${problem.machines.map(({ id }) => cell(id)).join('')}`,
    ...problem.tasks.map(({ id }, task) => `  ${id}${row(task).join('')}`),
    ...printedLoadLines(problem),
    '',
  ]
}

function printedLoadLines({ tasks, machines, times }: Problem): string[] {
  const loads = printedLoads.map(
    ([task, machine]) => `${tasks[task].id} on ${machines[machine].id}`,
  )
  const twice = tasks.filter((_, task) => printedLoads.filter(([of]) => of === task).length > 1)
  return [
    `  Section 4.3.1 prints ${loads.length} of these ${times.length}, ${twice.map(({ id }) => id).join(', ')} twice:`,
    `  ${loads.join(', ')}.`,
    '  There the resource is the second index, in 4.2 the first.',
  ]
}

function greedyLines(problem: Problem, { greedy }: CaseStudy): string[] {
  return [
    '2. Least load, task by task (strategy met): what the article describes and its program does',
    `  ${placesOf(problem, greedy)}   makespan ${short(greedy.makespan)}, sum of loads ${short(greedy.sum)}`,
    '  Looking at each task alone, the fastest machine gets everything and the others nothing.',
    '  The program in 5.2 stops at its first task, for want of "import time". With that it waits for each',
    `  task before it begins the next: ${short(greedy.sum)} in all, nothing is parallel.`,
    '',
  ]
}

function printedLines(problem: Problem, { printed, output, sums }: CaseStudy): string[] {
  const total = sumOf(printedTerms)
  const reached = sums.filter(sum => same(sum, total)).length
  const { length } = problem.machines
  const terms = problem.tasks.map((_, task) => problem.times[(task + 1) * length - 1])
  const right = terms.filter((term, task) => same(term, printedTerms[task])).length
  return [
    '3. The assignment the article prints',
    `  ${placesOf(problem, printed)}   makespan ${short(printed.makespan)}, sum of loads ${short(printed.sum)}`,
    `  Its printed sum is ${short(total)}. Assignments with that sum: ${reached}; the least sum of any is ${short(Math.min(...sums))}.`,
    `  Its terms are indexed as those of every task on ${problem.machines[length - 1].id}, ${terms.map(short).join(' ')}; printed are`,
    `  ${printedTerms.map(short).join(' ')}, of which ${right} is right.`,
    `  Section 5.4 prints two others, as one run: ${output.map(one => placesOf(problem, one)).join(' and ')},`,
    `  of makespans ${output.map(({ makespan }) => short(makespan)).join(' and ')}.`,
    '',
  ]
}

function everyLines(problem: Problem, { assignments, optima, leanest }: CaseStudy): string[] {
  return [
    `4. All ${assignments} assignments`,
    `  least makespan ${short(optima[0].makespan)}, reached by ${optima.length}:`,
    ...optima.map(one => `  ${placesOf(problem, one)}   sum ${short(one.sum)}`),
    `  of these with the least sum: ${leanest.map(one => placesOf(problem, one)).join(', ')}`,
    '',
  ]
}

function programLines(problem: Problem, study: CaseStudy): string[] {
  const { articleLp, fractional, total } = study
  const speeds = problem.machines.reduce((sum, { speed }) => sum + speed, 0)
  const parts = fractional.shares.map((row, task) => {
    const shares = row.flatMap((part, machine) =>
      part > 1e-9 ? [`${short(part)} on ${problem.machines[machine].id}`] : [],
    )
    return `  ${problem.tasks[task].id}: ${shares.join(', ')}`
  })
  return [
    '5. Linear programs',
    `  As printed (sum_i L_ij = T_j): least objective ${short(articleLp.least)}, greatest ${short(articleLp.greatest)}. The`,
    `  constraints fix it at the sum of all T_j, ${short(total)}: the program chooses nothing.`,
    '  As meant: min C, sum_i x_ij = 1, sum_j x_ij p_ij <= C, x >= 0. One solution:',
    ...parts,
    `  C = ${short(fractional.bound)} = ${short(total)}/${short(speeds)}, all work over all speed: no schedule can be shorter.`,
    '',
  ]
}

function strategyLines({ strategies }: CaseStudy): string[] {
  const line = ({ name, makespan }: CaseStudy['strategies'][number]) =>
    `  ${name.padEnd(12)} ${short(makespan)}${name === 'random' ? ' on average' : ''}`
  return ['6. Makespans of the strategies', ...strategies.map(line), '']
}

function milpLines(problem: Problem, { milp }: CaseStudy): string[] {
  const { schedule, optimal } = milp
  const chosen = [...schedule.machine].map(machine => problem.machines[machine].id).join(' ')
  return [
    '7. The same program in whole tasks (strategy milp)',
    `  ${chosen}   makespan ${short(Math.max(...schedule.end))}${optimal ? ', proved optimal' : ''}`,
    '',
    ...ganttText(problem, schedule, { width: 60 })
      .split('\n')
      .map(row => `  ${row}`),
    '',
  ]
}

function utilisationLines(problem: Problem, { printed, leanest, optima }: CaseStudy): string[] {
  const row = (label: string, one: Placed) =>
    `  ${label.padEnd(30)} ${percent(busyShare(problem, one))}   ${percent(workShare(problem, one))}`
  const weighted = new Set(optima.map(one => percent(workShare(problem, one))))
  return [
    '8. Utilisation, at the same makespan',
    `  ${''.padEnd(30)}   busy   weighted by speed`,
    row('as the article prints it', printed),
    row('least sum', leanest[0]),
    `  Weighted by speed, all ${optima.length} optima: ${[...weighted].join(', ')}. Busy time favours the plan that leaves`,
    '  more to slow machines.',
  ]
}

const placesOf = (problem: Problem, { machine }: Placed): string =>
  machine.map(at => problem.machines[at].id).join(' ')

const short = (value: number): string => String(Number(value.toFixed(2)))
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
