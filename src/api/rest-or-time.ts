import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from './host.ts'

/** Resolves when no task runs and no output is being written, or when the time is over. */
export async function restOrTime(host: Host, millis: number): Promise<void> {
  const { machines, runs } = host.state
  const isBusy = (): boolean =>
    machines.some(({ alive, running }) => alive && running > 0) ||
    runs.some(({ state }) => state === 'finishing')
  if (!isBusy()) return
  const rested = new AbortController()
  const off = host.listen({ onStep: () => !isBusy() && rested.abort() })
  await pause(millis, undefined, { signal: rested.signal }).catch(() => {})
  off()
}
