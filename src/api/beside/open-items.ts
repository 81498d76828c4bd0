import { uncertaintyOf } from '../../choose/job-problem.ts'
import { mostPlanned } from '../../choose/mend.ts'
import { openMachines } from '../../core/given-up.ts'
import { orderedTask } from '../../core/ordered.ts'
import type { Machine } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { ASSIGNED, READY, WAITING } from '../../core/tasks.ts'
import { expectedMicros, fits } from '../../core/times.ts'
import type { Problem, ProblemTask } from '../../model/problem.ts'
import { NEVER } from '../../std/time.ts'
import { leftOf, unansweredOf } from '../forecast/forecast.ts'
import { handoverOf } from '../forecast/luck.ts'
import { nowOf } from '../now.ts'

/** A stage's open items as a problem, and which items and machines its tasks and machines are. */
export type OpenItems = {
  readonly problem: Problem
  /** How many tasks of the problem, the first ones, stand for what runs already. */
  readonly busy: number
  readonly items: readonly number[]
  /** Machine number by the problem's machine. */
  readonly machineOf: readonly number[]
  /** How far durations stray from what was learnt: a coefficient of variation. */
  readonly noise: number
  /** The least time the items can take, spread over all slots. */
  readonly seconds: number
}

/**
 * Open tasks that have not started, of one item or a chunk named by its first, on every slot as a machine
 * of its own, with the times learnt of each machine and what passes between two items. What failed and
 * soon goes again is among them. `undefined` where there is nothing to choose, or too much.
 */
export function openItems(state: State, stage: Stage): OpenItems | undefined {
  const { tasks } = state
  const open: number[] = []
  for (let task = 0; task < tasks.used; task += 1) {
    const again = tasks.state[task] === WAITING && tasks.tries[task] > 0
    const waits = tasks.state[task] === READY || tasks.state[task] === ASSIGNED || again
    if (waits && tasks.stage[task] === stage.number) open.push(task)
  }
  if (open.length === 0 || open.length > mostPlanned) return undefined
  const [first] = open
  const { needs } = state.classes[tasks.klass[first]]
  const machineOf = openMachines(state, stage).flatMap(machine =>
    Array.from({ length: roomFor(needs, machine) }, () => machine.number),
  )
  if (machineOf.length === 0) return undefined
  const busy = busySlots(state, machineOf)
  const times = new Float64Array((open.length + busy.length) * machineOf.length)
  times.fill(Number.POSITIVE_INFINITY, 0, busy.length * machineOf.length)
  busy.forEach(({ column, seconds }, row) => {
    times[row * machineOf.length + column] = seconds
  })
  // The time between two items counts as well: it can make due dates missed.
  const between = handoverOf(stage)
  let least = 0
  open.forEach((task, nth) => {
    const row = busy.length + nth
    const own = state.classes[tasks.klass[task]].needs
    let fastest = Number.POSITIVE_INFINITY
    machineOf.forEach((number, column) => {
      const machine = state.machines[number]
      const micros = fits(own, machine.capacity)
        ? expectedMicros(stage, machine, tasks.first[task], tasks.size[task], tasks.count[task]) +
          between * tasks.count[task]
        : Number.POSITIVE_INFINITY
      const seconds = Math.max(1, micros) / 1e6
      times[row * machineOf.length + column] = seconds
      fastest = Math.min(fastest, seconds)
    })
    least += fastest
  })
  // Memory that grew beyond every machine is the core's to refuse, not the planner's.
  if (!Number.isFinite(least)) return undefined
  const learnt = new Map([[stage.definition.name, { pooled: stage.pooled, machines: new Map() }]])
  return {
    problem: problemOf(state, stage, { open, busy: busy.length, machineOf, times }),
    busy: busy.length,
    items: open.map(task => tasks.first[task]),
    machineOf,
    noise: uncertaintyOf(learnt).noise,
    seconds: least / machineOf.length,
  }
}

/** How many tasks with these needs fit on the machine side by side. */
function roomFor(needs: Float64Array, machine: Machine): number {
  let room = machine.slots.length
  for (let resource = 0; resource < needs.length; resource += 1) {
    const has = machine.capacity[resource] ?? 0
    if (needs[resource] > 0) room = Math.min(room, Math.floor(has / needs[resource] + 1e-9))
  }
  return room
}

function problemOf(
  state: State,
  stage: Stage,
  given: {
    open: readonly number[]
    busy: number
    machineOf: readonly number[]
    times: Float64Array
  },
): Problem {
  const { open, busy, machineOf, times } = given
  return {
    name: stage.definition.name,
    unit: 's',
    times,
    edges: {
      firstEdge: new Int32Array(open.length + busy + 1),
      from: new Int32Array(0),
      bytes: new Float64Array(0),
      time: new Float64Array(0),
    },
    network: undefined,
    underway: busy,
    machines: machineOf.map((number, column) => {
      const { speed, cost } = state.machines[number].definition
      return { id: `${number}/${column}`, speed, capacity: undefined, cost }
    }),
    tasks: [
      ...Array.from({ length: busy }, (_, nth) => taskOf(`busy ${nth}`, NEVER, 0, state.now)),
      ...open.map(task => {
        const { index, dueAt, weight } = orderedTask(state, stage, task)
        return taskOf(String(index), dueAt, weight, state.now)
      }),
    ],
  }
}

function taskOf(id: string, dueAt: number, weight: number, now: number): ProblemTask {
  return {
    id,
    needs: undefined,
    release: 0,
    due: dueAt === NEVER ? Number.POSITIVE_INFINITY : (dueAt - now) / 1e6,
    weight,
    priority: 0,
  }
}

/**
 * What runs already, before the open items: tasks that can be nowhere but where they are, as long as
 * they are likely to run on, so that nobody counts on a machine before it is free.
 */
function busySlots(state: State, machineOf: readonly number[]) {
  const { tasks } = state
  const taken = new Set<number>()
  const busy: { readonly column: number; readonly seconds: number }[] = []
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      const [head, ...others] = slot.running
      if (!machine.alive || head === undefined) continue
      const column = machineOf.findIndex(
        (number, at) => number === machine.number && !taken.has(at),
      )
      if (column < 0) continue
      taken.add(column)
      const ran = slot.loading ? 0 : Math.max(0, nowOf(state) - slot.headSince)
      const at = state.stages[slot.stage]
      let micros = leftOf(at, machine, unansweredOf(state, head), ran)?.expected ?? 0
      for (const task of others) micros += tasks.predicted[task]
      busy.push({ column, seconds: Math.max(1, micros) / 1e6 })
    }
  }
  return busy
}
