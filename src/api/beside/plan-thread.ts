import { Worker } from 'node:worker_threads'
import { withTypesStripped } from '../../adapter/solver/highs.ts'
import type { LiveChoice, LiveRequest } from '../../choose/live-choice.ts'
import type { PlanAnswer } from './plan-worker.ts'

/**
 * Chooses in a thread of its own, so that a search never holds up dispatch. It starts with the first
 * question and is kept a while for the next: a thread that has planned before plans again in a fraction of
 * the time, which is taken from the slots. It ends when it is told to, when its time is out or when its
 * memory is: the run goes on in any case, and the thread never keeps the process alive.
 */
export type Planner = {
  /** One question at a time. */
  choose(request: LiveRequest): Promise<LiveChoice>
  /** Ends the thread; what is being chosen is rejected. */
  close(): void
}

/** `mostMs`: after which a choice is given up. */
export function planningThread({ mostMs }: { readonly mostMs: number }): Planner {
  let worker: Worker | undefined
  let asked: Asked | undefined
  let resting: NodeJS.Timeout | undefined
  const answered = (answer: PlanAnswer): void => {
    if (asked === undefined) return
    const { resolve, reject, timer } = asked
    asked = undefined
    clearTimeout(timer)
    if (answer.kind === 'chosen') resolve(answer.choice)
    else reject(new Error(answer.reason))
  }
  const end = (reason: string): void => {
    clearTimeout(resting)
    const ending = worker
    worker = undefined
    void ending?.terminate()
    answered({ kind: 'failed', reason })
  }
  const start = (): Worker => {
    const started = startThread()
    const ifCurrent = (act: () => void): void => {
      if (started === worker) act()
    }
    const onAnswer = (answer: PlanAnswer): void => {
      resting = setTimeout(() => end('nothing was asked'), keptMs).unref()
      answered(answer)
    }
    started.on('message', (answer: PlanAnswer) => ifCurrent(() => onAnswer(answer)))
    started.on('error', error => ifCurrent(() => end(error.message)))
    started.on('exit', code => ifCurrent(() => end(`the planning thread ended with code ${code}`)))
    return started
  }
  return {
    choose: request =>
      new Promise<LiveChoice>((resolve, reject) => {
        clearTimeout(resting)
        const timer = setTimeout(() => end(`it took more than ${mostMs / 1000} s`), mostMs)
        timer.unref()
        asked = { resolve, reject, timer }
        worker ??= start()
        worker.postMessage(request)
      }),
    close: () => end('the run ended'),
  }
}

type Asked = {
  readonly resolve: (choice: LiveChoice) => void
  readonly reject: (reason: Error) => void
  readonly timer: NodeJS.Timeout
}

function startThread(): Worker {
  const url = ownWorkerUrl()
  const worker = new Worker(url.pathname.endsWith('.ts') ? withTypesStripped(url) : url, {
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  })
  worker.unref()
  return worker
}

/** Long enough for the next question of a short run; in many long runs each kept thread would hold some ten MB. */
const keptMs = 5_000

/** Ten times what ten thousand tasks on a hundred machines need. */
const mostMegabytes = 1_024

/** Beside this file, compiled or not. */
function ownWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./plan-worker.${extension}`, import.meta.url)
}
