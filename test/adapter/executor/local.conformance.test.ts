import type { StageCode } from '../../../src/port/executor.ts'
import { type Behaviour, executorConformance } from './executor.conformance.ts'
import { code, world } from './harness.ts'

const modules: Readonly<Record<Behaviour, string>> = {
  echoes: 'echo.mjs',
  throws: 'throws.mjs',
  'waits for abort': 'waits.mjs',
  broken: 'no-default.mjs',
  dies: 'exits.mjs',
  'stops early': 'stops.mjs',
}

for (const isolation of ['process', 'thread'] as const) {
  executorConformance(`the local executor, slots as a ${isolation},`, () => {
    const { executor, events, until } = world()
    return {
      executor,
      events,
      code: (behaviour): StageCode => code(modules[behaviour], { isolation }),
      until: async done => void (await until(() => done() || undefined)),
    }
  })
}
