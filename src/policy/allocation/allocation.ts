import type { Objective } from '../../model/job.ts'

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
  /** Bound early, by when a machine would be through: what waits on one that takes longer may go to another. */
  readonly placesAnew?: true
  /**
   * What serves anything is worth trying in every order that may serve; what draws lots, ignores times
   * by design or only follows is never tried. Absent: in the likeliest order alone.
   */
  readonly autoTries?: 'in every order' | 'never'
  /** The objective it was made for, if for one. */
  readonly madeFor?: Objective
  /** May leave a task waiting though machines are offered. Else, of a single one, it is not asked. */
  readonly mayWait?: true
  /** What it looks at beyond times and loads: the core fills in nothing else. */
  readonly looksAt?: readonly Look[]
  readonly choose: (view: MachinesView) => number
}

export type Look = 'cost' | 'due' | 'room' | 'setup'

/** Parallel arrays by machine number, filled by the core and reused: read, never keep. */
export type MachinesView = {
  count: number
  now: number
  /** 1: may be chosen. */
  offered: Uint8Array
  /** All that may be chosen lie in `first..end`, end exclusive. */
  first: number
  end: number
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
  /** Looking at `cost`: money per second of a busy machine. */
  cost: Float64Array
  /** Looking at `due`: the instant the task is due, in micros; `NEVER` where none is given. */
  dueAt: number
  /** Looking at `room`: what the task holds, what a machine has free and in all, by resource. */
  needs: Float64Array
  readonly free: Float64Array[]
  readonly capacity: Float64Array[]
  /**
   * Looking at `setup`: micros of loading within `processing`; 0 where an idle slot holds the model,
   * `Infinity` while the first load of all is on its way and other models have tasks for the slots.
   */
  setup: Float64Array
  /** Looking at `setup`: 1 where every idle slot holds a model that other tasks wait for. */
  wanted: Uint8Array
  /**
   * Looking at `setup`: when the busy slots that hold the model would have done all that waits for
   * it, in micros; `Infinity`: none holds it.
   */
  residentAt: number
}
