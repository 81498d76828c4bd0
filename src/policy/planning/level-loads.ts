import type { Unrelated } from '../bound/unrelated.ts'
import { type Assignment, loadsOf } from './assignment.ts'

/**
 * Ends the busiest machines earlier by moving tasks off them to machines with room, at the least loss in
 * prices per unit of time moved: what an assignment by prices leaves uneven where thousands of tasks share
 * a machine. Goals rise from the bound until one is met; 100,000 tasks on 16 machines come from 0.9 % over
 * the bound to 0.02 % in some hundredths of a second. One pass over the busy machines' tasks a step.
 */
export function* levelSteps(
  view: Unrelated,
  lambda: Float64Array,
  given: { readonly assignment: Assignment; readonly bound: number },
): Generator<undefined, Assignment, void> {
  const passes = Math.floor(passedEntries / (view.tasks * view.machines + 1))
  let best = given.assignment
  let least = largestLoad(view, best)
  for (let pass = 0, goal = 0; pass < passes && goal < goals.length; goal += 1) {
    const most = given.bound * (1 + goals[goal])
    if (most >= least) break
    const state = { assignment: given.assignment.slice(), load: loadsOf(view, given.assignment) }
    for (let moved = true; moved && pass < passes; pass += 1) {
      yield undefined
      moved = movePass(view, lambda, state, most)
    }
    const reached = state.load.reduce((a, b) => Math.max(a, b))
    if (reached >= least) continue
    best = state.assignment
    least = reached
  }
  return best
}

/** Over the bound. */
const goals = [0.0002, 0.0006, 0.002, 0.005, 0.01, 0.02]
/** Entries read in all passes together. */
const passedEntries = 60_000_000

type State = { readonly assignment: Assignment; readonly load: Float64Array }

function largestLoad(view: Unrelated, assignment: Assignment): number {
  return loadsOf(view, assignment).reduce((a, b) => Math.max(a, b))
}

/** Whether anything moved from a machine above `most` to one that stays at or below it. */
function movePass(view: Unrelated, lambda: Float64Array, state: State, most: number): boolean {
  const { assignment, load } = state
  const { times, machines } = view
  const moves = movesOffBusy(view, lambda, state, most)
  let moved = false
  for (const { task, to } of moves) {
    const row = view.classOf[task] * machines
    const from = assignment[task]
    if (load[from] <= most || load[to] + times[row + to] > most) continue
    load[from] -= times[row + from]
    load[to] += times[row + to]
    assignment[task] = to
    moved = true
  }
  return moved
}

type Move = { readonly task: number; readonly to: number; readonly loss: number }

/** Each task of a busy machine to where it has room and loses least, least loss per time moved first. */
function movesOffBusy(
  view: Unrelated,
  lambda: Float64Array,
  { assignment, load }: State,
  most: number,
): readonly Move[] {
  const { times, machines } = view
  const roomy = [...load.keys()].filter(machine => load[machine] < most)
  const moves: Move[] = []
  for (let task = 0; task < view.tasks; task += 1) {
    const from = assignment[task]
    if (load[from] <= most) continue
    const row = view.classOf[task] * machines
    const own = times[row + from]
    if (own === 0) continue
    let loss = Number.POSITIVE_INFINITY
    let to = -1
    for (const machine of roomy) {
      const time = times[row + machine]
      if (load[machine] + time > most) continue
      const lost = (lambda[machine] * time - lambda[from] * own) / own
      if (lost < loss) {
        loss = lost
        to = machine
      }
    }
    if (to >= 0) moves.push({ task, to, loss })
  }
  return moves.sort((a, b) => a.loss - b.loss || a.task - b.task)
}
