import type { Prng } from '../../../std/prng.ts'
import { criticalTasks } from './critical-path.ts'
import type { Dag } from './dag.ts'
import { draw, type Move, noMove, undoMove } from './dag-move.ts'
import { type DagPlan, decode, takeBack, undoFor } from './dag-plan.ts'
import { changeLogFor, repair, takeBackRepair } from './dag-repair.ts'

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

/** One cooling, changing `plan`; yields after each batch of moves: did `below` see a better one? */
export function* annealDag(
  dag: Dag,
  plan: DagPlan,
  cooling: DagCooling,
  run: Run,
): Generator<boolean, void, void> {
  const all = { from: 0, limit: Number.POSITIVE_INFINITY, greedy: cooling.greedy, undo: undefined }
  const makespan = decode(dag, plan, all)
  const walk: Walk = {
    makespan,
    energy: makespan + idleness(plan),
    critical: criticalTasks(dag, plan, run.random),
    trial: trialOf(dag, plan, cooling.greedy),
  }
  const given = dag.tasks + dag.from.length
  // Choosing machines takes a look at each; orders alone get as much time, so fewer decodings.
  const work = cooling.greedy && !dag.identical ? given + dag.tasks * dag.machines : given
  const perStep = Math.max(1, Math.ceil(workPerStep / Math.max(work, leastWork)))
  const rounds = Math.max(1, Math.ceil((cooling.decodings * given) / work / perStep))
  for (let round = 0; round < rounds; round += 1) {
    const temperature = cooling.from * (cooling.to / cooling.from) ** (round / rounds)
    const { greedy } = cooling
    yield moveAbout(dag, plan, walk, { ...run, greedy, temperature, tries: perStep })
  }
}

/** Tasks and edges per step, about a millisecond's worth. */
const workPerStep = 100_000
/** A move costs as much as decoding this many, however small the graph. */
const leastWork = 50
const criticalShare = 0.7
const idleShare = 0.02

type Run = {
  readonly random: Prng
  /** Keeps the plan if its makespan is a new best, and says so. */
  readonly below: (makespan: number) => boolean
}

type Walk = { energy: number; makespan: number; critical: Int32Array; readonly trial: Trial }

/** A way to judge the plan after a move, and to take its times back. */
type Trial = {
  readonly judge: (move: Move, limit: number) => number
  readonly takeBack: (move: Move) => void
}

function trialOf(dag: Dag, plan: DagPlan, greedy: boolean): Trial {
  if (greedy) {
    const undo = undoFor(dag)
    return {
      judge: (move, limit) => decode(dag, plan, { from: move.from, limit, greedy, undo }),
      takeBack: move => takeBack(plan, move.from, undo),
    }
  }
  const log = changeLogFor(dag)
  return {
    judge: (move, limit) => repair(dag, plan, { move, limit, log }),
    takeBack: () => takeBackRepair(plan, log),
  }
}

function moveAbout(
  dag: Dag,
  plan: DagPlan,
  walk: Walk,
  how: Run & { readonly greedy: boolean; readonly temperature: number; readonly tries: number },
): boolean {
  const { random, greedy } = how
  const { trial } = walk
  const move = noMove()
  let better = false
  let accepted = 0
  for (let tries = 0; tries < how.tries; tries += 1) {
    const task =
      random.next() < criticalShare
        ? walk.critical[Math.floor(random.next() * walk.critical.length)]
        : Math.floor(random.next() * dag.tasks)
    if (!draw(dag, plan, move, { task, greedy, random })) continue
    const limit = walk.energy - how.temperature * Math.log(1 - random.next())
    const makespan = trial.judge(move, limit)
    const energy = makespan === Number.POSITIVE_INFINITY ? makespan : makespan + idleness(plan)
    if (energy > limit) {
      trial.takeBack(move)
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

/** Grows with idle time, and with work given to slow machines. */
function idleness(plan: DagPlan): number {
  let sum = 0
  for (let on = 0; on < plan.free.length; on += 1) sum += plan.free[on]
  return (idleShare * sum) / plan.free.length
}
