/**
 * Which machine. An allocation looks at one task and every machine and names one, or -1 to leave the
 * task waiting. It draws nothing and keeps nothing: chance arrives as a number, history in the view.
 */
export type Allocation = {
  readonly name: string
  readonly source: string
  /**
   * `late`: the machine is chosen when capacity frees, among machines that can start the task now.
   * `early`: the task joins one machine's queue at once; every machine that could ever run it is offered.
   */
  readonly binds: 'early' | 'late'
  readonly choose: (view: MachinesView) => number
}

/** Parallel arrays by machine number, filled by the core and reused: read, never keep. */
export type MachinesView = {
  count: number
  now: number
  /** 1: may be chosen. */
  offered: Uint8Array
  /** Expected processing time here in micros, loading included; `Infinity`: never here. */
  processing: Float64Array
  /** When the machine would get to it, in micros, given what is assigned and running. */
  freeAt: Float64Array
  /** Work assigned so far in micros, ended tasks included: what min-load balances. */
  assignedWork: Float64Array
  /** Attempts running or queued here. */
  load: Float64Array
  /** Slots of the machine. */
  slots: Float64Array
  /** How many tasks were placed before this one: the turn of round-robin. */
  turn: number
  /** Uniform in [0, 1), from the seed and the turn. */
  chance: number
  /** The machine a plan names for this task, or -1. */
  planned: number
}

/** The offered machine with the least value; ties at the lowest number. -1 when none is offered. */
export function leastBy(view: MachinesView, value: (machine: number) => number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let machine = 0; machine < view.count; machine += 1) {
    if (view.offered[machine] === 0) continue
    const candidate = value(machine)
    if (best < 0 || candidate < least) {
      best = machine
      least = candidate
    }
  }
  return best
}
