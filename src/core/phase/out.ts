import { applyDecision } from '../apply/apply.ts'
import type { Action, Decision } from '../event.ts'
import type { State } from '../state.ts'

/** What a step has decided so far, and the actions that follow from it. */
export type Out = { readonly decisions: Decision[]; readonly actions: Action[] }

/** Takes a decision: applies it, records it, derives what the driver must do. */
export function decide(state: State, out: Out, decision: Decision): void {
  applyDecision(state, decision)
  out.decisions.push(decision)
  switch (decision.kind) {
    case 'start': {
      const { machine, slot, firstAttempt, tasks } = decision
      const stage = state.tasks.stage[tasks[0]]
      out.actions.push({ kind: 'run', machine, slot, stage, firstAttempt, tasks })
      return
    }
    case 'stop': {
      const { machine, slot, failure } = decision
      if (decision.how === 'kill') out.actions.push({ kind: 'kill', machine, slot })
      else
        for (const attempt of state.machines[machine].slots[slot].stopping.keys())
          out.actions.push({ kind: 'abort', machine, slot, attempt, failure })
      return
    }
    case 'unload':
      out.actions.push(decision)
      return
    case 'finish':
      out.actions.push({ kind: 'finish', run: decision.run })
      return
    default:
  }
}
