import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type LocalExecutorOptions, localExecutor } from '../../../src/adapter/executor/local.ts'
import type {
  AttemptOrder,
  ExecutorEvent,
  Outcome,
  SlotAddress,
  StageCode,
} from '../../../src/port/executor.ts'
import { stageCode } from '../../fixtures/stage-code.ts'

export const first: SlotAddress = { machine: 0, slot: 0 }
export const second: SlotAddress = { machine: 0, slot: 1 }

export const handler = (name: string) =>
  new URL(`../../fixtures/handlers/${name}`, import.meta.url).pathname

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A real executor over a folder of its own, its events kept, closed after the test. */
export function world(options: Partial<LocalExecutorOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'dray executor é '))
  const events: ExecutorEvent[] = []
  const waiting = new Set<() => void>()
  const executor = localExecutor({
    machines: [{ id: 'box', slots: 2, speed: 1 }],
    directory,
    onEvent: event => {
      events.push(event)
      for (const look of waiting) look()
    },
    ...options,
  })
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise(resolve => {
      const look = () => {
        const found = find()
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  open.push(async () => {
    await executor.close(100_000)
    rmSync(directory, { recursive: true, force: true })
  })
  const outcomes = () => events.flatMap(event => (event.kind === 'outcomes' ? event.outcomes : []))
  return {
    executor,
    events,
    directory,
    until,
    outcomes,
    of: <K extends ExecutorEvent['kind']>(kind: K) =>
      events.filter((event): event is Extract<ExecutorEvent, { kind: K }> => event.kind === kind),
    answered: (count: number): Promise<Outcome[]> =>
      until(() => (outcomes().length >= count ? outcomes() : undefined)),
    next: <K extends ExecutorEvent['kind']>(kind: K) =>
      until(() =>
        events.find((event): event is Extract<ExecutorEvent, { kind: K }> => event.kind === kind),
      ),
  }
}

export const code = (module: string, more: Partial<StageCode> = {}): StageCode =>
  stageCode(module.startsWith('/') ? module : handler(module), more)

/** One item an attempt, numbered alike. */
export function order(n: number, item: unknown, more: Partial<AttemptOrder> = {}): AttemptOrder {
  const items = [{ index: n, key: `k${n}`, payload: JSON.stringify(item) }]
  return { task: n, attempt: n, try: 1, items, ...more }
}
