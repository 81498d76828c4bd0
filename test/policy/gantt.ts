import type { Problem } from '../../src/model/problem.ts'
import type { Schedule } from '../../src/model/schedule.ts'

/** A problem from works and speeds; tasks are named a, b, c, ... */
export function problemOf(
  works: readonly number[],
  speeds: readonly number[],
  more: Partial<Problem['tasks'][number]>[] = [],
): Problem {
  return {
    name: 'gantt',
    unit: 's',
    network: undefined,
    machines: speeds.map((speed, at) => ({ id: `m${at}`, speed, capacity: undefined, cost: 0 })),
    tasks: works.map((_, at) => ({
      id: nameOf(at),
      needs: undefined,
      release: 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
      ...more[at],
    })),
    times: Float64Array.from(works.flatMap(work => speeds.map(speed => work / speed))),
    edges: {
      firstEdge: new Int32Array(works.length + 1),
      from: new Int32Array(0),
      bytes: new Float64Array(0),
      time: new Float64Array(0),
    },
  }
}

/** A letter a unit of time, a row a machine, `.` where it rests. */
export function ganttOf(problem: Problem, schedule: Schedule): string {
  const rows = problem.machines.map(({ id }, machine) => {
    let row = ''
    for (let time = 0; ; time += 1) {
      const ends = problem.tasks.map((_, task) =>
        schedule.machine[task] === machine ? schedule.end[task] : 0,
      )
      if (time >= Math.max(...ends)) return `${id} ${row}`
      const task = problem.tasks.findIndex(
        (_, at) =>
          schedule.machine[at] === machine && schedule.start[at] <= time && time < schedule.end[at],
      )
      row += task < 0 ? '.' : nameOf(task)
    }
  })
  return rows.join('\n')
}

const nameOf = (task: number): string => String.fromCharCode(97 + task)

/** Lines without the indentation they have in a test. */
export function lines(text: string): string {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .join('\n')
}
