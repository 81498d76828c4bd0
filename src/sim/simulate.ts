import { dataReadyAt } from '../core/times.ts'
import { emptyState } from '../core/initial.ts'
import type { State } from '../core/state.ts'
import type { PlannedItems } from '../core/turns.ts'
import { createLoop } from '../driver/loop.ts'
import { ticksOf } from '../model/horizon.ts'
import type { Problem } from '../model/problem.ts'
import type { MachineDefinition, RunDefinition } from '../model/run.ts'
import type { Schedule } from '../model/schedule.ts'
import { assert } from '../std/assert.ts'
import { simClock } from './clock.ts'
import type { Act } from './executor.ts'
import { simExecutor } from './executor.ts'
import { forgetfulJournal, noCode, noStore } from './forgetful.ts'
import type { Measures } from './measures.ts'
import { measure } from './measures.ts'
import { planRanks } from './plan-ranks.ts'
import type { ProblemFaults } from './problem-faults.ts'
import { faultsOf } from './problem-faults.ts'
import { durationFactors } from './uncertainty.ts'

/**
 * A problem run by the real core and the real loop in virtual time: what a strategy would really do,
 * with noise, arrivals and faults, before anything is run. Exact without noise: times are whole ticks.
 */
export function simulateProblem(problem: Problem, options: SimulateOptions): Simulation {
  const seed = options.seed ?? 1
  const ticks = ticksOf(problem)
  const count = problem.tasks.length
  const schedule: Schedule = {
    machine: new Int32Array(count).fill(-1),
    start: new Float64Array(count).fill(Number.NaN),
    end: new Float64Array(count).fill(Number.NaN),
  }
  const factors = durationFactors(count, options.noise ?? 0, seed)
  const state = emptyState()
  const clock = simClock()
  const machines = problem.machines.length
  const faults = faultsOf(options.faults, { seed, ticks })

  const lostAt = new Float64Array(faults === undefined ? 0 : machines).fill(-1)
  const costOf = (machine: number): number => problem.machines[machine]?.cost ?? 0
  let wasted = 0
  const mend = options.mend?.(problem, ticks)

  const executor = simExecutor({
    clock,
    receive: event => loop.receive(event),
    behaviour: {
      dataReadyAt: ({ machine }, stage, index) => dataReadyAt(state.stages[stage], machine, index),
      execute({ slot, order, item }): Act {
        const { index } = item
        const { machine } = slot
        const micros = Math.round(
          problem.times[index * machines + machine] * factors[index] * ticks,
        )
        const fault = faults?.act(index, order.try, micros)
        if (faults !== undefined) {
          wasted += lostOf(schedule, index, lostAt) * costOf(schedule.machine[index])
          if (fault?.kind === 'answer') wasted += (fault.micros / ticks) * costOf(machine)
        }
        if (fault !== undefined) {
          withdraw(schedule, index)
          return fault
        }
        const start = clock.now()
        schedule.machine[index] = machine
        schedule.start[index] = start / ticks
        schedule.end[index] = (start + micros) / ticks
        return { kind: 'answer', micros }
      },
    },
  })
  const loop = createLoop(state, {
    clock,
    executor,
    journal: forgetfulJournal,
    store: noStore,
    forgetful: true,
    snapshotEvery: 0,
    openSource: stage => {
      throw new Error(`stage ${stage.definition.name} is a graph and has no source`)
    },
    codeOf: () => noCode,
    gather: async () => ({ keys: [], versions: [], payload: () => '' }),
    finishRun: async () => undefined,
    onEnded() {},
    onStep: mend && (() => adopt(mend(state))),
    onFailure(error) {
      throw error
    },
  })
  const adopt = (plan: PlannedItems | undefined): void => {
    if (plan === undefined) return
    // An order beside a plan decides who goes first where the plan says.
    const inOrder = options.order === undefined ? {} : { ranks: [] }
    const { strategy } = options
    loop.send({ kind: 'plan', stage: 0, strategy, seed, steps: 0, ...plan, ...inOrder })
  }

  const joining = joiningMachines(problem, options.slots)
  for (const machine of joining) loop.send({ kind: 'joined', machine })
  loop.send({ kind: 'submit', run: problemRun(problem, options, ticks) })
  if (options.plan !== undefined) adopt(planRanks(problem, options.plan))
  faults?.schedule({
    clock,
    executor,
    send: event => {
      if (event.kind === 'left') lostAt[event.machine] = clock.now() / ticks
      loop.send(event)
    },
    machines: joining,
    finished: () => state.runs[0]?.state !== 'active',
    ended: () => state.stages[0]?.items.counts.reduce((sum, count) => sum + count, 0) ?? 0,
  })
  clock.run()
  assert(
    state.runs[0].state === 'finishing',
    `the simulation of ${problem.name} ended before its tasks: nothing more can happen at ${clock.now()}`,
  )
  return { schedule, wasted, ...measure(problem, state, schedule) }
}

