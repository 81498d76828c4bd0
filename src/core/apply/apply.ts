import { mark } from '../marks.ts'
import { unreachable } from '../../std/assert.ts'
import { machineChanged } from '../columns.ts'
import type { Decision, Event } from '../event.ts'
import { isLive } from '../run.ts'
import type { State } from '../state.ts'
import { CANCELLED, FAILED } from '../items.ts'
import { touchLiveRuns } from '../live.ts'
import { assign } from './assignment.ts'
import { outcomes, start } from './attempt.ts'
import { givenBack, takeBack } from './given-back.ts'
import { endItem } from './items.ts'
import { joined, left } from './machine.ts'
import { adoptPlan } from './plan.ts'
import { redefineRun } from './redefine.ts'
import { reopenRun } from './reopen.ts'
import { lookBack, noteForetold } from './foretold.ts'
import { cancelRun, endRun, finishRun, forgetRun, pauseRun, stopRun, submit } from './run.ts'
import { forgetAllLoaded, forgetLoaded, loaded, slotEnded, stop } from './slot.ts'
import { cut, grow, learn, read, retry, skip } from './stage.ts'

/** The one door: an event that happened changes the state. */
export function applyEvent(state: State, event: Event): void {
  switch (event.kind) {
    case 'term':
      state.term = event.term
      state.draining = false
      for (const machine of state.machines) if (machine.alive) left(state, machine)
      for (const stage of state.stages) {
        stage.reading = false
        stage.setup.lostOn.clear()
      }
      for (const run of state.runs) {
        if (run.state === 'finishing') run.state = run.problem === undefined ? 'active' : 'stopping'
      }
      touchAll(state)
      return
    case 'joined':
      joined(state, event.machine)
      return
    case 'left':
      if (state.machines[event.machine]?.alive) left(state, state.machines[event.machine])
      return
    case 'submit':
      submit(state, event.run)
      return
    case 'read':
      return read(state, event)
    case 'outcomes':
      return outcomes(state, event)
    case 'loaded':
      return loaded(state, event)
    case 'slotEnded':
      return slotEnded(state, event)
    case 'givenBack':
      return givenBack(state, event)
    case 'stageBroken': {
      const stage = state.stages[event.stage]
      stage.broken = event.failure
      if (event.reading === true) stage.reading = false
      return stopRun(state, state.runs[stage.run], event.failure)
    }
    case 'pressure':
      state.machines[event.machine].pressure = event.high
      machineChanged(state, event.machine)
      mark(state.scratch.dirty, event.machine)
      return
    case 'cancel':
      return cancelRun(state, state.runs[event.run])
    case 'drain':
      state.draining = true
      return
    case 'resume':
      state.draining = false
      return touchAll(state)
    case 'pause':
      return pauseRun(state, state.runs[event.run])
    case 'goOn':
      if (state.runs[event.run].state === 'paused') state.runs[event.run].state = 'active'
      return touchAll(state)
    case 'redefine':
      redefineRun(state, state.runs[event.run], event.definition)
      return touchAll(state)
    case 'retryFailed':
      if (!isLive(state.runs[event.run])) reopenRun(state, state.runs[event.run])
      return
    case 'finished':
      return endRun(state, state.runs[event.run], event.problem)
    case 'plan':
      return adoptPlan(state, event)
    case 'learnt':
      return learn(state, event)
    case 'hindsight':
      return lookBack(state.runs[event.run], event.hindsight)
    case 'foretold':
      return noteForetold(state.runs[event.run], event)
    case 'forget':
      return forgetRun(state, state.runs[event.run])
    default:
      unreachable(event)
  }
}

/** The same door for a decision of ours. */
export function applyDecision(state: State, decision: Decision): void {
  switch (decision.kind) {
    case 'cut':
      return cut(state, decision)
    case 'assign':
      return assign(state, decision)
    case 'start':
      return start(state, decision)
    case 'retry':
      return retry(state, decision)
    case 'fail':
      return fail(state, decision)
    case 'stop':
      return stop(state, decision)
    case 'unload': {
      const slot = state.machines[decision.machine].slots[decision.slot]
      return decision.stage < 0 ? forgetAllLoaded(slot) : forgetLoaded(slot, decision.stage)
    }
    case 'takeBack':
      return takeBack(state, decision)
    case 'reading':
    case 'gathering':
      state.stages[decision.stage].reading = true
      return
    case 'grow':
      return grow(state, state.stages[decision.stage])
    case 'skip':
      return skip(state, state.stages[decision.stage], decision.failure)
    case 'giveUp':
      return stopRun(state, state.runs[decision.run], decision.failure)
    case 'finish':
      return finishRun(state, state.runs[decision.run])
    default:
      unreachable(decision)
  }
}

/** For good; what was cancelled on request has not failed. */
function fail(state: State, { stage, index, failure }: Extract<Decision, { kind: 'fail' }>): void {
  const code = failure.kind === 'cancelled' ? CANCELLED : FAILED
  endItem(state, state.stages[stage], index, { code, failure })
}

function touchAll(state: State): void {
  touchLiveRuns(state)
  for (const machine of state.machines) mark(state.scratch.dirty, machine.number)
}
