import type { Problem } from '../../../src/model/problem.ts'
import type { Schedule } from '../../../src/model/schedule.ts'

/** One line per machine, one character per unit of time: the task's last letter, `.` for idle. */
export function gantt(problem: Problem, schedule: Schedule): string {
  const lines = problem.machines.map(({ id }, machine) => {
    const row: string[] = []
    for (let task = 0; task < problem.tasks.length; task += 1) {
      if (schedule.machine[task] !== machine) continue
      for (let at = schedule.start[task]; at < schedule.end[task]; at += 1) {
        row[at] = problem.tasks[task].id.slice(-1)
      }
    }
    return `${id} ${Array.from(row, letter => letter ?? '.').join('')}`.trimEnd()
  })
  return lines.join(' | ')
}
