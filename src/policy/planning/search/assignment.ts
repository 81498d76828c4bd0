import type { Core } from './assignment-core.ts'

/**
 * A state of the search for independent tasks: each task's machine, each machine's load, and which
 * of the tasks worth moving are where, so that one of them can be drawn in constant time.
 */
export type AssignmentState = {
  readonly machine: Int32Array
  readonly load: Float64Array
  /** Row-major `machines x movable`: row i begins with the movable tasks on machine i. */
  readonly members: Int32Array
  readonly memberCount: Int32Array
  /** Each movable task's place in its machine's row. */
  readonly memberAt: Int32Array
  readonly rowLength: number
}

/** Starts from `machine`, but with every task on a machine of the core. */
export function stateOf(core: Core, machine: Int32Array): AssignmentState {
  const { firstPair, pairMachine, cheapest, machines } = core
  const tasks = machine.length
  let movable = 0
  for (let task = 0; task < tasks; task += 1) {
    if (firstPair[task + 1] > firstPair[task]) movable += 1
  }
  const state = {
    machine: machine.slice(),
    load: new Float64Array(machines),
    members: new Int32Array(machines * movable),
    memberCount: new Int32Array(machines),
    memberAt: new Int32Array(tasks),
    rowLength: movable,
  }
  for (let task = 0; task < tasks; task += 1) {
    const pairs = pairMachine.subarray(firstPair[task], firstPair[task + 1])
    if (!pairs.includes(state.machine[task])) state.machine[task] = cheapest[task]
    state.load[state.machine[task]] += core.times[task * machines + state.machine[task]]
    if (pairs.length > 0) join(state, task, state.machine[task])
  }
  return state
}

/** Moves a movable task, keeping loads and members. */
export function reassign(core: Core, state: AssignmentState, task: number, to: number): void {
  const { times, machines } = core
  const { members, memberCount, memberAt, rowLength } = state
  const from = state.machine[task]
  const last = from * rowLength + --memberCount[from]
  const moved = members[last]
  members[from * rowLength + memberAt[task]] = moved
  memberAt[moved] = memberAt[task]
  state.load[from] -= times[task * machines + from]
  state.load[to] += times[task * machines + to]
  state.machine[task] = to
  join(state, task, to)
}

function join(state: AssignmentState, task: number, on: number): void {
  state.memberAt[task] = state.memberCount[on]
  state.members[on * state.rowLength + state.memberCount[on]] = task
  state.memberCount[on] += 1
}

export function largest(load: Float64Array): number {
  let most = 0
  for (let i = 0; i < load.length; i += 1) if (load[i] > most) most = load[i]
  return most
}
