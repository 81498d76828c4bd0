import { type Prng, prng } from '../../../std/prng.ts'
import { type Dag, delayBetween } from '../search/dag.ts'
import { planOf } from '../search/dag-decode.ts'
import { draw, noMove, undoMove } from '../search/dag-move.ts'
import { cold, hot, pinned, type Replanned, type Underway } from './replan-graph.ts'
import {
  repairScenarios,
  type ScenarioPlan,
  scenarioPlan,
  sumOfMakespans,
  takeBackScenarios,
} from './scenario-decode.ts'
import { endsOfBegun, type Scenarios } from './scenarios.ts'

/**
 * A plan of a precedence graph brought up to date for durations that vary: as `replanGraph`, but of two
 * plans the better is the one whose mean makespan over the scenarios is less. Expected times alone would
 * leave no room where several chains are about as long and any of them may come to be the longest.
 * Source: sample average approximation, Kleywegt, Shapiro and Homem-de-Mello 2002.
 */
export function replanScenarios(
  dag: Dag,
  now: Underway,
  { tries, scenarios }: { readonly tries: number; readonly scenarios: Scenarios },
): Replanned {
  const begun = now.begun.reduce((sum, is) => sum + is, 0)
  const rest: Dag = { ...dag, ...pinned(dag, now), begun, identical: false }
  const { start, time, at } = now
  const end = start.map((begin, task) => begin + time[task])
  const plan = planOf(rest, { machine: now.machine, start, end })
  const view = scenarioPlan(rest, plan, scenarios, endsOfBegun(dag, now, scenarios))
  const random = prng(scenarios.seed, MOVES)
  const path = pathDrawer(view, random)
  let [order, machine] = [plan.order.slice(), plan.machine.slice()]
  let sum = sumOfMakespans(view)
  let least = sum
  const step = (sum - at * view.count) / Math.max(1, (dag.tasks - begun) / dag.machines)
  const move = noMove()
  let critical = path()
  for (let done = 0; done < tries; done += 1) {
    const task =
      critical.length > 0 && random.next() < criticalShare
        ? random.pick(critical)
        : random.int(dag.tasks)
    if (!draw(rest, plan, move, { task, greedy: false, random })) continue
    const temperature = step * hot * (cold / hot) ** (done / tries)
    const limit = sum - temperature * Math.log(1 - random.next())
    const found = repairScenarios(view, move, limit)
    if (found > limit) {
      takeBackScenarios(view)
      undoMove(plan, move)
      if (done % 8 === 0) critical = path()
      continue
    }
    sum = found
    critical = path()
    if (sum >= least) continue
    least = sum
    ;[order, machine] = [plan.order.slice(), plan.machine.slice()]
  }
  return { order: order.subarray(begun), machine }
}

const criticalShare = 0.7
const MOVES = 7

/** Draws a scenario and gives the tasks on a critical path of it, without what has begun. */
function pathDrawer(view: ScenarioPlan, random: Prng): () => readonly number[] {
  return () => {
    const nth = random.int(view.count)
    const path: number[] = []
    for (let task = lastIn(view, nth); task >= 0; task = holding(view, task, { nth, random })) {
      if (view.plan.position[task] < view.dag.begun) break
      path.push(task)
    }
    return path
  }
}

function lastIn({ dag, end, count }: ScenarioPlan, nth: number): number {
  let last = -1
  let latest = Number.NEGATIVE_INFINITY
  for (let task = 0; task < dag.tasks; task += 1) {
    if (end[task * count + nth] <= latest) continue
    latest = end[task * count + nth]
    last = task
  }
  return last
}

/** What the task waited for; -1 if nothing but its release. */
function holding(
  { dag, plan, end, count, factor }: ScenarioPlan,
  task: number,
  { nth, random }: { readonly nth: number; readonly random: Prng },
): number {
  const { order, machine, position } = plan
  const on = machine[task]
  const time = dag.times[task * dag.machines + on] * factor[task * count + nth]
  const begin = end[task * count + nth] - time
  // Ends are sums, so a start taken from one is exact to rounding only.
  const least = begin - rounding * Math.abs(begin)
  let at = position[task] - 1
  while (at >= 0 && machine[order[at]] !== on) at -= 1
  let found = at >= 0 && end[order[at] * count + nth] >= least ? order[at] : -1
  for (let edge = dag.firstIn[task]; edge < dag.firstIn[task + 1]; edge += 1) {
    const before = dag.from[edge]
    const arrival = end[before * count + nth] + delayBetween(dag, edge, machine[before], on)
    if (arrival >= least && (found < 0 || random.next() < 0.5)) found = before
  }
  return found
}

const rounding = 1e-9
