import type { Problem } from '../model/problem.ts'
import type { Schedule } from '../model/schedule.ts'
import { type Prng, prng } from '../std/prng.ts'
import { descendFlow } from './flow-descent.ts'
import { lateAcceptance, type SearchOptions } from './late-acceptance.ts'
import { leastFlow } from './least-flow.ts'
import type { Score } from './objective.ts'
import { freeAt, lineUnder, scheduleOf, sequencesOf } from './sequences.ts'

/**
 * Independent tasks, one at a time on each machine: a schedule is a sequence per machine, and its
 * value the sum over machines, so that a move costs two sequences and not the whole schedule. A move
 * takes a task out and puts it into a place of some machine, or lets two change places. It ends when many
 * moves in a row found nothing: the bounds of these objectives are weak, and would rarely end it.
 */
export function* searchSequences(
  problem: Problem,
  { objective, incumbent, seed }: SearchOptions,
): Generator<Schedule | undefined, void, void> {
  yield incumbent
  const { underway = 0 } = problem
  if (problem.tasks.length - underway < 2) return
  const draw = prng(seed)
  const flow = objective === 'mean-flow-time'
  const lineOf = lineUnder(objective)
  const together = problem.tasks.every(({ release }) => release === 0)
  const sorted = flow && together
  const placeOf = sorted ? shortestFirst(problem) : anywhere(draw)
  const sequences = sequencesOf(problem, incumbent)
  const free = freeAt(problem, incumbent)
  if (sorted) {
    const exact = leastFlow(problem, free)
    if (exact !== undefined) {
      yield scheduleOf(problem, incumbent, exact.sequences)
      return
    }
    sequences.forEach((tasks, on) => {
      const timeOf = (task: number) => problem.times[task * problem.machines.length + on]
      tasks.sort((a, b) => timeOf(a) - timeOf(b) || a - b)
    })
    yield scheduleOf(problem, incumbent, sequences)
    for (const found of descendFlow(problem, sequences, free))
      yield found ? scheduleOf(problem, incumbent, sequences) : undefined
    // It yields only after many tasks: the last moves, or all of few tasks, come after that.
    yield scheduleOf(problem, incumbent, sequences)
  }
  const line = (on: number) => lineOf(problem, sequences[on], { on, now: free[on] })
  const lines = sequences.map((_, on) => line(on))
  let current = totalOf(lines)
  let best = current
  const accepts = lateAcceptance(current)
  for (let idle = 0; idle < 50_000 + 400 * problem.tasks.length; idle += movesPerStep) {
    let found = false
    for (let move = 0; move < movesPerStep; move += 1) {
      const { from, to, undo } =
        sorted || draw.int(2) === 0
          ? relocate(problem, sequences, { draw, placeOf })
          : exchange(problem, sequences, { draw })
      const before = [lines[from], lines[to]] as const
      lines[from] = line(from)
      lines[to] = line(to)
      const total = totalOf(lines)
      if (accepts(total, current)) current = total
      else {
        undo()
        lines[from] = before[0]
        lines[to] = before[1]
      }
      if (isBelow(current, best)) {
        best = current
        found = true
        idle = 0
        break
      }
    }
    yield found ? scheduleOf(problem, incumbent, sequences) : undefined
  }
}

const movesPerStep = 200

const isBelow = (a: Score, b: Score): boolean =>
  a.value < b.value * (1 - 1e-12) || (a.value <= b.value && a.makespan < b.makespan * (1 - 1e-12))

function totalOf(lines: readonly Score[]): Score {
  let [value, makespan] = [0, 0]
  for (const line of lines) {
    value += line.value
    if (line.makespan > makespan) makespan = line.makespan
  }
  return { value, makespan }
}

/** Takes a task out and puts it somewhere else; answers which machines changed, and how to undo it. */
function relocate(
  problem: Problem,
  sequences: number[][],
  { draw, placeOf }: { readonly draw: Prng; readonly placeOf: PlaceOf },
) {
  const machines = sequences.length
  let from = draw.int(machines)
  while (sequences[from].length === 0) from = (from + 1) % machines
  const at = draw.int(sequences[from].length)
  const task = sequences[from][at]
  const wanted = draw.int(machines)
  const runs = problem.times[task * machines + wanted] < Number.POSITIVE_INFINITY
  const to = runs ? wanted : from
  sequences[from].splice(at, 1)
  const place = placeOf(sequences[to], task, to)
  sequences[to].splice(place, 0, task)
  const undo = () => {
    sequences[to].splice(place, 1)
    sequences[from].splice(at, 0, task)
  }
  return { from, to, undo }
}

/** Two tasks change places, on one machine or on two: what each alone would make worse before it gets better. */
function exchange({ times, machines }: Problem, sequences: number[][], { draw }: { draw: Prng }) {
  const [from, to] = [draw.int(machines.length), draw.int(machines.length)]
  const one = draw.int(sequences[from].length + 1)
  const other = draw.int(sequences[to].length + 1)
  const runs = (task: number | undefined, on: number): boolean =>
    task !== undefined && times[task * machines.length + on] < Number.POSITIVE_INFINITY
  const swap = () => {
    const held = sequences[from][one]
    sequences[from][one] = sequences[to][other]
    sequences[to][other] = held
  }
  const may = runs(sequences[from][one], to) && runs(sequences[to][other], from)
  if (may) swap()
  return { from, to, undo: may ? swap : () => undefined }
}

type PlaceOf = (sequence: readonly number[], task: number, on: number) => number

const anywhere =
  (draw: Prng): PlaceOf =>
  sequence =>
    draw.int(sequence.length + 1)

/** On one machine shortest first is least (Smith 1956), so only who runs what is left to be searched. */
function shortestFirst({ times, machines }: Problem): PlaceOf {
  return (sequence, task, on) => {
    const time = times[task * machines.length + on]
    let [low, high] = [0, sequence.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (times[sequence[middle] * machines.length + on] <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}
