import { applyDecision } from '../apply/apply.ts'
import type { Action, Decision } from '../event.ts'
import type { State } from '../state.ts'
import { appended } from '../../std/appended.ts'

/** What a step has decided so far, and the actions that follow from it. */
export type Out = { decisions: Decision[]; actions: Action[] }

/** Records a decision that was applied. */
export function note(out: Out, decision: Decision): void {
  out.decisions = appended(out.decisions, decision)
}

export function ask(out: Out, action: Action): void {
  out.actions = appended(out.actions, action)
}

/** Takes a decision: applies it, records it, derives what the driver must do. */
export function decide(state: State, out: Out, decision: Decision): void {
  applyDecision(state, decision)
  note(out, decision)
  switch (decision.kind) {
    case 'start': {
      const { machine, slot, firstAttempt, tasks } = decision
      const stage = state.tasks.stage[tasks[0]]
      ask(out, { kind: 'run', machine, slot, stage, firstAttempt, tasks })
      return
    }
    case 'stop': {
      const { machine, slot, failure } = decision
      if (decision.how === 'kill') ask(out, { kind: 'kill', machine, slot })
      else
        for (const attempt of state.machines[machine].slots[slot].stopping.keys())
          ask(out, { kind: 'abort', machine, slot, attempt, failure })
      return
    }
    case 'takeBack':
    case 'unload':
      ask(out, decision)
      return
    case 'giveUp':
      askBack(state, out, decision.run)
      return
    case 'finish':
      ask(out, { kind: 'finish', run: decision.run })
      return
    default:
  }
}

/** What was sent ahead so that slots never stand idle is not to begin now: of one run, or of any. */
export function askBack({ machines, stages }: State, out: Out, run?: number): void {
  for (const { number: machine, slots } of machines) {
    for (const { number: slot, running, stage } of slots) {
      const isMeant = running.length > 0 && (run === undefined || stages[stage].run === run)
      if (isMeant) ask(out, { kind: 'takeBack', machine, slot })
    }
  }
}
