import { parentPort, workerData } from 'node:worker_threads'
import { captureThreadOutput } from './console-capture.ts'
import { eachLine } from '../lines.ts'
import type { Outbox } from './outbox.ts'
import { slotRuntime } from './runtime.ts'

/** The entry of a slot that is a thread: the same runtime over a message port. */
const port = parentPort
if (port === null) throw new Error('this module is the entry of a worker thread')
let waiting = ''
const outbox: Outbox = {
  put: line => {
    waiting += line
  },
  flush: () => {
    if (waiting !== '') port.postMessage(waiting)
    waiting = ''
  },
  waiting: () => waiting.length,
  latest: Number.POSITIVE_INFINITY,
}
const runtime = slotRuntime(outbox, String(workerData))
captureThreadOutput(runtime.wrote)
port.on('message', (text: string) => eachLine(text.slice(0, -1), runtime.receive))