type SimulateOptions = {
  /** An online allocation by name; `planned` with `plan`. */
  readonly strategy: string
  readonly order?: string
  /** Coefficient of variation of the durations; 0: as given. */
  readonly noise?: number
  readonly seed?: number
  /** Tasks side by side on every machine without `capacity`; 1 when absent. */
  readonly slots?: number
  /** A schedule to follow: each task on its machine, in its order, or in `order` where that is given. */
  readonly plan?: Schedule
  /** Asked after every step whether the rest is better planned anew. */
  readonly mend?: Mender
  readonly faults?: ProblemFaults
}

type Mender = (
  problem: Problem,
  ticks: number,
) => ((state: Readonly<State>) => PlannedItems | undefined) | undefined

type Simulation = Measures & {
  /** The last execution of each task; machine -1 and `NaN` where it never ran. */
  readonly schedule: Schedule
  /** Money for attempts that came to nothing: they failed, or their machine was lost. */
  readonly wasted: number
}

/** How long a task ran on a machine that was lost under it, before it runs again elsewhere. */
function lostOf({ machine, start }: Schedule, task: number, lostAt: Float64Array): number {
  const on = machine[task]
  return on < 0 ? 0 : Math.max(0, lostAt[on] - start[task])
}

/** It came to nothing. */
function withdraw({ machine, start, end }: Schedule, task: number): void {
  machine[task] = -1
  start[task] = Number.NaN
  end[task] = Number.NaN
}

/** The problem's machines as they join the core. */
export function joiningMachines(problem: Problem, slots?: number): MachineDefinition[] {
  const resources = new Set<string>()
  for (const { needs } of problem.tasks) {
    if (needs !== undefined) for (const name of Object.keys(needs)) resources.add(name)
  }
  const unlimited = Object.fromEntries([...resources].map(name => [name, Number.POSITIVE_INFINITY]))
  return problem.machines.map(({ id, speed, capacity, cost }) => ({
    id,
    speed,
    cost,
    slots: capacity === undefined ? (slots ?? 1) : undefined,
    capacity: capacity ?? unlimited,
  }))
}

/** What runs already is there alone for a tick, so that whatever the order it is begun before all else. */
function othersLater(problem: Problem, ticks: number): Problem {
  const { underway = 0 } = problem
  if (underway === 0) return problem
  const later = (release: number) => Math.max(release, 1 / ticks)
  const tasks = problem.tasks.map((task, at) =>
    at < underway ? task : { ...task, release: later(task.release) },
  )
  return { ...problem, tasks }
}

/** The problem as a run of one stage. */
export function problemRun(
  problem: Problem,
  options: SimulateOptions,
  ticks = ticksOf(problem),
): RunDefinition {
  return {
    name: problem.name,
    job: problem.name,
    stages: [
      {
        name: 'tasks',
        after: -1,
        link: { kind: 'graph', problem: othersLater(problem, ticks), ticks },
        needs: {},
        loads: undefined,
        chunk: { kind: 'fixed', items: 1 },
        timeout: undefined,
        grace: 0,
        retry: {
          attempts: options.faults?.attempts ?? 3,
          delay: 0,
          maxDelay: 0,
          never: [],
          on: {},
        },
      },
    ],
    tolerate: { count: problem.tasks.length, share: 1 },
    objective: 'makespan',
    due: undefined,
    priority: 0,
    seed: options.seed ?? 1,
    strategy: options.plan === undefined ? options.strategy : 'planned',
    order: options.order ?? 'fifo',
  }
}
