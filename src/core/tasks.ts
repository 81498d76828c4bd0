import { Violation } from '../std/assert.ts'
import { NEVER } from '../std/time.ts'

/**
 * Tasks in columns. A task is a number; an ended one leaves its number to the next, so memory follows
 * the tasks that are open, not those that ever were. (Measured: Maps and objects cut the simulator to
 * a fifth.)
 */
export const taskStates = ['free', 'waiting', 'ready', 'assigned', 'running'] as const
export type TaskState = (typeof taskStates)[number]
export const FREE = 0
export const WAITING = 1
export const READY = 2
export const ASSIGNED = 3
export const RUNNING = 4

/**
 * Legal moves. A task ends by becoming free; its items' final states are kept by the stage.
 * `waiting`: for an instant (backoff, release). `assigned`: in one machine's queue.
 */
export const taskMoves = {
  free: ['waiting', 'ready'],
  waiting: ['ready', 'free'],
  ready: ['assigned', 'running', 'free'],
  assigned: ['running', 'ready', 'free'],
  running: ['free', 'ready'],
} as const satisfies Record<TaskState, readonly TaskState[]>

const legal = new Uint8Array(taskStates.length)
taskStates.forEach((from, code) => {
  for (const to of taskMoves[from]) legal[code] |= 1 << taskStates.indexOf(to)
})

export type TaskTable = {
  capacity: number
  /** Numbers in use are below this; free ones below it are in `free`. */
  used: number
  readonly free: number[]
  state: Uint8Array
  stage: Int32Array
  klass: Int32Array
  first: Float64Array
  count: Int32Array
  /** Items not yet answered by the live attempt. */
  left: Int32Array
  /** Attempts already charged to the items of this task. */
  tries: Int32Array
  /** Times it was lost, uncharged; at three it travels alone for good. */
  losses: Uint8Array
  /** Times its items came back from a slot that had not begun them. */
  returned: Uint8Array
  /** Travels alone: its time is unknown, or a slot died with it in company. */
  alone: Uint8Array
  /** The live attempt's fencing number; 0: none. */
  attempt: Float64Array
  machine: Int32Array
  slot: Int32Array
  size: Float64Array
  /** Static place in its class's queue; ties end at `first`. */
  key: Float64Array
  /** When it became ready, or when it may. */
  readyAt: Float64Array
  startedAt: Float64Array
  /** Predicted processing time on the machine it is assigned to or runs on. */
  predicted: Float64Array
}

export function taskTable(): TaskTable {
  return {
    capacity: 0,
    used: 0,
    free: [],
    state: new Uint8Array(0),
    stage: new Int32Array(0),
    klass: new Int32Array(0),
    first: new Float64Array(0),
    count: new Int32Array(0),
    left: new Int32Array(0),
    tries: new Int32Array(0),
    losses: new Uint8Array(0),
    returned: new Uint8Array(0),
    alone: new Uint8Array(0),
    attempt: new Float64Array(0),
    machine: new Int32Array(0),
    slot: new Int32Array(0),
    size: new Float64Array(0),
    key: new Float64Array(0),
    readyAt: new Float64Array(0),
    startedAt: new Float64Array(0),
    predicted: new Float64Array(0),
  }
}

type NewTask = {
  readonly stage: number
  readonly klass: number
  readonly first: number
  readonly count: number
  readonly tries: number
  readonly size: number
  readonly readyAt: number
}

/** A new task, free until moved. */
export function allocateTask(tasks: TaskTable, task: NewTask): number {
  const id = tasks.free.pop() ?? tasks.used++
  if (id >= tasks.capacity) grow(tasks, Math.max(1024, tasks.capacity * 2))
  tasks.stage[id] = task.stage
  tasks.klass[id] = task.klass
  tasks.first[id] = task.first
  tasks.count[id] = task.count
  tasks.left[id] = task.count
  tasks.tries[id] = task.tries
  tasks.losses[id] = 0
  tasks.returned[id] = 0
  tasks.alone[id] = 0
  tasks.attempt[id] = 0
  tasks.machine[id] = -1
  tasks.slot[id] = -1
  tasks.size[id] = task.size
  tasks.key[id] = 0
  tasks.readyAt[id] = task.readyAt
  tasks.startedAt[id] = NEVER
  tasks.predicted[id] = 0
  return id
}

/** The one door through which a task changes state. */
export function moveTask(tasks: TaskTable, id: number, to: number): void {
  const from = tasks.state[id]
  if ((legal[from] & (1 << to)) === 0)
    throw new Violation(`task ${id} may not move from ${taskStates[from]} to ${taskStates[to]}`)
  tasks.state[id] = to
  if (to === FREE) {
    tasks.attempt[id] = 0
    tasks.free.push(id)
  }
}

const columns = [
  'state',
  'stage',
  'klass',
  'first',
  'count',
  'left',
  'tries',
  'losses',
  'returned',
  'alone',
  'attempt',
  'machine',
  'slot',
  'size',
  'key',
  'readyAt',
  'startedAt',
  'predicted',
] as const

function grow(tasks: TaskTable, capacity: number): void {
  const columnsOf = tasks as unknown as Record<string, Float64Array | Int32Array | Uint8Array>
  for (const name of columns) {
    const old = columnsOf[name]
    const wider = new (old.constructor as new (n: number) => typeof old)(capacity)
    wider.set(old as never)
    columnsOf[name] = wider
  }
  tasks.capacity = capacity
}

/** Plain arrays of every column up to `used`, for snapshots; and back. */
export function encodeTasks(tasks: TaskTable): Record<string, number[]> {
  const columnsOf = tasks as unknown as Record<string, Float64Array>
  const out: Record<string, number[]> = { free: [...tasks.free] }
  for (const name of columns) out[name] = Array.from(columnsOf[name].subarray(0, tasks.used))
  return out
}

export function decodeTasks(from: Record<string, number[]>): TaskTable {
  const tasks = taskTable()
  tasks.used = from.state.length
  grow(tasks, Math.max(1024, tasks.used))
  tasks.free.push(...from.free)
  const columnsOf = tasks as unknown as Record<string, Float64Array>
  // A snapshot of an earlier version may lack one.
  for (const name of columns) columnsOf[name].set(from[name] ?? [])
  return tasks
}
