import type { Action, Event } from '../core/event.ts'
import type { State } from '../core/state.ts'
import type { ResultBatch } from '../port/journal.ts'
import { createDispatch } from './dispatch.ts'
import { createIntake } from './intake.ts'
import type { LoopPorts } from './loop.ts'
import type { Payloads } from './payloads.ts'
import { forgetStage } from './release.ts'

/**
 * Does what a durable step asked for. What takes time is started here and comes back to the loop as
 * an event; an error of the edges stops the loop, one of an input fails its run.
 */
type Performer = {
  perform(action: Action): void
  /** After every step, its actions performed: what was put off until there is room is done now. */
  resume(): void
}

/** What performing may ask of the loop. */
type PerformingLoop = {
  readonly send: (event: Event) => void
  /** Does what takes time; where that fails otherwise than an input may, the loop stops. */
  readonly background: (work: Promise<void>) => void
  /** Results that belong to the entry of the event sent next. */
  readonly keep: (results: readonly ResultBatch[]) => void
  readonly isStopped: () => boolean
}

/** And what else the parts of performing share. */
export type StageLives = PerformingLoop & {
  /** Whether the run of the stage has not ended since: what was asked for before is answered to nobody. */
  readonly lifeOf: (stage: number) => () => boolean
}

export function createPerformer(
  state: State,
  payloads: Payloads,
  ports: LoopPorts,
  loop: PerformingLoop,
): Performer {
  const lives = new Map<number, number>()
  const lifeOf = (stage: number): (() => boolean) => {
    const life = lives.get(stage)
    return () => lives.get(stage) === life
  }
  const intake = createIntake(state, payloads, ports, { ...loop, lifeOf })
  const { groupsOf } = intake
  const dispatch = createDispatch(state, payloads, ports, { ...loop, lifeOf, groupsOf })

  const finish = async (run: number): Promise<void> => {
    const problem = await ports.finishRun(run)
    loop.send({ kind: 'finished', run, problem })
  }

  const forget = (run: number): void => {
    for (const number of state.runs[run].stages) {
      dispatch.forget(number)
      intake.forget(number)
      lives.set(number, (lives.get(number) ?? 0) + 1)
      loop.background(forgetStage(payloads, state.stages[number]))
    }
    ports.onEnded(run)
  }

  return {
    resume: intake.resume,
    perform(action) {
      switch (action.kind) {
        case 'run':
          return dispatch.run(action)
        case 'readSource':
          return intake.read(action)
        case 'gather':
          return intake.gather(action.stage)
        case 'abort':
          return ports.executor.abort(action, action.attempt, action.failure)
        case 'kill':
          return ports.executor.kill(action)
        case 'takeBack':
          return dispatch.takeBack(action)
        case 'unload':
          return action.stage < 0
            ? ports.executor.replace(action)
            : ports.executor.unload(action, action.stage)
        case 'finish':
          return loop.background(finish(action.run))
        case 'ended':
          return forget(action.run)
      }
    },
  }
}
