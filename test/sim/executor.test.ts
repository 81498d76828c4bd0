import type { ExecutorEvent } from '../../src/port/executor.ts'
import { simClock } from '../../src/sim/clock.ts'
import { type Act, simExecutor } from '../../src/sim/executor.ts'
import { type Behaviour, executorConformance } from '../adapter/executor/executor.conformance.ts'
import { stageCode } from '../fixtures/stage-code.ts'

const acts: Readonly<Record<Behaviour, Act>> = {
  echoes: { kind: 'answer', micros: 10, result: '1' },
  throws: { kind: 'answer', micros: 10, failure: { kind: 'error', message: 'thrown' } },
  'waits for abort': { kind: 'hang', deaf: false },
  broken: { kind: 'hang', deaf: true },
  dies: { kind: 'die', micros: 10, failure: { kind: 'crash', message: 'it died' } },
  'stops early': { kind: 'answer', micros: 10, result: '"enough"', stopped: true },
}

executorConformance('the simulated executor', () => {
  const clock = simClock()
  const events: ExecutorEvent[] = []
  const behaviours = new Map<number, Behaviour>()
  const executor = simExecutor({
    clock,
    receive: event => void events.push(event),
    behaviour: {
      setup: () => 100,
      breaks: stage =>
        behaviours.get(stage) === 'broken'
          ? { kind: 'error', message: 'no default export' }
          : undefined,
      execute: ({ stage }) => acts[behaviours.get(stage) ?? 'echoes'],
    },
  })
  const code = (behaviour: Behaviour) => stageCode('', { name: behaviour })
  return {
    executor: {
      ...executor,
      define(stage, defined) {
        behaviours.set(stage, defined.name as Behaviour)
        executor.define(stage, defined)
      },
    },
    code,
    events,
    until: async done => {
      while (!done() && clock.advance());
    },
  }
})
