import { mark } from '../marks.ts'
import type { Failure } from '../../model/failure.ts'
import type { Decision, SourceRead } from '../event.ts'
import { addInterval, removeInterval } from '../intervals.ts'
import { DONE, FAILED, OPEN, SKIPPED, STOPPED, stateOf } from '../items.ts'
import { decodeEstimate } from '../../policy/estimation/least-squares.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { newStage } from '../initial.ts'
import { hasEnded } from '../run.ts'
import { allocateTask, moveTask, READY, WAITING } from '../tasks.ts'
import { setTimer } from '../timers.ts'
import { wishesFor, wishOf } from '../wishes.ts'
import { classOf } from './classes.ts'
import { enqueue } from './enqueue.ts'
import { endItem, keepItem, makeNodeReady, nodeInputs } from './items.ts'

/** A window of items is known (too late for a run that has ended: taken up again, it reads again): unreadable ones fail, kept ones have ended, the rest are ready. */
export function read(state: State, event: SourceRead): void {
  const stage = state.stages[event.stage]
  const { first, count } = event
  stage.reading = false
  if (hasEnded(state.runs[stage.run])) return
  const { link } = stage.definition
  // Pushed items are read again one by one; windows of a single item would never end growing.
  if (link.kind !== 'source' || link.pushed !== true)
    stage.marks.push({ first, cursor: stage.cursor })
  stage.cursor = event.cursor
  stage.known = first + count
  stage.complete = event.done
  addInterval(stage.pool, first, count)
  event.sizes?.forEach((size, at) => {
    stage.sizes.set(first + at, size)
  })
  for (const { index, ...wish } of event.wishes ?? []) stage.wishes.set(index, wish)
  propagateKnown(state, stage)
  for (const { index, failure } of event.problems ?? []) {
    removeInterval(stage.pool, index, 1)
    stage.unreadable.add(index)
    endItem(state, stage, index, { code: FAILED, failure })
  }
  for (const { stage: number, items, stopped } of event.kept ?? []) {
    const early = new Set(stopped)
    for (const index of items)
      keepStored(state, state.stages[number], index, early.has(index) ? STOPPED : DONE)
  }
  mark(state.scratch.touched, stage.number)
  mark(state.scratch.touchedRuns, stage.run)
}

/** An item answered by the run this one continues: its result is already stored. */
function keepStored(state: State, stage: Stage, index: number, code: number): void {
  const { replaying } = state.scratch
  state.scratch.replaying = true
  keepItem(state, stage, index, { code })
  state.scratch.replaying = replaying
}

/** How many items a stage has is passed on to the stages whose count follows from it. */
export function propagateKnown(state: State, stage: Stage): void {
  for (const number of stage.downstream) {
    const next = state.stages[number]
    const link = next.definition.link
    if (link.kind === 'item') {
      next.known = stage.known
      next.complete = stage.complete
    } else if (link.kind === 'tree' && stage.complete && !next.complete) {
      next.known = Math.max(1, Math.ceil(stage.known / link.fanIn))
      next.complete = true
      const last = next.known - 1
      const arrived = next.arrived.get(last) ?? 0
      const missing =
        stateOf(next.items, last) === OPEN && arrived === nodeInputs(state, next, last, link.fanIn)
      if (missing && !inPool(next, last) && (arrived > 0 || stage.known === 0))
        makeNodeReady(next, last)
    }
    mark(state.scratch.touched, number)
    if (link.kind !== 'gather') propagateKnown(state, next)
  }
}

function inPool(stage: Stage, index: number): boolean {
  return stage.pool.starts.some((start, at) => start <= index && index < stage.pool.ends[at])
}

/** Tasks are cut from ready items. */
export function cut(state: State, decision: Extract<Decision, { kind: 'cut' }>): void {
  const stage = state.stages[decision.stage]
  const end = cutEach(state, stage, decision)
  removeInterval(stage.pool, decision.first, end - decision.first)
}

/**
 * A function of its own so that the long loop is compiled once: inlined into its caller, its compiled code was
 * thrown away at each end.
 */
