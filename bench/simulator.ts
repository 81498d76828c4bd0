import { parseArgs } from 'node:util'
import type { Event } from '../src/core/event.ts'
import { emptyState } from '../src/core/state.ts'
import { step } from '../src/core/step.ts'
import type { Problem } from '../src/model/problem.ts'
import { joiningMachines, problemRun, simulateProblem } from '../src/sim/simulate.ts'
import { prng } from '../src/std/prng.ts'

/**
 * How fast the simulator is: `npx tsx bench/simulator.ts [--runs 5]`. Two figures: completions a
 * second of independent tasks on 64 machines under fifo and on-demand, and the time of one online
 * mct decision among 1,000 distinct machines while 100,000 tasks are ready.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
const runs = Number(values.runs)

const completing = randomMatrix(100_000, 64)
const perSecond = medianOf(runs, () => {
  const begun = process.hrtime.bigint()
  const { completions } = simulateProblem(completing, { strategy: 'on-demand', order: 'fifo' })
  return completions / secondsSince(begun)
})
console.log(
  `fifo, on-demand, 64 machines: ${Math.round(perSecond).toLocaleString('en')} completions/s`,
)

const deciding = randomMatrix(100_000, 1_000)
const perDecision = medianOf(Math.min(runs, 3), () => secondsToAssign(deciding) * 10)
console.log(`mct, 1,000 machines, 100,000 ready: ${perDecision.toFixed(2)} µs a decision`)

/** One step of the core: the machines are there, the problem arrives, every task is given a machine. */
function secondsToAssign(problem: Problem): number {
  const state = emptyState()
  step(
    state,
    0,
    joiningMachines(problem).map(machine => ({ kind: 'joined', machine })),
  )
  const submit: Event = { kind: 'submit', run: problemRun(problem, { strategy: 'mct' }) }
  const begun = process.hrtime.bigint()
  step(state, 0, [submit])
  return secondsSince(begun)
}

function randomMatrix(tasks: number, machines: number): Problem {
  const random = prng(1)
  const times = new Float64Array(tasks * machines)
  for (let at = 0; at < times.length; at += 1) times[at] = 1 + random.int(1_000)
  return {
    name: `${tasks} x ${machines}`,
    unit: 's',
    times,
    network: undefined,
    machines: Array.from({ length: machines }, (_, at) => ({
      id: `m${at}`,
      speed: 1,
      capacity: undefined,
      cost: 0,
    })),
    tasks: Array.from({ length: tasks }, (_, at) => ({
      id: `t${at}`,
      needs: undefined,
      release: 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
    })),
    edges: {
      firstEdge: new Int32Array(tasks + 1),
      from: new Int32Array(0),
      bytes: new Float64Array(0),
      time: new Float64Array(0),
    },
  }
}

function secondsSince(begun: bigint): number {
  return Number(process.hrtime.bigint() - begun) / 1e9
}

function medianOf(times: number, measure: () => number): number {
  return Array.from({ length: times }, measure).sort((a, b) => a - b)[times >> 1]
}
