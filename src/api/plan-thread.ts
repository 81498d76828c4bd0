import { Worker } from 'node:worker_threads'
import { withTypesStripped } from '../adapter/solver/highs.ts'
import type { LiveChoice, LiveRequest } from '../choose/live-choice.ts'
import type { PlanAnswer } from './plan-worker.ts'

/**
 * Chooses in a thread of its own, so that a search never holds up dispatch. The thread
 * ends with its answer, when it is told to, when its time is out or when its memory is: the run
 * goes on in any case, and the thread never keeps the process alive.
 */
export function chooseInThread(
  request: LiveRequest,
  { signal, mostMs }: { readonly signal: AbortSignal; readonly mostMs: number },
): Promise<LiveChoice> {
  const url = ownWorkerUrl()
  const worker = new Worker(url.pathname.endsWith('.ts') ? withTypesStripped(url) : url, {
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  })
  worker.unref()
  const answered = new Promise<LiveChoice>((resolve, reject) => {
    worker.on('message', (answer: PlanAnswer) => {
      if (answer.kind === 'chosen') resolve(answer.choice)
      else reject(new Error(answer.reason))
    })
    worker.on('error', reject)
    worker.on('exit', code => reject(new Error(`the planning thread ended with code ${code}`)))
    const stop = (reason: string) => reject(new Error(reason))
    const timer = setTimeout(stop, mostMs, `it took more than ${mostMs / 1000} s`)
    timer.unref()
    signal.addEventListener('abort', () => stop('the run ended'), { once: true })
    worker.once('exit', () => clearTimeout(timer))
  })
  worker.postMessage(request)
  return answered.finally(() => worker.terminate())
}

/** Ten thousand tasks on a hundred machines need a tenth of it. */
const mostMegabytes = 1_024

/** Beside this file, compiled or not. */
function ownWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./plan-worker.${extension}`, import.meta.url)
}
