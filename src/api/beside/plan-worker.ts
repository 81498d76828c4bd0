import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { openHighs } from '../../adapter/solver/highs.ts'
import { chooseLive, type LiveChoice, type LiveRequest } from '../../choose/live-choice.ts'

/** The thread that plans beside a run: one request in, one answer out. */
export type PlanAnswer =
  | { readonly kind: 'chosen'; readonly choice: LiveChoice }
  | { readonly kind: 'failed'; readonly reason: string }

if (process.platform === 'linux') yieldToSlots()

parentPort?.on('message', (request: LiveRequest) => {
  chooseLive(request, openHighs).then(
    choice => answer({ kind: 'chosen', choice }),
    (error: unknown) =>
      answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  )
})

function answer(message: PlanAnswer): void {
  parentPort?.postMessage(message)
}

/** Of the cores, planning takes what the slots leave: Linux has a priority for each thread. */
function yieldToSlots(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    setPriority(thread, constants.priority.PRIORITY_LOW)
  } catch {
    // Without /proc, or where it is forbidden, it plans as any thread does.
  }
}
