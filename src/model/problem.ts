/**
 * A scheduling problem: tasks, machines, precedence and transfers, with nothing left to parse.
 *
 * Everything is dense: a task or machine is its index in the input, where ties end; names live at the border. Times are floating
 * point numbers in the input's own unit; whoever needs ticks converts at load.
 */
export type Problem = {
  readonly name: string
  /** The unit of every time, for people: `s`, `ms`, ... */
  readonly unit: string
  readonly machines: readonly ProblemMachine[]
  readonly tasks: readonly ProblemTask[]
  /**
   * Processing times, row-major: `times[task * machines.length + machine]`, in the problem's unit.
   * `Infinity` where the machine can never run the task.
   */
  readonly times: Float64Array
  /** Precedence in CSR form, by successor: edges `firstEdge[task]..firstEdge[task + 1]` enter `task`. */
  readonly edges: Precedence
  readonly network: Network | undefined
  /**
   * So many tasks, the first ones, run already: each on the one machine that can run it, which takes no
   * other before it has ended. Absent: none. Only where tasks are independent.
   */
  readonly underway?: number
}

export type ProblemMachine = {
  readonly id: string
  readonly speed: number
  /** What the machine offers. `undefined`: it runs one task at a time. */
  readonly capacity: Readonly<Record<string, number>> | undefined
  /** Money per unit of time the machine is busy; 0 when not given. */
  readonly cost: number
}

export type ProblemTask = {
  readonly id: string
  /** What it holds while it runs, by resource of the machines' `capacity`. */
  readonly needs: Readonly<Record<string, number>> | undefined
  /** It may not start before; 0: at once. In the problem's unit, as `due` is. */
  readonly release: number
  /** `Infinity`: never due. */
  readonly due: number
  /** How much its completion time, or its tardiness, counts. */
  readonly weight: number
  /** Higher goes first, where an order asks. */
  readonly priority: number
  /**
   * A step of an item that later tasks go on with: its due date says how urgent it is, and only the
   * last step misses it, so that an item is late once, however many stages it goes through.
   */
  readonly passesOn?: true
}

/** After which a task's end is late; `Infinity`: never. */
export const lateFrom = ({ due, passesOn }: Pick<ProblemTask, 'due' | 'passesOn'>): number =>
  passesOn === true ? Number.POSITIVE_INFINITY : due

export type Precedence = {
  /** `Int32Array(tasks + 1)`: where each task's incoming edges begin. */
  readonly firstEdge: Int32Array
  /** The predecessor of each edge. */
  readonly from: Int32Array
  /** Bytes moved along each edge; 0 when the edge gives a time, or nothing. */
  readonly bytes: Float64Array
  /** A fixed transfer time between different machines; `NaN` where the edge gives bytes instead. */
  readonly time: Float64Array
}

/** Transfer times between machines. `bandwidth` is bytes per unit of time. */
export type Network = {
  /** Row-major `machines x machines`; the diagonal is unused. */
  readonly bandwidth: Float64Array
  readonly latency: Float64Array
}

/** Time to move edge `edge` from machine `a` to machine `b`; nothing on the same machine. */
export function transferTime(problem: Problem, edge: number, a: number, b: number): number {
  if (a === b) return 0
  const fixed = problem.edges.time[edge]
  if (!Number.isNaN(fixed)) return fixed
  const network = problem.network
  if (network === undefined) return 0
  const link = a * problem.machines.length + b
  return network.latency[link] + problem.edges.bytes[edge] / network.bandwidth[link]
}

/** How much of a resource is needed or offered, whatever the resource is called; 0 where it is not named. */
export function amountOf(
  amounts: Readonly<Record<string, number>> | undefined,
  resource: string,
): number {
  return amounts !== undefined && Object.hasOwn(amounts, resource) ? amounts[resource] : 0
}

/** Whether any machine has a price; without one a cost of 0 says nothing. */
export const hasCosts = ({ machines }: Problem): boolean => machines.some(({ cost }) => cost > 0)

/** Whether any task is due. */
export const hasDueDates = ({ tasks }: Problem): boolean =>
  tasks.some(({ due }) => due < Number.POSITIVE_INFINITY)
