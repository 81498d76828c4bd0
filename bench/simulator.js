import { emptyState } from '../build/core/initial.js'
import { step } from '../build/core/step.js'
import { joiningMachines, problemRun, simulateProblem } from '../build/sim/simulate.js'
import { randomMatrix } from './random-matrix.js'
import { quantile } from './workspace.js'

// How fast the simulator is. `completions`: independent tasks on 64 machines, fifo and on-demand, a
// second, in a process that has simulated before; `first`: in one that has not, compilation included. `decisions`: micros of one online mct choice among 1,000 machines with 100,000 ready.
if (process.argv[2] === 'decisions') {
  console.log(JSON.stringify({ micros: secondsToAssign(randomMatrix(100_000, 1_000)) * 10 }))
} else {
  const problem = randomMatrix(100_000, 64)
  // What is worked out once per problem is part of every rate.
  const rates = Array.from({ length: 9 }, () => rateOf({ ...problem }))
  console.log(JSON.stringify({ perSecond: quantile(rates.slice(4), 0.5), first: rates[0] }))
}

function rateOf(problem) {
  const begun = process.hrtime.bigint()
  const { completions } = simulateProblem(problem, { strategy: 'on-demand', order: 'fifo' })
  return completions / secondsSince(begun)
}

/** One step of the core: the machines are there, the problem arrives, every task is given a machine. */
function secondsToAssign(problem) {
  const state = emptyState()
  step(
    state,
    0,
    joiningMachines(problem).map(machine => ({ kind: 'joined', machine })),
  )
  const submit = { kind: 'submit', run: problemRun(problem, { strategy: 'mct' }) }
  const begun = process.hrtime.bigint()
  step(state, 0, [submit])
  return secondsSince(begun)
}

function secondsSince(begun) {
  return Number(process.hrtime.bigint() - begun) / 1e9
}
