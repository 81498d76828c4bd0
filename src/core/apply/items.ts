import { mark } from '../marks.ts'
import type { Failure } from '../../model/failure.ts'
import { addInterval, removeInterval } from '../intervals.ts'
import {
  CANCELLED,
  DONE,
  endedCount,
  FAILED,
  itemStates,
  OPEN,
  SKIPPED,
  STOPPED,
  settleItem,
  stateOf,
} from '../items.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { leadsOn } from '../window.ts'
import { forgetWish } from '../wishes.ts'

/** The state an item ends in; where in the current outcomes event its result stands, or why it has none. */
type ItemEnd = {
  readonly code: number
  readonly position?: number
  readonly failure?: Failure
}

/**
 * An item reaches its final state here and nowhere else; what depends on it hears of it at once:
 * the same item downstream, the tree node it feeds, or its successors in a graph.
 */
export function endItem(state: State, stage: Stage, index: number, end: ItemEnd): void {
  const { code, failure } = end
  if (!settleItem(stage.items, index, code)) return
  keep(state, stage, index, end)
  if (stage.sizes.size > 0) stage.sizes.delete(index)
  const succeeded = code === DONE || code === STOPPED
  if (succeeded) forgetWish(state, stage, index)
  if (stage.graph !== undefined) endGraphItem(state, stage, index, succeeded)
  else {
    mark(state.scratch.touched, stage.number)
    markSource(state, stage)
  }
  if (stage.root !== stage.number) {
    for (const number of state.stages[stage.root].downstream) mark(state.scratch.touched, number)
  }
  for (const number of stage.downstream) {
    const next = state.stages[number]
    mark(state.scratch.touched, number)
    const link = next.definition.link
    if (link.kind === 'item') {
      if (succeeded) addInterval(next.pool, index, 1)
      else if (code === CANCELLED) endItem(state, next, index, { code: CANCELLED, failure })
      else skip(state, next, index, upstreamFailure(stage, index, failure))
    } else if (link.kind === 'tree') arriveAtNode(state, next, index, link.fanIn, succeeded)
  }
}

/** An item that need not run: it ends as it did in an earlier run. */
export function keepItem(state: State, stage: Stage, index: number, end: ItemEnd): void {
  removeInterval(stage.pool, index, 1)
  endItem(state, stage, index, end)
}

/** Its source may have waited for this result to be taken. */
function markSource(state: State, stage: Stage): void {
  let head = stage
  while (head.definition.link.kind === 'item') head = state.stages[head.upstream]
  if (head !== stage) mark(state.scratch.touched, head.number)
}

/** One input of a tree node has ended. Without tolerance a failed input fails the node: a partial sum is a wrong sum. */
export function arriveAtNode(
  state: State,
  next: Stage,
  index: number,
  fanIn: number,
  succeeded: boolean,
): void {
  const node = Math.floor(index / fanIn)
  if (!succeeded && !tolerates(state.runs[next.run])) {
    if (!next.complete && node >= next.known) next.known = node + 1
    skip(state, next, node, upstreamFailure(state.stages[next.upstream], index))
    return
  }
  const arrived = (next.arrived.get(node) ?? 0) + 1
  next.arrived.set(node, arrived)
  if (arrived === nodeInputs(state, next, node, fanIn)) makeNodeReady(next, node)
}

/** Inputs of a node: `fanIn`, or what is left for the last one; `Infinity` while the total is unknown. */
export function nodeInputs(state: State, stage: Stage, node: number, fanIn: number): number {
  const upstream = state.stages[stage.upstream]
  const end = (node + 1) * fanIn
  if (end <= upstream.known) return fanIn
  return upstream.complete ? upstream.known - node * fanIn : Number.POSITIVE_INFINITY
}

export function makeNodeReady(stage: Stage, node: number): void {
  stage.arrived.delete(node)
  if (stateOf(stage.items, node) === OPEN) addInterval(stage.pool, node, 1)
  if (!stage.complete && node >= stage.known) stage.known = node + 1
}

/** Whether the run goes on with what succeeded. */
export function tolerates({ definition }: Run): boolean {
  const { count, share } = definition.tolerate
  return count > 0 || share > 0
}

function endGraphItem(state: State, stage: Stage, index: number, succeeded: boolean): void {
  const graph = stage.graph
  if (graph === undefined) return
  graph.endedAt[index] = state.now
  if (!succeeded && graph.turns !== undefined)
    mark(state.scratch.dirty, stage.plan?.machine.get(index) ?? 0)
  const { firstEdge, to } = graph.successors
  for (let at = firstEdge[index]; at < firstEdge[index + 1]; at += 1) {
    const successor = to[at]
    if (!succeeded) {
      skip(state, stage, successor, upstreamFailure(stage, index))
      continue
    }
    graph.waitingFor[successor] -= 1
    if (graph.waitingFor[successor] === 0) addInterval(stage.pool, successor, 1)
  }
  if (leadsOn(state.runs[stage.run], stage, endedCount(stage.items)))
    mark(state.scratch.touched, stage.number)
}

const skip = (state: State, stage: Stage, index: number, failure: Failure): void =>
  endItem(state, stage, index, { code: SKIPPED, failure })

function upstreamFailure(stage: Stage, index: number, failure?: Failure): Failure {
  const because = failure === undefined ? '' : `: ${failure.message}`
  const first = failure?.kind === 'upstream' ? failure : undefined
  return (
    first ?? {
      kind: 'upstream',
      message: `item ${index} of ${stage.definition.name} failed${because}`,
    }
  )
}

function keep(
  state: State,
  stage: Stage,
  index: number,
  { code, position = -1, failure }: ItemEnd,
): void {
  if (state.scratch.replaying || state.scratch.forgetful || code === OPEN) return
  const kept = state.scratch.kept
  let batch = kept[kept.length - 1]
  if (batch === undefined || batch.stage !== stage.number) {
    batch = {
      stage: stage.number,
      indexes: [],
      positions: [],
      events: [],
      states: [],
      failures: [],
    }
    kept.push(batch)
  }
  batch.indexes.push(index)
  batch.positions.push(position)
  batch.events.push(state.scratch.event)
  batch.states.push(itemStates[code] as (typeof batch.states)[number])
  batch.failures.push(failure)
}

/** Items of a run that failed so far, over all stages. */
export function failedItems(state: State, stages: readonly number[]): number {
  let failed = 0
  for (const number of stages) failed += state.stages[number].items.counts[FAILED]
  return failed
}
