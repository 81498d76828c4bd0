import { mark } from '../marks.ts'
import type { Failure } from '../../model/failure.ts'
import { successorsOf } from '../../model/precedence.ts'
import type { Problem } from '../../model/problem.ts'
import type { RunDefinition } from '../../model/run.ts'
import { SECOND } from '../../std/time.ts'
import { ableGroups } from '../able.ts'
import { addInterval, intervalsOf } from '../intervals.ts'
import { CANCELLED, OPEN, stateOf } from '../items.ts'
import { clearQueue } from '../queue.ts'
import type { Run } from '../run.ts'
import type { GraphState, Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { newRun, newStage } from '../initial.ts'
import { ASSIGNED, FREE, moveTask, READY, WAITING } from '../tasks.ts'
import { joinTenants } from '../tenants.ts'
import { lookBack } from './foretold.ts'
import { forgetAssignment } from './assignment.ts'
import { endItem, failedItems } from './items.ts'
import { forgetModels } from './slot.ts'

/** A run and its stages come into being. */
export function submit(state: State, definition: RunDefinition): Run {
  const run = newRun(state.runs.length, definition, state.now)
  state.runs.push(run)
  mark(state.scratch.live, run.number)
  joinTenants(state, run)
  for (const stage of definition.stages) {
    const number = state.stages.length
    const upstream = stage.after < 0 ? -1 : run.stages[stage.after]
    const depth = upstream < 0 ? 0 : state.stages[upstream].depth + 1
    const created = newStage({
      number,
      run: run.number,
      definition: stage,
      upstream,
      depth,
      root: number,
    })
    state.stages.push(created)
    run.stages.push(number)
    if (upstream >= 0) state.stages[upstream].downstream.push(number)
    for (const at of stage.also ?? []) state.stages[run.stages[at]].downstream.push(number)
    if (stage.link.kind === 'graph') openGraph(created, stage.link.problem)
    mark(state.scratch.touched, number)
  }
  return run
}

/** Every task of a problem is known at once; those without predecessors are ready. */
function openGraph(stage: Stage, problem: Problem): void {
  stage.known = problem.tasks.length
  stage.complete = true
  stage.graph = graphOf(problem)
  for (let task = 0; task < stage.known; task += 1) {
    if (stage.graph.waitingFor[task] === 0) addInterval(stage.pool, task, 1)
    const { release, priority } = problem.tasks[task]
    const link = stage.definition.link
    if (link.kind === 'graph' && (release > 0 || priority !== 0)) {
      stage.wishes.set(task, {
        // Orders age by micros; in a problem a unit of its time stands for a second.
        priority: (priority * link.ticks) / SECOND,
        notBefore: Math.round(release * link.ticks),
      })
    }
  }
}

function graphOf(problem: Problem): GraphState {
  const { tasks, edges } = problem
  const waitingFor = new Int32Array(tasks.length)
  for (let task = 0; task < tasks.length; task += 1)
    waitingFor[task] = edges.firstEdge[task + 1] - edges.firstEdge[task]
  return {
    waitingFor,
    successors: successorsOf(edges),
    machineOf: new Int32Array(tasks.length).fill(-1),
    endedAt: new Float64Array(tasks.length),
    able: ableGroups(problem),
    upwardRank: undefined,
    turns: undefined,
  }
}

/** The process that worked on the run is gone: nothing of it starts until it goes on. */
export function pauseRun(state: State, run: Run): void {
  if (run.state !== 'active') return
  run.state = 'paused'
  rest(state, run)
}

/** From its last sign of work until it starts something again, the run rests: that time counts for nothing. */
export function rest(state: State, run: Run): void {
  if (run.restsSince > 0) return
  // A rest cannot begin before the last one ended: the run has started something since, even if nothing has
  // ended.
  run.restsSince = run.rests[run.rests.length - 1]?.to ?? 0
  for (const number of run.stages) {
    const { firstStart, lastEnd } = state.stages[number]
    run.restsSince = Math.max(run.restsSince, firstStart, lastEnd)
  }
}

/** Starts nothing more of this run; what runs may end. */
export function stopRun(state: State, run: Run, problem: Failure): void {
  if (run.state !== 'active' && run.state !== 'paused') return
  run.state = 'stopping'
  run.problem = problem
  mark(state.scratch.touchedRuns, run.number)
}

/** Nothing more starts, and what runs is stopped; a run that was stopping anyway keeps its reason. */
export function cancelRun(state: State, run: Run): void {
  stopRun(state, run, { kind: 'cancelled', message: 'cancelled by the user' })
  if (run.state === 'stopping') state.recovery.push({ kind: 'cancel', run: run.number })
}

/** Every item has ended, or will never start: what is still open is cancelled, its tasks freed. */
export function finishRun(state: State, run: Run): void {
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    const at = tasks.state[task]
    if (at !== READY && at !== WAITING && at !== ASSIGNED) continue
    if (state.stages[tasks.stage[task]].run !== run.number) continue
    if (at === ASSIGNED) forgetAssignment(state, task)
    moveTask(tasks, task, FREE)
  }
  // What never ran did not fail itself, of whatever kind what stopped the run was.
  const failure = run.problem && ({ kind: 'cancelled', message: run.problem.message } as const)
  for (const number of run.stages) {
    const stage = state.stages[number]
    for (const klass of stage.classes) {
      clearQueue(state.classes[klass].queue)
      for (const machine of state.machines) machine.queues.delete(klass)
    }
    stage.open = 0
    stage.openTasks = 0
    Object.assign(stage.pool, intervalsOf())
    for (let index = 0; index < stage.known; index += 1) {
      if (stateOf(stage.items, index) === OPEN)
        endItem(state, stage, index, { code: CANCELLED, failure })
    }
  }
  run.state = 'finishing'
}

/** The outputs are written, or could not be: the run has ended. */
export function endRun(state: State, run: Run, problem: string | undefined): void {
  forgetModels(state, run, 'freed')
  forgetChoices(state, run)
  run.endedAt = state.now
  if (problem !== undefined) run.problem = { kind: 'error', message: problem }
  if (run.problem?.kind === 'cancelled') run.state = 'cancelled'
  else if (run.problem !== undefined) run.state = 'failed'
  else run.state = failedItems(state, run.stages) > allowedFailures(state, run) ? 'failed' : 'done'
}

/** Drops what only choosing and starting need. Which items a plan placed stays known, for reports. */
function forgetChoices({ stages, scratch }: State, run: Run): void {
  for (const number of run.stages) {
    const { plan, classes } = stages[number]
    plan?.rank.clear()
    scratch.plain.delete(number)
    scratch.classes.delete(number)
    for (const klass of classes) scratch.columns.eligible[klass] = undefined
  }
}

/** How many items may fail; a share is of all items of the job's first stage, once they are known. */
export function allowedFailures(state: State, run: Run): number {
  const { count, share } = run.definition.tolerate
  const first = state.stages[run.stages[0]]
  if (share > 0 && !first.complete) return Math.max(count, Number.POSITIVE_INFINITY)
  // 29 % of 100 is 28.999999999999996 in floating point.
  return Math.max(count, Math.floor(share * first.known + 1e-6))
}

/** What a finished run held, dropped: only its counts remain. */
export function forgetRun(state: State, run: Run): void {
  lookBack(run, [])
  for (const number of run.stages) {
    const stage = state.stages[number]
    stage.sizes.clear()
    stage.wishes.clear()
    stage.arrived.clear()
    stage.marks.length = 0
    Object.assign(stage.pool, intervalsOf())
    stage.graph = undefined
  }
}
