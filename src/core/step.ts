import { clearMarks, mark } from './marks.ts'
import { applyDecision, applyEvent } from './apply/apply.ts'
import { rebuildQueues } from './apply/enqueue.ts'
import { listLiveRuns, touchLiveRuns } from './live.ts'
import { machinesChanged } from './columns.ts'
import type { Action, Decision, Event, Kept } from './event.ts'
import { cutTasks, expand, finish } from './phase/expand.ts'
import { askForIdle } from './phase/ask-for-idle.ts'
import { ask, askBack, type Out } from './phase/out.ts'
import { expire, recover } from './phase/recover.ts'
import { assignEarly, startTasks } from './phase/start.ts'
import type { State } from './state.ts'
import { nextInstant } from './timers.ts'
import { Violation } from '../std/assert.ts'
import { NEVER } from '../std/time.ts'

/** What one instant came to. */
type Step = {
  /** What was decided, in order; with the events, all there is to journal. */
  readonly decisions: readonly Decision[]
  /** What the driver must do once this step is durable. */
  readonly actions: readonly Action[]
  /** Final answers to store in the same transaction. */
  readonly kept: readonly Kept[]
  /** When the core wants to be stepped again even if nothing happens. */
  readonly wakeAt: number | undefined
}

/**
 * One instant. All events that arrived are applied, then the phases decide until nothing more
 * follows. The core is told what happened and when; it reads no clock, draws no chance and awaits
 * nothing, so the same events give the same decisions in production, in virtual time and in a test.
 */
export function step(state: State, now: number, events: readonly Event[]): Step {
  if (now < state.now) throw new Violation(`time went back from ${state.now} to ${now}`)
  state.now = now
  state.sequence += 1
  state.scratch.kept = []
  state.scratch.askAt = NEVER
  const out: Out = { decisions: [], actions: [] }
  expire(state, now - 1)
  for (let at = 0; at < events.length; at += 1) {
    state.scratch.event = at
    applyEvent(state, events[at])
  }
  expire(state, now)
  settle(state, out)
  if (askForIdle(state, out)) settle(state, out)
  for (const event of events) {
    if (event.kind === 'finished') ask(out, { kind: 'ended', run: event.run })
    if (event.kind === 'drain' && state.draining) askBack(state, out)
    if (event.kind === 'stageBroken') askBack(state, out, state.stages[event.stage].run)
  }
  const { decisions, actions } = out
  return { decisions, actions, kept: state.scratch.kept, wakeAt: wakeAt(state) }
}

function wakeAt({ timers, scratch }: State): number | undefined {
  const next = nextInstant(timers)
  if (scratch.askAt === NEVER) return next
  return next === undefined ? scratch.askAt : Math.min(next, scratch.askAt)
}

/**
 * Phases in turn until nothing is left that could make one of them decide. Whatever may matter to a
 * phase is marked where it changes; a turn takes the marks away and its own decisions set new ones.
 */
function settle(state: State, out: Out): void {
  const { scratch } = state
  let turn = 0
  do {
    if (turn++ > 1_000) throw new Violation('the phases do not settle')
    if (state.recovery.length > 0 || scratch.touchedRuns.count > 0) recover(state, out)
    while (scratch.touched.count > 0) expandTouched(state, out)
    assignEarly(state, out)
    startTasks(state, out)
    if (scratch.touchedRuns.count > 0) finishTouched(state, out)
  } while (isUnsettled(state))
}

function isUnsettled({ recovery, scratch }: State): boolean {
  const { touched, touchedRuns, dirty, hungry } = scratch
  return (
    recovery.length > 0 ||
    touched.count > 0 ||
    touchedRuns.count > 0 ||
    dirty.count > 0 ||
    hungry.size > 0
  )
}

function expandTouched(state: State, out: Out): void {
  const { scratch } = state
  const { touched } = scratch
  scratch.touched = scratch.untouched
  scratch.untouched = touched
  for (let at = 0; at < touched.count; at += 1)
    mark(scratch.touchedRuns, state.stages[touched.numbers[at]].run)
  expand(state, out, touched)
  cutTasks(state, out, touched)
  clearMarks(touched)
}

function finishTouched(state: State, out: Out): void {
  const { scratch } = state
  const { touchedRuns } = scratch
  scratch.touchedRuns = scratch.untouchedRuns
  scratch.untouchedRuns = touchedRuns
  finish(state, out, touchedRuns)
  clearMarks(touchedRuns)
}

/** Applies a journalled entry: what happened and what was decided then. No policy is asked. */
export function replay(
  state: State,
  now: number,
  events: readonly Event[],
  decisions: readonly Decision[],
): void {
  state.scratch.replaying = true
  state.now = now
  state.sequence += 1
  expire(state, now - 1)
  for (const event of events) applyEvent(state, event)
  expire(state, now)
  state.recovery.length = 0
  for (const decision of decisions) applyDecision(state, decision)
  state.recovery.length = 0
}

/** After the last entry: the indexes that are not state are rebuilt, and everything is looked at again. */
export function endReplay(state: State): void {
  state.scratch.replaying = false
  rebuildQueues(state)
  state.scratch.kept = []
  state.scratch.hungry.clear()
  listLiveRuns(state)
  touchLiveRuns(state)
  for (const machine of state.machines) {
    machinesChanged(state, machine.number)
    mark(state.scratch.dirty, machine.number)
  }
}
