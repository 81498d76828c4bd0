import { Worker } from 'node:worker_threads'
import type { LinearProgram } from '../../model/linear-program.ts'
import type { Solved, SolveOptions, Solver } from '../../port/solver.ts'
import type { SolverReply, SolverRequest } from './highs-worker.ts'

/**
 * HiGHS (Huangfu and Hall 2018), compiled to WebAssembly, in a worker thread, which starts with the first
 * program: many problems need none. It is told to stop in
 * time, and terminated when it does not; the next call starts another worker. Improving points arrive
 * as they are found, so what a terminated search had reached is kept. One program at a time: further
 * calls wait, their time limit running.
 */
export function openHighs(options: { readonly workerUrl?: URL } = {}): Solver {
  const url = options.workerUrl ?? ownWorkerUrl()
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  async function solve(program: LinearProgram, asked: SolveOptions): Promise<Solved> {
    const deadline = performance.now() + asked.timeLimitMs
    const turn = last.then(async (): Promise<Solved> => {
      if (closed) return { kind: 'failed', reason: 'the solver is closed' }
      if (performance.now() >= deadline) return { kind: 'limit', values: undefined }
      worker ??= startWorker(url)
      const { solved, alive } = await ask(worker, program, asked, deadline)
      if (!alive) {
        // Not waited for: a thread deep in WebAssembly may take a second to end.
        void worker.terminate()
        worker = undefined
      }
      return solved
    })
    last = turn
    return turn
  }

  async function close(): Promise<void> {
    closed = true
    await worker?.terminate()
    worker = undefined
  }

  return { solve, close }
}

/** How long a worker that was told to stop may take to say so. */
const graceMs = 60

type Answer = { readonly solved: Solved; readonly alive: boolean }

function ask(
  worker: Worker,
  program: LinearProgram,
  asked: SolveOptions,
  deadline: number,
): Promise<Answer> {
  return new Promise(resolve => {
    let best: Float64Array | undefined
    const finish = (answer: Answer) => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      worker.unref()
      resolve(answer)
    }
    const onMessage = (reply: SolverReply) => {
      if (reply.kind === 'improved') best = reply.values
      else if (reply.kind === 'limit')
        finish({ solved: { kind: 'limit', values: reply.values ?? best }, alive: true })
      else finish({ solved: reply, alive: reply.kind !== 'failed' })
    }
    const failed = (reason: string) => finish({ solved: { kind: 'failed', reason }, alive: false })
    const onError = (error: Error) => failed(`the solver's thread failed: ${error.message}`)
    const onExit = (code: number) => failed(`the solver's thread ended with code ${code}`)
    const overrun = () => finish({ solved: { kind: 'limit', values: best }, alive: false })
    const timer = setTimeout(overrun, deadline - performance.now() + graceMs)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.ref()
    const request: SolverRequest = {
      program,
      options: asked,
      deadline: performance.timeOrigin + deadline,
    }
    worker.postMessage(request)
  })
}

function startWorker(url: URL): Worker {
  const worker = new Worker(url.pathname.endsWith('.ts') ? withTypesStripped(url) : url)
  worker.on('error', () => undefined)
  worker.unref()
  return worker
}

/** Beside this file, compiled or not. */
function ownWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./highs-worker.${extension}`, import.meta.url)
}

/** Uncompiled, as in our own tests. A thread does not inherit tsx, nor does `--import tsx` reach it. */
export function withTypesStripped(url: URL): URL {
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const code = `import { register } from ${tsx}; register(); await import(${JSON.stringify(url.href)})`
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}
