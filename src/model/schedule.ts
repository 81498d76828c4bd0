/** A schedule: where and when every task of a problem runs. Indices are those of the problem. */
export type Schedule = {
  /** `machine[task]`. */
  readonly machine: Int32Array
  /** `start[task]` and `end[task]`, in the problem's unit. */
  readonly start: Float64Array
  readonly end: Float64Array
}

/** The latest end; 0 for no tasks. */
export function makespanOf(schedule: Schedule): number {
  let makespan = 0
  for (let task = 0; task < schedule.end.length; task += 1) {
    if (schedule.end[task] > makespan) makespan = schedule.end[task]
  }
  return makespan
}
