import { Worker } from 'node:worker_threads'
import { withTypesStripped } from '../adapter/solver/highs.ts'
import type { LiveChoice, LiveRequest } from '../choose/live-choice.ts'
import type { PlanAnswer } from './plan-worker.ts'

/**
 * Chooses in a thread of its own, so that a search never holds up dispatch (DESIGN 5.9). The thread
 * ends with its answer, and never keeps the process alive.
 */
export function chooseInThread(request: LiveRequest): Promise<LiveChoice> {
  const url = ownWorkerUrl()
  const worker = new Worker(url.pathname.endsWith('.ts') ? withTypesStripped(url) : url)
  worker.unref()
  const answered = new Promise<LiveChoice>((resolve, reject) => {
    worker.on('message', (answer: PlanAnswer) => {
      if (answer.kind === 'chosen') resolve(answer.choice)
      else reject(new Error(answer.reason))
    })
    worker.on('error', reject)
    worker.on('exit', code => reject(new Error(`the planning thread ended with code ${code}`)))
  })
  worker.postMessage(request)
  return answered.finally(() => worker.terminate())
}

/** Beside this file, compiled or not. */
function ownWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./plan-worker.${extension}`, import.meta.url)
}
