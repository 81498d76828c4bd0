import type { Prng } from '../../../std/prng.ts'
import { criticalTasks } from './critical-path.ts'
import type { Dag } from './dag.ts'
import { draw, type Move, noMove, undoMove } from './dag-move.ts'
import { decode } from './dag-decode.ts'
import { type DagPlan, takeBack, undoFor } from './dag-plan.ts'
import { changeLogFor, repair, takeBackRepair } from './dag-repair.ts'
import { changeOf, type Lateness, latenessOf, meanWeight } from './lateness.ts'

/** One cooling: how many plans are decoded, and at which temperatures. */
export type DagCooling = {
  readonly decodings: number
  /** Temperatures, in units of time. */
  readonly from: number
  readonly to: number
  /** Over orders alone: the decoder chooses machines. */
  readonly greedy: boolean
  /** Batches of moves, each at one temperature; of a millisecond each, however few decodings, when absent. */
  readonly steps?: number
}

/**
 * Annealing over orders and machines of a precedence graph: one cooling, which changes `plan`. Yields after
 * each batch of moves: did `below` see a better one?
 *
 * Most moves take a task of the critical path, since only those can shorten the schedule. The
 * chance to accept is drawn first, which turns it into a limit: a decoding stops at the first task
 * from which the limit cannot be kept any more, mostly soon after the move. A small share of the
 * mean machine end breaks ties between equal makespans towards less idle time. Where the aim is a
 * sum over tasks it is what a task that counts waits for that is moved, and every decoding goes to
 * its end. Sources: Kirkpatrick, Gelatt and Vecchi 1983; critical-path moves: van Laarhoven, Aarts
 * and Lenstra 1992.
 */
export function* annealDag(
  dag: Dag,
  plan: DagPlan,
  cooling: DagCooling,
  run: Run,
): Generator<boolean, void, void> {
  const { aim, random } = run
  const all = { from: 0, limit: Number.POSITIVE_INFINITY, greedy: cooling.greedy, undo: undefined }
  const makespan = decode(dag, plan, all)
  const value = aim ? latenessOf(aim, plan.end) : makespan
  const idle = aim ? idleShare * meanWeight(aim) : idleShare
  const walk: Walk = {
    value,
    idle,
    energy: value + idle * meanFree(plan),
    critical: tasksHolding(dag, plan, random, aim),
    trial: aim
      ? latenessTrial(dag, plan, cooling.greedy, aim)
      : makespanTrial(dag, plan, cooling.greedy),
  }
  const placing = workPerTask(dag)
  const given = dag.tasks * placing + dag.from.length
  const looks = dag.identical && !dag.shared ? 0 : dag.tasks * placing * dag.machines
  // Choosing machines takes a look at each; orders alone get as much time, so fewer decodings.
  const work = cooling.greedy ? given + looks : given
  const tries = (cooling.decodings * given) / work
  const most = cooling.steps ? tries / cooling.steps : workPerStep / Math.max(work, leastWork)
  const perStep = Math.max(1, Math.ceil(most))
  const rounds = Math.max(1, Math.ceil(tries / perStep))
  for (let round = 0; round < rounds; round += 1) {
    const temperature = cooling.from * (cooling.to / cooling.from) ** (round / rounds)
    const { greedy } = cooling
    yield moveAbout(dag, plan, walk, { ...run, greedy, temperature, tries: perStep })
  }
}

/** Where a machine runs several tasks at once, a place among those there has to be found. */
const workPerTask = ({ shared, tasks, machines }: Dag): number =>
  shared ? 8 + tasks / machines / 4 : 1

/** Tasks and edges per step, about a millisecond's worth. */
const workPerStep = 100_000
/** A move costs as much as decoding this many, however small the graph. */
const leastWork = 50
const criticalShare = 0.7
const idleShare = 0.02

type Run = {
  readonly random: Prng
  /**
   * Keeps the plan if its value, a makespan or what `aim` makes of it, is a new best, and says so.
   */
  readonly below: (value: number) => boolean
  /** The makespan when absent. */
  readonly aim?: Lateness
}

type Walk = {
  energy: number
  value: number
  /** What idle time weighs. */
  readonly idle: number
  critical: Int32Array
  readonly trial: Trial
}

/** A way to judge the plan after a move, whose value was `before`, and to take its times back. */
type Trial = {
  readonly judge: (move: Move, how: { limit: number; before: number }) => number
  readonly takeBack: (move: Move) => void
}

function makespanTrial(dag: Dag, plan: DagPlan, greedy: boolean): Trial {
  if (greedy || dag.shared) {
    const undo = undoFor(dag)
    return {
      judge: (move, { limit }) => decode(dag, plan, { from: move.from, limit, greedy, undo }),
      takeBack: move => takeBack(plan, move.from, undo),
    }
  }
  const log = changeLogFor(dag)
  return {
    judge: (move, { limit }) => repair(dag, plan, { move, limit, log }),
    takeBack: () => takeBackRepair(plan, log),
  }
}

function latenessTrial(dag: Dag, plan: DagPlan, greedy: boolean, aim: Lateness): Trial {
  const limit = Number.POSITIVE_INFINITY
  if (greedy || dag.shared) {
    const undo = undoFor(dag)
    return {
      judge: move => {
        decode(dag, plan, { from: move.from, limit, greedy, undo })
        return latenessOf(aim, plan.end)
      },
      takeBack: move => takeBack(plan, move.from, undo),
    }
  }
  const log = changeLogFor(dag)
  return {
    judge: (move, { before }) => {
      repair(dag, plan, { move, limit, log })
      let value = before
      for (let at = 0; at < log.count; at += 1) {
        const task = log.task[at]
        value += changeOf(aim, task, { from: log.end[at], to: plan.end[task] })
      }
      return value
    },
    takeBack: () => takeBackRepair(plan, log),
  }
}

/** The tasks to move: what the last one waits for, or one of those that count. */
function tasksHolding(dag: Dag, plan: DagPlan, random: Prng, aim: Lateness | undefined) {
  if (!aim) return criticalTasks(dag, plan, random)
  let task = random.int(dag.tasks)
  for (let tries = 0; tries < dag.tasks; tries += 1) {
    if (plan.end[task] > aim.due[task] && aim.weight[task] > 0) break
    task = (task + 1) % dag.tasks
  }
  return criticalTasks(dag, plan, random, task)
}

function moveAbout(
  dag: Dag,
  plan: DagPlan,
  walk: Walk,
  how: Run & { readonly greedy: boolean; readonly temperature: number; readonly tries: number },
): boolean {
  const { random, greedy, aim } = how
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
    const value = trial.judge(move, { limit, before: walk.value })
    const energy = value === Number.POSITIVE_INFINITY ? value : value + walk.idle * meanFree(plan)
    if (energy > limit) {
      trial.takeBack(move)
      undoMove(plan, move)
      continue
    }
    walk.energy = energy
    accepted += 1
    if ((!aim && value !== walk.value) || accepted % 16 === 0) {
      walk.critical = tasksHolding(dag, plan, random, aim)
    }
    walk.value = value
    if (how.below(value)) better = true
  }
  return better
}

/** Grows with idle time, and with work given to slow machines. */
function meanFree(plan: DagPlan): number {
  let sum = 0
  for (let on = 0; on < plan.free.length; on += 1) sum += plan.free[on]
  return sum / plan.free.length
}
