import { type Problem, transferTime } from '../../../src/model/problem.ts'
import type { Schedule } from '../../../src/model/schedule.ts'

/**
 * The least makespan of a tiny problem, by trying every order of the tasks on every assignment and
 * starting each task as early as the ones before it allow. Some optimal schedule is among them: order
 * one by its starts, and no task starts later than there. Written from the definition, without the
 * planners' own timelines.
 */
export function bruteForceOptimum(problem: Problem): number {
  return extend(nothingPlaced(problem), 0, Number.POSITIVE_INFINITY)
}

/** The least value of any schedule, under an objective that no later end makes smaller. */
export function bruteForceLeast(problem: Problem, measure: (schedule: Schedule) => number): number {
  const state = nothingPlaced(problem)
  let least = Number.POSITIVE_INFINITY
  const look = (): void => {
    if (state.placed.length < problem.tasks.length) return forEachPlacement(state, look)
    least = Math.min(
      least,
      measure({
        machine: Int32Array.from(state.machine),
        start: Float64Array.from(state.start),
        end: Float64Array.from(state.end),
      }),
    )
  }
  look()
  return least
}

function nothingPlaced(problem: Problem): State {
  return {
    problem,
    machine: new Array(problem.tasks.length).fill(-1),
    start: new Array(problem.tasks.length).fill(0),
    end: new Array(problem.tasks.length).fill(0),
    placed: [],
  }
}

type State = {
  problem: Problem
  machine: number[]
  start: number[]
  end: number[]
  placed: number[]
}

function extend(state: State, makespan: number, best: number): number {
  const { problem, placed } = state
  if (makespan >= best) return best
  if (placed.length === problem.tasks.length) return makespan
  let least = best
  forEachPlacement(state, end => {
    least = extend(state, Math.max(makespan, end), least)
  })
  return least
}

/** Each task that may come next, on each machine that can run it, while `look` does. */
function forEachPlacement(state: State, look: (end: number) => void): void {
  const { problem, placed } = state
  for (let task = 0; task < problem.tasks.length; task += 1) {
    if (placed.includes(task) || !isReady(state, task)) continue
    for (let machine = 0; machine < problem.machines.length; machine += 1) {
      const time = problem.times[task * problem.machines.length + machine]
      if (time === Number.POSITIVE_INFINITY) continue
      state.start[task] = earliestStart(state, task, machine, time)
      state.end[task] = state.start[task] + time
      state.machine[task] = machine
      placed.push(task)
      look(state.end[task])
      placed.pop()
    }
  }
}

function isReady({ problem, placed }: State, task: number): boolean {
  const { firstEdge, from } = problem.edges
  return from.slice(firstEdge[task], firstEdge[task + 1]).every(before => placed.includes(before))
}

function earliestStart(state: State, task: number, machine: number, time: number): number {
  const { problem, placed } = state
  const { firstEdge, from } = problem.edges
  let ready = problem.tasks[task].release
  for (let edge = firstEdge[task]; edge < firstEdge[task + 1]; edge += 1) {
    const before = from[edge]
    const transfer = transferTime(problem, edge, state.machine[before], machine)
    ready = Math.max(ready, state.end[before] + transfer)
  }
  const here = placed.filter(other => state.machine[other] === machine)
  const starts = [ready, ...here.map(other => state.end[other]).filter(end => end > ready)]
  starts.sort((a, b) => a - b)
  return starts.find(start => fits(state, { task, machine, start, end: start + time, here })) ?? -1
}

type Wanted = { task: number; machine: number; start: number; end: number; here: number[] }

/** Load only rises at starts, so it is checked at this start and at every start within. */
function fits(state: State, { task, machine, start, end, here }: Wanted): boolean {
  if (start === end) return true
  const { capacity } = state.problem.machines[machine]
  const beside = here.filter(other => state.start[other] < end && state.end[other] > start)
  if (capacity === undefined) return beside.length === 0
  const needOf = (other: number, resource: string): number =>
    state.problem.tasks[other].needs?.[resource] ?? 0
  const instants = [start, ...beside.map(other => state.start[other]).filter(at => at > start)]
  return instants.every(instant =>
    Object.entries(state.problem.tasks[task].needs ?? {}).every(([resource, need]) => {
      const running = beside.filter(o => state.start[o] <= instant && state.end[o] > instant)
      const used = running.reduce((sum, other) => sum + needOf(other, resource), need)
      return used <= (capacity[resource] ?? 0)
    }),
  )
}
