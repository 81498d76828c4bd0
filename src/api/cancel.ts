import { setTimeout as pause } from 'node:timers/promises'
import { isLive, type Run } from '../core/run.ts'
import { recall } from '../driver/recall.ts'
import type { Host } from './host.ts'

/** Nothing more of a run starts, and what runs is aborted. Resolves once that is durable. */
export async function cancel(host: Host, run: Run): Promise<void> {
  if (isLive(run)) await namesAtHand(host, run)
  // A paused run (nobody has worked on it since its owner ended) must first go on to be stopped.
  if (run.state === 'paused') host.loop.send({ kind: 'goOn', run: run.number })
  await host.commit({ kind: 'cancel', run: run.number })
}

/** If the input is gone or does not answer, keys are unknown: items are cancelled under their numbers. */
async function namesAtHand({ state, loop }: Host, run: Run): Promise<void> {
  const inTime = new AbortController()
  const late = pause(MOST_MILLIS, undefined, { signal: inTime.signal }).catch(() => {})
  const names = recall(state, loop.payloads, run).catch(() => {})
  await Promise.race([names, late])
  inTime.abort()
}

/** How long a cancel may wait for the items' keys. */
const MOST_MILLIS = 2_000
