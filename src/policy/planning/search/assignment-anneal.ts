import type { Prng } from '../../../std/prng.ts'
import type { Core } from './assignment-core.ts'

/**
 * Annealing of an assignment of independent tasks to unrelated machines, over cheap moves only.
 *
 * The makespan itself is flat almost everywhere, so the energy is smooth: the weighted quadratic
 * mean of what each machine has above the lower bound, plus the reduced cost spent. At a schedule
 * that wastes nothing both are zero. A move takes one task to another machine, or swaps two; both
 * are judged in constant time. Sources: Kirkpatrick, Gelatt and Vecchi 1983 (annealing); Glass,
 * Potts and Shade 1994 (move and swap neighbourhoods for R||Cmax).
 */
export type Assignment = {
  readonly machine: Int32Array
  readonly load: Float64Array
}

export type Cooling = {
  /** Temperatures relative to the lower bound. */
  readonly from: number
  readonly to: number
  readonly moves: number
}

/** One cooling; yields the makespan whenever `best` has just become better, else `undefined`. */
export function* anneal(
  core: Core,
  state: Assignment,
  best: { machine: Int32Array; makespan: number },
  cooling: Cooling,
  random: Prng,
): Generator<boolean, void, void> {
  const rounds = Math.max(1, Math.ceil(cooling.moves / movesPerStep))
  const ratio = cooling.to / cooling.from
  for (let round = 0; round < rounds; round += 1) {
    const progress = rounds === 1 ? 1 : round / (rounds - 1)
    const temperature = core.bound * cooling.from * ratio ** progress
    yield moveAbout(core, state, best, temperature, random)
  }
}

const movesPerStep = 20_000
const swapShare = 0.6
const partnerTries = 8

function moveAbout(
  core: Core,
  state: Assignment,
  best: { machine: Int32Array; makespan: number },
  temperature: number,
  random: Prng,
): boolean {
  const { times, reduced, weight, bound, pairTask, pairMachine, firstPair } = core
  const { machine, load } = state
  const machines = load.length
  const pairs = pairTask.length
  const next = random.next
  let improved = false
  let squares = 0
  for (let i = 0; i < machines; i += 1) squares += weight[i] * square(load[i] - bound)
  let energy = Math.sqrt(squares)
  for (let move = 0; move < movesPerStep; move += 1) {
    const pair = (next() * pairs) | 0
    const task = pairTask[pair]
    const to = pairMachine[pair]
    const from = machine[task]
    if (from === to) continue
    const row = task * machines
    let after = load[from] - times[row + from]
    let above = load[to] + times[row + to]
    let spent = reduced[row + to] - reduced[row + from]
    let partner = -1
    if (next() < swapShare) {
      const begin = firstPair[from]
      const end = firstPair[from + 1]
      if (begin === end) continue
      let at = begin + ((next() * (end - begin)) | 0)
      for (let tries = 0; tries < partnerTries; tries += 1) {
        if (machine[pairTask[at]] === to) {
          partner = pairTask[at]
          break
        }
        at += 1
        if (at === end) at = begin
      }
      if (partner < 0) continue
      const other = partner * machines
      after += times[other + from]
      above -= times[other + to]
      spent += reduced[other + from] - reduced[other + to]
    }
    const changed =
      squares +
      weight[from] * (square(after - bound) - square(load[from] - bound)) +
      weight[to] * (square(above - bound) - square(load[to] - bound))
    const then = changed > 0 ? Math.sqrt(changed) : 0
    const worse = then - energy + spent
    if (worse > 0 && next() >= Math.exp(-worse / temperature)) continue
    machine[task] = to
    if (partner >= 0) machine[partner] = from
    load[from] = after
    load[to] = above
    squares = changed
    energy = then
    if (after < best.makespan && above < best.makespan && largest(load) < best.makespan) {
      best.makespan = largest(load)
      best.machine.set(machine)
      improved = true
    }
  }
  return improved
}

/** What is above zero, squared. */
const square = (excess: number): number => (excess > 0 ? excess * excess : 0)

export function largest(load: Float64Array): number {
  let most = 0
  for (let i = 0; i < load.length; i += 1) if (load[i] > most) most = load[i]
  return most
}
