import { emptyState } from '../../src/core/initial.ts'
import { createLoop } from '../../src/driver/loop.ts'
import type { MachineDefinition, RunDefinition } from '../../src/model/run.ts'
import { simClock } from '../../src/sim/clock.ts'
import { createDisk } from '../../src/sim/disk.ts'
import { simExecutor } from '../../src/sim/executor.ts'
import { noCode } from '../../src/sim/forgetful.ts'
import { simSource } from '../../src/sim/source.ts'
import { SECOND } from '../../src/std/time.ts'

/**
 * Runs of items, as a job file would make them, through the real core and loop in virtual time. A run
 * is one stage; its items take `seconds` each at speed 1, and `loads` that long to set up in a slot.
 */
export type LiveRun = {
  readonly name: string
  readonly items: number
  readonly seconds: number
  readonly loads?: number
  /** Bytes that an item needs, and that its model takes of them. */
  readonly memory?: number
  readonly model?: number
  readonly strategy?: string
  readonly order?: string
  readonly tenant?: string
  readonly share?: number
  /** Items a task; one when absent. */
  readonly chunk?: number
}

/** Everything is submitted at 0. `starts`: the runs' names in the order in which items began. */
export async function live(
  runs: readonly LiveRun[],
  machines: readonly { readonly speed?: number; readonly slots?: number }[],
): Promise<{
  makespan: number
  loads: number
  starts: string[]
  /** Bytes each of them was told it may take. */
  mayTake: (number | undefined)[]
}> {
  const state = emptyState()
  const clock = simClock()
  const { journal, store } = createDisk()
  const starts: string[] = []
  const mayTake: (number | undefined)[] = []
  let loads = 0
  const runOf = (stage: number): LiveRun => runs[state.stages[stage].run]
  const speedOf = (machine: number): number => machines[machine].speed ?? 1
  const executor = simExecutor({
    clock,
    receive: event => {
      if (event.kind === 'loaded' && runOf(event.stage).loads !== undefined) loads += 1
      loop.receive(event)
    },
    behaviour: {
      setup: (_, stage) => (runOf(stage).loads ?? 0) * SECOND,
      execute({ stage, slot, order }) {
        starts.push(runOf(stage).name)
        mayTake.push(order.memoryLimit)
        return {
          kind: 'answer',
          result: '0',
          micros: (runOf(stage).seconds * SECOND) / speedOf(slot.machine),
        }
      },
    },
  })
  const loop = createLoop(state, {
    ...{ clock, executor, journal, store, snapshotEvery: 0, codeOf: () => noCode },
    openSource: stage => simSource({ count: runOf(stage.number).items }),
    gather: async () => ({ keys: [], versions: [], payload: () => '' }),
    finishRun: async () => undefined,
    onEnded() {},
    onFailure(error) {
      throw error
    },
  })
  for (const [at, machine] of machines.entries())
    loop.send({ kind: 'joined', machine: joining(at, machine) })
  for (const run of runs) loop.send({ kind: 'submit', run: definitionOf(run) })
  for (let still = 0; still < 3; still += 1) {
    while (clock.advance()) still = 0
    await new Promise(resolve => setImmediate(resolve))
  }
  return {
    makespan: Math.max(...state.stages.map(({ lastEnd }) => lastEnd)) / SECOND,
    loads,
    starts,
    mayTake,
  }
}

export function joining(
  at: number,
  { speed = 1, slots = 1 }: { readonly speed?: number; readonly slots?: number },
): MachineDefinition {
  return { id: `m${at}`, speed, slots, capacity: { cpu: slots, memory: 1e9 }, cost: 0 }
}

export function definitionOf(run: LiveRun): RunDefinition {
  const { name, loads, memory, strategy = 'on-demand', order = 'fifo' } = run
  const { tenant, share, chunk = 1 } = run
  return {
    ...{ name, job: name, strategy, order, seed: 1, due: undefined, priority: 0 },
    ...(tenant === undefined ? {} : { tenant }),
    ...(share === undefined ? {} : { share }),
    tolerate: { count: 0, share: 0 },
    objective: 'makespan',
    stages: [
      {
        ...{ name: 'items', after: -1, link: { kind: 'source' } },
        needs: { cpu: 1, ...(memory !== undefined && { memory }) },
        loads:
          loads === undefined ? undefined : { name: `model of ${name}`, memory: run.model ?? 0 },
        ...{ chunk: { kind: 'fixed', items: chunk }, timeout: undefined, grace: 0 },
        retry: { attempts: 1, delay: 0, maxDelay: 0, never: [], on: {} },
      },
    ],
  }
}
