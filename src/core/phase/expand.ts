import { allowedFailures } from '../apply/run.ts'
import { failedItems } from '../apply/items.ts'
import { endedCount } from '../items.ts'
import { plural } from '../../std/units.ts'
import { gatheredStages, stageEnded } from '../gathered.ts'
import { limits } from '../limits.ts'
import { planned } from '../../policy/allocation/planned.ts'
import { chunkSize } from '../../policy/decomposition/chunk.ts'
import type { Marks } from '../marks.ts'
import { isLive, type Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { State } from '../state.ts'
import { expectedMicros } from '../times.ts'
import { mayCut, windowOf } from '../window.ts'
import { wishesFor } from '../wishes.ts'
import type { Out } from './out.ts'
import { giveUpWithoutResult } from './recover.ts'
import { ask, decide } from './out.ts'

/** Stages take in items: sources are read ahead, gathers begin, trees grow a level. */
export function expand(state: State, out: Out, touched: Marks): void {
  for (let at = 0; at < touched.count; at += 1) {
    const number = touched.numbers[at]
    const stage = state.stages[number]
    const run = state.runs[stage.run]
    if (run.state !== 'active') continue
    const { link } = stage.definition
    if (link.kind === 'source') {
      if (link.pushed !== true) readAhead(state, out, run, stage)
    } else if (link.kind === 'gather') gather(state, out, run, stage)
    else if (link.kind === 'tree' && stage.complete && stage.known > 1 && stage.nextLevel < 0) {
      decide(state, out, { kind: 'grow', stage: number })
    }
  }
}

function readAhead(state: State, out: Out, run: Run, stage: Stage): void {
  if (stage.complete || stage.reading || state.draining) return
  const ahead = stage.pool.size + stage.open
  if (ahead > readWindowOf(state, run, stage) - limits.readItems) return
  if (unconsumed(state, stage) > limits.unconsumed) return
  decide(state, out, { kind: 'reading', stage: stage.number })
  ask(out, {
    kind: 'readSource',
    stage: stage.number,
    cursor: stage.cursor,
    limit: limits.readItems,
  })
}

/** Items known and not ended: as many as the order looks at, and a few tasks' worth for every slot. */
function readWindowOf(state: State, run: Run, stage: Stage): number {
  const { chunk } = stage.definition
  if (chunk.kind === 'whole') return Number.POSITIVE_INFINITY
  const perTask = chunk.kind === 'fixed' ? chunk.items : limits.messageTasks
  return windowOf(run) + limits.chunksAhead * slotsOf(state) * (perTask - 1)
}

/** Results that item-linked followers have still to take, down to the last of them: back-pressure instead of memory. */
function unconsumed(state: State, stage: Stage): number {
  return endedCount(stage.items) - leastEnded(state, stage)
}

function leastEnded(state: State, stage: Stage): number {
  let least = endedCount(stage.items)
  for (const number of stage.downstream) {
    const next = state.stages[number]
    if (next.definition.link.kind === 'item') least = Math.min(least, leastEnded(state, next))
  }
  return least
}

function gather(state: State, out: Out, run: Run, stage: Stage): void {
  if (stage.reading || stage.complete) return
  if (!gatheredStages(state, stage).every(stageEnded)) return
  const failed = failedItems(state, run.stages)
  if (failed > allowedFailures(state, run)) {
    const message = `${plural(failed, 'item')} it needs failed`
    decide(state, out, {
      kind: 'skip',
      stage: stage.number,
      failure: { kind: 'upstream', message },
    })
    return
  }
  decide(state, out, { kind: 'gathering', stage: stage.number })
  ask(out, { kind: 'gather', stage: stage.number })
}

/** Ready items become tasks: no more ahead than the order needs, so that sizes follow what is learnt. */
export function cutTasks(state: State, out: Out, touched: Marks): void {
  for (let at = 0; at < touched.count; at += 1) {
    const number = touched.numbers[at]
    const stage = state.stages[number]
    const run = state.runs[stage.run]
    if (run.state !== 'active' || stage.broken !== undefined) continue
    if (stage.pool.size > 0) cutStage(state, out, run, stage)
  }
}

function cutStage(state: State, out: Out, run: Run, stage: Stage): void {
  const { chunk } = stage.definition
  const single =
    stage.graph !== undefined ||
    (chunk.kind === 'auto' &&
      (run.order.global || run.allocation === planned || wishesFor(state, stage).size > 0))
  if (single || (chunk.kind === 'fixed' && chunk.items === 1))
    return cutSingles(state, out, run, stage)
  const slots = slotsOf(state)
  const room = chunk.kind === 'auto' ? limits.chunksAhead * slots : limits.openTasks
  const most = Math.max(room, limits.openTasks)
  while (stage.pool.size > 0 && stage.openTasks < most) {
    const first = stage.pool.starts[0]
    const run = stage.pool.ends[0] - first
    if (stage.openTasks >= room && run >= limits.messageTasks) return
    const remaining = stage.pool.size + (stage.complete ? 0 : limits.readItems)
    const size = chunkSize(chunk, { remaining, slots, microsPerItem: microsPerItem(state, stage) })
    // Items that stand alone, as a retry's do, are short of a chunk each: as many as chunks would hold.
    if (stage.openTasks >= room && (run >= size || stage.open >= room * size)) return
    if (
      chunk.kind === 'whole' &&
      !(stage.complete && stage.pool.size + endedCount(stage.items) >= stage.known)
    )
      return
    if (chunk.kind === 'fixed' && run < size && waitsForMore(stage, first, size)) return
    decide(state, out, {
      kind: 'cut',
      stage: stage.number,
      first,
      tasks: 1,
      counts: [Math.min(run, size)],
    })
  }
}

/**
 * A fixed chunk is cut short only where its interval cannot grow any more. What was pushed goes at once: who
 * pushes may push no more before it has the answer.
 */
function waitsForMore(stage: Stage, first: number, size: number): boolean {
  const { link } = stage.definition
  if (link.kind !== 'source' || link.pushed === true) return false
  const end = stage.pool.ends[0]
  return end === stage.known && !stage.complete && first + size > end
}

/** A plain order is served by a window, filled again when it is half empty: one decision for thousands of tasks. */
function cutSingles(state: State, out: Out, run: Run, stage: Stage): void {
  if (!mayCut(run, stage.openTasks)) return
  const window = windowOf(run)
  while (stage.pool.size > 0 && stage.openTasks < window) {
    const first = stage.pool.starts[0]
    const tasks = Math.min(stage.pool.ends[0] - first, window - stage.openTasks)
    decide(state, out, { kind: 'cut', stage: stage.number, first, tasks })
  }
}

function slotsOf(state: State): number {
  let slots = 0
  for (const machine of state.machines) if (machine.alive) slots += machine.slots.length
  return Math.max(1, slots)
}

function microsPerItem(state: State, stage: Stage): number {
  let sum = 0
  let known = 0
  for (const machine of state.machines) {
    if (!machine.alive) continue
    const micros = expectedMicros(stage, machine, 0, 1)
    if (Number.isNaN(micros)) continue
    sum += micros
    known += 1
  }
  return known === 0 || stage.pooled.n < limits.samples ? Number.NaN : sum / known
}

/**
 * Runs whose every stage has ended, and stopping runs with nothing left in flight. A paused run waits
 * for its job, which knows its outputs.
 */
export function finish(state: State, out: Out, touchedRuns: Marks): void {
  for (let at = 0; at < touchedRuns.count; at += 1) {
    const number = touchedRuns.numbers[at]
    const run = state.runs[number]
    if (!isLive(run) || run.state === 'finishing' || run.state === 'paused') continue
    const over =
      run.state === 'stopping'
        ? !inFlight(state, run)
        : run.stages.every(stage => stageEnded(state.stages[stage]))
    if (!over) continue
    giveUpWithoutResult(state, out, run, '')
    decide(state, out, { kind: 'finish', run: number })
  }
}

function inFlight(state: State, run: Run): boolean {
  return state.machines.some(machine =>
    machine.slots.some(slot => slot.stage >= 0 && state.stages[slot.stage].run === run.number),
  )
}
