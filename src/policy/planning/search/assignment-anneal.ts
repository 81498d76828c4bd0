import type { Prng } from '../../../std/prng.ts'
import { type AssignmentState, largest, reassign } from './assignment.ts'
import type { Core } from './assignment-core.ts'

type Cooling = {
  /** Temperatures relative to the lower bound. */
  readonly from: number
  readonly to: number
  readonly chains: number
}

export type Best = { machine: Int32Array; makespan: number }

/**
 * Annealing of independent tasks on unrelated machines, by ejection chains over cheap pairs.
 *
 * The makespan itself is flat almost everywhere, so the energy is smooth: the weighted quadratic
 * mean of what the machines have above the lower bound, plus the reduced cost spent. A schedule
 * that wastes nothing has zero of both.
 *
 * Near the bound one move always puts two machines out of balance by far more than is left to gain.
 * So a move that is not accepted goes on: the machine that got the task passes on the one, of a few
 * drawn, that leaves the least energy; up to three moves are judged, together, before all are taken
 * back. Sources: Kirkpatrick, Gelatt and Vecchi 1983 (annealing); Glover 1996 (ejection chains).
 *
 * This is one cooling, which changes `state`; yields after each batch of chains: did `best` get better?
 */
export function* anneal(
  core: Core,
  state: AssignmentState,
  best: Best,
  run: { readonly cooling: Cooling; readonly random: Prng },
): Generator<boolean, void, void> {
  const { from, to, chains } = run.cooling
  const rounds = Math.max(1, Math.ceil(chains / chainsPerStep))
  for (let round = 0; round < rounds; round += 1) {
    const temperature = core.bound * from * (to / from) ** (round / rounds)
    yield someChains(core, state, best, { temperature, random: run.random })
  }
}

export const chainsPerStep = 3_000
const longestChain = 3
const drawn = 12
/** Loads are kept by adding and subtracting, so a smaller gain may be rounding only. */
const leastGain = 1e-9

type Energy = {
  /** Weighted sum of the squares of what each machine has above the bound. */
  squares: number
  /** Reduced cost spent since the chain began. */
  spent: number
}

/** The next link of a chain, as `cheapestLink` found it; task -1 if there is none. */
type Link = { task: number; to: number }

function someChains(
  core: Core,
  state: AssignmentState,
  best: Best,
  how: { readonly temperature: number; readonly random: Prng },
): boolean {
  const { pairTask, pairMachine } = core
  const { machine, load } = state
  const { random, temperature } = how
  const link: Link = { task: -1, to: -1 }
  const taken = new Int32Array(longestChain)
  const origin = new Int32Array(longestChain)
  const now: Energy = { squares: squaresOf(core, load), spent: 0 }
  let improved = false
  for (let chain = 0; chain < chainsPerStep; chain += 1) {
    const pair = Math.floor(random.next() * pairTask.length)
    link.task = pairTask[pair]
    link.to = pairMachine[pair]
    if (machine[link.task] === link.to) continue
    const before = now.squares
    const limit = Math.sqrt(before) - temperature * Math.log(1 - random.next())
    now.spent = 0
    let length = 0
    let accepted = false
    while (link.task >= 0) {
      taken[length] = link.task
      origin[length] = machine[link.task]
      length += 1
      follow(core, state, link, now)
      accepted = Math.sqrt(now.squares) + now.spent <= limit
      if (accepted || length === longestChain || now.spent > limit) break
      cheapestLink(core, state, link, { now, random })
    }
    if (accepted) {
      if (largest(load) < best.makespan * (1 - leastGain)) {
        best.makespan = largest(load)
        best.machine.set(machine)
        improved = true
      }
      continue
    }
    while (length > 0) {
      length -= 1
      reassign(core, state, taken[length], origin[length])
    }
    now.squares = before
  }
  return improved
}

function follow(core: Core, state: AssignmentState, link: Link, now: Energy): void {
  const { task, to } = link
  const from = state.machine[task]
  const row = task * core.machines
  now.squares = squaresAfter(core, state.load, { task, from, to, squares: now.squares })
  now.spent += core.reduced[row + to] - core.reduced[row + from]
  reassign(core, state, task, to)
}

/**
 * Draws a few tasks of the machine just reached, each with one alternative; keeps the best. Most of
 * the search's time goes here: one random number per draw serves twice, by its whole part and by
 * its fraction.
 */
function cheapestLink(
  core: Core,
  state: AssignmentState,
  link: Link,
  how: { readonly now: Energy; readonly random: Prng },
): void {
  const { firstPair, pairMachine, reduced, machines, times, weight, bound } = core
  const { members, load } = state
  const { next } = how.random
  const { squares } = how.now
  const from = link.to
  const arrived = link.task
  const row = from * state.rowLength
  const count = state.memberCount[from]
  const above = load[from] - bound
  const without = squares - weight[from] * square(above)
  let least = Number.POSITIVE_INFINITY
  link.task = -1
  for (let draw = 0; draw < drawn; draw += 1) {
    const point = next() * count
    const whole = Math.floor(point)
    const task = members[row + whole]
    const first = firstPair[task]
    const to = pairMachine[first + Math.floor((point - whole) * (firstPair[task + 1] - first))]
    if (to === from || task === arrived) continue
    const base = task * machines
    const other = load[to] - bound
    const after =
      without +
      weight[from] * square(above - times[base + from]) +
      weight[to] * (square(other + times[base + to]) - square(other))
    const spent = reduced[base + to] - reduced[base + from]
    const energy = (after > 0 ? Math.sqrt(after) : 0) + spent
    if (energy < least) {
      least = energy
      link.task = task
      link.to = to
    }
  }
}

function squaresAfter(
  core: Core,
  load: Float64Array,
  move: { task: number; from: number; to: number; squares: number },
): number {
  const { weight, bound, times, machines } = core
  const { task, from, to } = move
  const row = task * machines
  const a = load[from] - bound
  const b = load[to] - bound
  const squares =
    move.squares +
    weight[from] * (square(a - times[row + from]) - square(a)) +
    weight[to] * (square(b + times[row + to]) - square(b))
  return Math.max(squares, 0)
}

function squaresOf(core: Core, load: Float64Array): number {
  let squares = 0
  for (let i = 0; i < load.length; i += 1) {
    squares += core.weight[i] * square(load[i] - core.bound)
  }
  return squares
}

/** What is above zero, squared. */
const square = (excess: number): number => (excess > 0 ? excess * excess : 0)