function cutEach(
  state: State,
  stage: Stage,
  { first, tasks, counts }: Extract<Decision, { kind: 'cut' }>,
): number {
  let next = first
  for (let at = 0; at < tasks; at += 1) {
    const count = counts === undefined ? 1 : counts[at]
    cutTask(state, stage, next, count)
    next += count
  }
  return next
}

function cutTask(state: State, stage: Stage, first: number, count: number): void {
  const wish = wishOf(wishesFor(state, stage), first, count)
  const size = takeSize(stage, first, count)
  const klass = classOf(state, stage, { index: first, size }, wish?.priority ?? 0, 1)
  const readyAt = Math.max(state.now, wish?.notBefore ?? 0)
  const task = allocateTask(state.tasks, {
    stage: stage.number,
    klass: klass.number,
    first,
    count,
    tries: 0,
    size,
    readyAt,
  })
  stage.open += count
  stage.openTasks += 1
  settleReadiness(state, task)
}

/** A retry of one item, as a task of its own, from `at` on. */
export function retry(state: State, decision: Extract<Decision, { kind: 'retry' }>): void {
  const stage = state.stages[decision.stage]
  const { index, priority = 0, memoryScale } = decision
  const size = stage.sizes.get(index) ?? 1
  const klass = classOf(state, stage, { index, size }, priority, memoryScale)
  const task = allocateTask(state.tasks, {
    stage: stage.number,
    klass: klass.number,
    first: index,
    count: 1,
    tries: decision.tries,
    size,
    readyAt: decision.at,
  })
  if (takesSlotAlong(decision.failure)) state.tasks.alone[task] = 1
  stage.open += 1
  stage.openTasks += 1
  state.runs[stage.run].retries += 1
  settleReadiness(state, task)
}

/** It may do so again, and what is behind it in its slot would have to be run once more. */
function takesSlotAlong(failure: Failure | undefined): boolean {
  const kind = failure?.kind
  return kind === 'timeout' || kind === 'crash' || kind === 'out-of-memory'
}

function settleReadiness(state: State, task: number): void {
  const { tasks } = state
  const at = tasks.readyAt[task]
  if (at > state.now) {
    moveTask(tasks, task, WAITING)
    setTimer(state.timers, { kind: 'task', at, task })
    return
  }
  moveTask(tasks, task, READY)
  enqueue(state, task)
}

function takeSize(stage: Stage, first: number, count: number): number {
  if (stage.sizes.size === 0) return count
  let sum = 0
  for (let index = first; index < first + count; index += 1) sum += stage.sizes.get(index) ?? 1
  return sum
}

/** One more level of a tree: it combines the nodes of the level below. */
export function grow(state: State, below: Stage): void {
  const number = state.stages.length
  const level = newStage({
    number,
    run: below.run,
    definition: below.definition,
    upstream: below.number,
    depth: below.depth + 1,
    root: below.root,
  })
  state.stages.push(level)
  state.runs[below.run].stages.push(number)
  below.nextLevel = number
  below.downstream.push(number)
  const link = below.definition.link
  for (let index = 0; index < below.known; index += 1) {
    const code = stateOf(below.items, index)
    if (code === OPEN || link.kind !== 'tree') continue
    const node = Math.floor(index / link.fanIn)
    level.arrived.set(node, (level.arrived.get(node) ?? 0) + 1)
    if (level.arrived.get(node) === nodeInputs(state, level, node, link.fanIn))
      makeNodeReady(level, node)
  }
  propagateKnown(state, below)
  mark(state.scratch.touched, number)
}

/** What the stage needs will never come. */
export function skip(state: State, stage: Stage, failure: Failure): void {
  stage.known = Math.max(1, stage.known)
  stage.complete = true
  stage.reading = false
  for (let index = 0; index < stage.known; index += 1) {
    if (stateOf(stage.items, index) === OPEN)
      endItem(state, stage, index, { code: SKIPPED, failure })
  }
  propagateKnown(state, stage)
}

/** Times learnt by earlier runs become this stage's own. */
export function learn(
  state: State,
  event: { stage: number; machine: number; estimate: readonly number[] },
): void {
  const estimate = decodeEstimate(event.estimate)
  const stage = state.stages[event.stage]
  if (event.machine < 0) Object.assign(stage.pooled, estimate)
  else stage.estimates[event.machine] = estimate
}
