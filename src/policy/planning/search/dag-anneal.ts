import type { Prng } from '../../../std/prng.ts'
import { criticalTasks } from './critical-path.ts'
import type { Dag } from './dag.ts'
import { draw, noMove, undoMove } from './dag-move.ts'
import { type DagPlan, decode, takeBack, undoFor } from './dag-plan.ts'

/**
 * Annealing over orders and machines of a precedence graph.
 *
 * Most moves take a task of the critical path, since only those can shorten the schedule. The
 * chance to accept is drawn first, which turns it into a limit: a decoding stops at the first task
 * from which the limit cannot be kept any more, mostly soon after the move. A small share of the
 * mean machine end breaks ties between equal makespans towards less idle time.
 * Sources: Kirkpatrick, Gelatt and Vecchi 1983; critical-path moves: van Laarhoven, Aarts and
 * Lenstra 1992.
 */
export type DagCooling = {
  readonly decodings: number
  /** Temperatures, in units of time. */
  readonly from: number
  readonly to: number
  readonly greedy: boolean
}

/** One cooling, changing `plan`; yields after each batch of moves: did `onBetter` see one? */
export function* annealDag(
  dag: Dag,
  plan: DagPlan,
  cooling: DagCooling,
  run: { readonly random: Prng; readonly below: (makespan: number) => boolean },
): Generator<boolean, void, void> {
  const { greedy, decodings } = cooling
  const all = { from: 0, limit: Number.POSITIVE_INFINITY, greedy, undo: undefined }
  const walk = {
    energy: 0,
    makespan: decode(dag, plan, all),
    critical: criticalTasks(dag, plan, run.random),
  }
  walk.energy = walk.makespan + idleness(plan)
  const perStep = Math.max(1, Math.ceil(workPerStep / (dag.tasks + dag.from.length)))
  const rounds = Math.max(1, Math.ceil(decodings / perStep))
  for (let round = 0; round < rounds; round += 1) {
    const temperature = cooling.from * (cooling.to / cooling.from) ** (round / rounds)
    yield moveAbout(dag, plan, walk, { ...run, greedy, temperature, tries: perStep })
  }
}

/** Tasks and edges decoded per step, about a millisecond's worth. */
const workPerStep = 60_000
const criticalShare = 0.7
const idleShare = 0.02

type Walk = { energy: number; makespan: number; critical: Int32Array }

function moveAbout(
  dag: Dag,
  plan: DagPlan,
  walk: Walk,
  how: {
    readonly random: Prng
    readonly below: (makespan: number) => boolean
    readonly greedy: boolean
    readonly temperature: number
    readonly tries: number
  },
): boolean {
  const { random, greedy } = how
  const undo = undoFor(dag)
  const move = noMove()
  let better = false
  let accepted = 0
  walk.critical = criticalTasks(dag, plan, random)
  for (let tries = 0; tries < how.tries; tries += 1) {
    const task =
      random.next() < criticalShare
        ? random.pick(walk.critical)
        : Math.floor(random.next() * dag.tasks)
    if (!draw(dag, plan, move, { task, greedy, random })) continue
    const limit = walk.energy - how.temperature * Math.log(1 - random.next())
    const makespan = decode(dag, plan, { from: move.from, limit, greedy, undo })
    const energy = makespan === Number.POSITIVE_INFINITY ? makespan : makespan + idleness(plan)
    if (energy > limit) {
      takeBack(plan, move.from, undo)
      undoMove(plan, move)
      continue
    }
    walk.energy = energy
    accepted += 1
    if (makespan !== walk.makespan || accepted % 16 === 0) {
      walk.critical = criticalTasks(dag, plan, random)
    }
    walk.makespan = makespan
    if (how.below(makespan)) better = true
  }
  return better
}

function idleness(plan: DagPlan): number {
  let sum = 0
  for (let on = 0; on < plan.free.length; on += 1) sum += plan.free[on]
  return (idleShare * sum) / plan.free.length
}
