import { applyDecision, applyEvent } from './apply/apply.ts'
import { rebuildQueues } from './apply/enqueue.ts'
import type { Action, Decision, Event, Kept } from './event.ts'
import { cutTasks, expand, finish } from './phase/expand.ts'
import type { Out } from './phase/out.ts'
import { expire, recover } from './phase/recover.ts'
import { assignEarly, startTasks } from './phase/start.ts'
import type { State } from './state.ts'
import { nextInstant } from './timers.ts'
import { assert } from '../std/assert.ts'

/**
 * One instant. All events that arrived are applied, then the phases decide until nothing more
 * follows. The core is told what happened and when; it reads no clock, draws no chance and awaits
 * nothing, so the same events give the same decisions in production, in virtual time and in a test.
 */
export type Step = {
  /** What was decided, in order; with the events, all there is to journal. */
  readonly decisions: readonly Decision[]
  /** What the driver must do once this step is durable. */
  readonly actions: readonly Action[]
  /** Final answers to store in the same transaction. */
  readonly kept: readonly Kept[]
  /** When the core wants to be stepped again even if nothing happens. */
  readonly wakeAt: number | undefined
}

export function step(state: State, now: number, events: readonly Event[]): Step {
  assert(now >= state.now, `time went back from ${state.now} to ${now}`)
  state.now = now
  state.sequence += 1
  state.scratch.kept.length = 0
  const out: Out = { decisions: [], actions: [] }
  for (let at = 0; at < events.length; at += 1) {
    state.scratch.event = at
    applyEvent(state, events[at])
  }
  expire(state)
  settle(state, out)
  for (const event of events) if (event.kind === 'finished') out.actions.push({ kind: 'ended', run: event.run })
  return { ...out, kept: state.scratch.kept.slice(), wakeAt: nextInstant(state.timers) }
}

/** Phases in turn until a whole turn decides nothing. Each turn consumes what made it, so it ends. */
function settle(state: State, out: Out): void {
  for (let turn = 0; ; turn += 1) {
    assert(turn < 1_000, 'the phases do not settle')
    const before = out.decisions.length
    recover(state, out)
    expand(state, out)
    cutTasks(state, out)
    assignEarly(state, out)
    startTasks(state, out)
    finish(state, out)
    if (out.decisions.length === before) break
  }
  state.scratch.touched.clear()
  state.scratch.touchedRuns.clear()
}

/** Applies a journalled entry: what happened and what was decided then. No policy is asked. */
export function replay(state: State, now: number, events: readonly Event[], decisions: readonly Decision[]): void {
  state.scratch.replaying = true
  state.now = now
  state.sequence += 1
  for (const event of events) applyEvent(state, event)
  while ((nextInstant(state.timers) ?? now + 1) <= now) expire(state)
  state.recovery.length = 0
  for (const decision of decisions) applyDecision(state, decision)
  state.recovery.length = 0
}

/** After the last entry: the indexes that are not state are rebuilt, and everything is looked at again. */
export function endReplay(state: State): void {
  state.scratch.replaying = false
  rebuildQueues(state)
  state.scratch.kept.length = 0
  for (const stage of state.stages) state.scratch.touched.add(stage.number)
  for (const run of state.runs) state.scratch.touchedRuns.add(run.number)
  for (const machine of state.machines) state.scratch.dirty.add(machine.number)
}
