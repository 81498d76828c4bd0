import type { Problem } from '../../model/problem.ts'
import type { Schedule } from '../../model/schedule.ts'

/**
 * Min-min where nothing but machines becoming free makes a task wait, with one sort per machine:
 * the least finish of all is, on some machine, that of its shortest task left. So each machine
 * offers that one, and every round looks at the machines only.
 */
export function leastFirst(problem: Problem): Schedule {
  const { times } = problem
  const tasks = problem.tasks.length
  const machines = problem.machines.length
  const placed = new Uint8Array(tasks)
  const available = new Float64Array(machines)
  const lines = problem.machines.map((_, on) => shortestFirst(problem, on))
  const front = new Int32Array(machines)
  const schedule = {
    machine: new Int32Array(tasks),
    start: new Float64Array(tasks),
    end: new Float64Array(tasks),
  }

  /** The task of least index among those that finish first on the machine. */
  const firstOf = (on: number, line: Int32Array, finish: number): number => {
    let least = line[front[on]]
    let at = front[on]
    // Longer tasks can finish at the same time, but for rounding.
    for (;;) {
      at = firstLonger(problem, line, on, at)
      while (at < line.length && placed[line[at]] === 1) at += 1
      if (at === line.length) return least
      if (available[on] + times[line[at] * machines + on] > finish) return least
      if (line[at] < least) least = line[at]
    }
  }

  for (let count = 0; count < tasks; count += 1) {
    let chosen = -1
    let on = -1
    let least = Number.POSITIVE_INFINITY
    for (let machine = 0; machine < machines; machine += 1) {
      const line = lines[machine]
      while (front[machine] < line.length && placed[line[front[machine]]] === 1) front[machine] += 1
      if (front[machine] === line.length) continue
      const finish = available[machine] + times[line[front[machine]] * machines + machine]
      if (finish > least) continue
      const task = firstOf(machine, line, finish)
      if (finish === least && task >= chosen) continue
      chosen = task
      on = machine
      least = finish
    }
    placed[chosen] = 1
    schedule.machine[chosen] = on
    schedule.start[chosen] = available[on]
    schedule.end[chosen] = least
    available[on] = least
  }
  return schedule
}

/** What the machine can run, shortest first, then by index. */
function shortestFirst({ tasks, machines, times }: Problem, on: number): Int32Array {
  const own = Float64Array.from(tasks, (_, task) => times[task * machines.length + on])
  const able = Int32Array.from(own.keys()).filter(task => own[task] < Number.POSITIVE_INFINITY)
  return able.sort((a, b) => own[a] - own[b] || a - b)
}

/** The first position behind `from` whose task takes longer there than the one at `from`. */
function firstLonger({ times, machines }: Problem, line: Int32Array, on: number, from: number) {
  const timeAt = (at: number) => times[line[at] * machines.length + on]
  const time = timeAt(from)
  if (from + 1 === line.length || timeAt(from + 1) > time) return from + 1
  let [low, high] = [from + 1, line.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeAt(middle) <= time) low = middle + 1
    else high = middle
  }
  return low
}
