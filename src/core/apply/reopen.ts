import { eligibilityChanged } from '../columns.ts'
import { addInterval, intervalsOf } from '../intervals.ts'
import {
  CANCELLED,
  DONE,
  endedCount,
  FAILED,
  itemsIn,
  itemStatesOf,
  OPEN,
  reopenItem,
  SKIPPED,
  stateOf,
  STOPPED,
} from '../items.ts'
import { mark } from '../marks.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { lookBack } from './foretold.ts'
import { arriveAtNode, failedItems, tolerates } from './items.ts'
import { allowedFailures, rest } from './run.ts'
import { forgetModels } from './slot.ts'
import { propagateKnown } from './stage.ts'

/** Failed, skipped and cancelled items become open again, and what was made from their absence is redone. */
export function reopenRun(state: State, run: Run): void {
  forgetModels(state, run, 'all')
  rest(state, run)
  run.state = 'active'
  run.problem = undefined
  run.endedAt = 0
  // It was judged when it ended; what is left of it is not like the runs before it.
  lookBack(run, [])
  mark(state.scratch.live, run.number)
  mark(state.scratch.touchedRuns, run.number)
  const anew = new Set<number>()
  for (const stage of inOrder(state, run)) {
    const { number } = stage
    stage.broken = undefined
    stage.setup.lostOn.clear()
    eligibilityChanged(state)
    // Answers to what was asked for before the run ended are ignored.
    stage.reading = false
    mark(state.scratch.touched, number)
    if (beginsAnew(state, run, stage, anew)) {
      anew.add(number)
      resetStage(state, stage, run)
    } else reopenItems(state, run, stage)
  }
}

/** Stages, each with the levels of its tree, before those that follow it. */
function inOrder(state: State, run: Run): Stage[] {
  const stages: Stage[] = []
  for (const number of run.stages) {
    if (state.stages[number].root !== number) continue
    for (let at = number; at >= 0; at = state.stages[at].nextLevel) stages.push(state.stages[at])
  }
  return stages
}

/** A reduction begins anew when its inputs change, and so do the stages that follow it item by item. */
function beginsAnew(state: State, run: Run, stage: Stage, anew: ReadonlySet<number>): boolean {
  const { kind } = stage.definition.link
  if (kind === 'item') return anew.has(stage.upstream)
  return (kind === 'gather' || kind === 'tree') && upstreamReopened(state, run, stage)
}

/** Whether anything a reducing stage was made from is open again: a stage before it, or a level of one. */
function upstreamReopened(state: State, run: Run, stage: Stage): boolean {
  const { after, also = [], link } = stage.definition
  const befores =
    link.kind === 'gather' ? [after, ...also].map(at => run.stages[at]) : [stage.upstream]
  return befores.some(number => {
    for (let at = number; at >= 0; at = state.stages[at].nextLevel) {
      const before = state.stages[at]
      if (!before.complete || endedCount(before.items) < before.known) return true
      if (link.kind === 'tree') return false
    }
    return false
  })
}

function reopenItems(state: State, run: Run, stage: Stage): void {
  for (const index of [...itemsIn(stage.items, [FAILED, SKIPPED, CANCELLED], stage.known)]) {
    if (!canSucceed(state, run, stage, index)) continue
    reopenItem(stage.items, index)
    if (isReady(state, stage, index)) addInterval(stage.pool, index, 1)
  }
}

/**
 * An item only reopens together with what it follows: an unreadable item stays failed, and so do the items made
 * from it.
 */
function canSucceed(state: State, run: Run, stage: Stage, index: number): boolean {
  const { link } = stage.definition
  if (stage.unreadable.has(index)) return false
  if (link.kind === 'gather') return failedItems(state, run.stages) <= allowedFailures(state, run)
  if (link.kind === 'item') return !hasFailed(state, stage.upstream, index)
  if (link.kind !== 'tree' || tolerates(run)) return true
  const end = Math.min(state.stages[stage.upstream].known, (index + 1) * link.fanIn)
  for (let input = index * link.fanIn; input < end; input += 1)
    if (hasFailed(state, stage.upstream, input)) return false
  return true
}

function hasFailed(state: State, stage: number, index: number): boolean {
  const code = stateOf(state.stages[stage].items, index)
  return code === FAILED || code === SKIPPED || code === CANCELLED
}

function isReady(state: State, stage: Stage, index: number): boolean {
  if (stage.graph !== undefined) return stage.graph.waitingFor[index] === 0
  if (stage.definition.link.kind !== 'item') return true
  const code = stateOf(state.stages[stage.upstream].items, index)
  return code === DONE || code === STOPPED
}

/** A stage whose inputs change as a whole begins anew; a tree's higher levels are dropped. */
function resetStage(state: State, stage: Stage, run: Run): void {
  stage.items = itemStatesOf()
  Object.assign(stage.pool, intervalsOf())
  stage.arrived.clear()
  stage.known = 0
  stage.complete = false
  if (stage.root !== stage.number) {
    run.stages.splice(run.stages.indexOf(stage.number), 1)
    const below = state.stages[stage.upstream]
    below.downstream.splice(below.downstream.indexOf(stage.number), 1)
    below.nextLevel = -1
    return
  }
  const { link } = stage.definition
  if (link.kind !== 'tree') return
  const upstream = state.stages[stage.upstream]
  for (let index = 0; index < upstream.known; index += 1) {
    const code = stateOf(upstream.items, index)
    if (code === OPEN) continue
    arriveAtNode(state, stage, index, link.fanIn, code === DONE || code === STOPPED)
  }
  propagateKnown(state, upstream)
}
