import { Worker } from 'node:worker_threads'
import type { Channel, ChannelEnd, ChannelOptions } from './channel.ts'
import { heapMegabytes } from './heap.ts'
import { eachLine } from './lines.ts'

/**
 * A slot as a thread of the loop's process: starts sooner and shares its memory, but native code that
 * crashes, leaks or hangs takes the loop with it. For pure JavaScript only.
 */
export function openThread(options: ChannelOptions): Channel {
  const worker = new Worker(options.entry, {
    env: { ...options.environment },
    execArgv: [],
    workerData: options.saves,
    resourceLimits:
      options.heap === 0 ? {} : { maxOldGenerationSizeMb: heapMegabytes(options.heap) },
    stdout: true,
    stderr: true,
  })
  let fault: ChannelEnd['fault']
  let lastWords = ''
  worker.on('message', (text: unknown) => {
    if (typeof text === 'string') eachLine(text.slice(0, -1), options.onLine)
    else {
      fault = 'wrote outside the protocol'
      worker.terminate()
    }
  })
  for (const name of ['stdout', 'stderr'] as const) {
    worker[name].on('data', (bytes: Buffer) => options.onOutput(name, bytes))
  }
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') fault = 'heap'
    lastWords = String(error.message ?? error)
  })
  worker.on('exit', code => options.onEnd({ code, signal: undefined, lastWords, fault }))
  return {
    saves: options.saves,
    pid: undefined,
    kill: () => {
      worker.terminate()
    },
    send: text => worker.postMessage(text),
  }
}
