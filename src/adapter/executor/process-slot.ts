import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { captureOutput } from './console-capture.ts'
import { lineCutter } from './lines.ts'
import { pipeOutbox, sharedOutboxMemory } from './outbox.ts'
import { slotRuntime } from './runtime.ts'
import { endOwnGroup, type WatchdogData } from './watchdog.ts'

const READS = 3
const WRITES = 4

/** Wires the runtime to the pipes of a slot's process. The end of the incoming pipe is the end of the loop. */
export function startProcessSlot(entry: string): void {
  dieFirst()
  const memory = sharedOutboxMemory()
  const data: WatchdogData = { memory, descriptor: WRITES, parent: Number(process.argv[2]) }
  // Joined to ours, its output would make descriptors 1 and 2 non-blocking: native floods would fail.
  const apart = { stdout: true, stderr: true }
  new Worker(new URL(entry), { workerData: data, ...apart }).unref()
  const outbox = pipeOutbox(WRITES, memory)
  const runtime = slotRuntime(outbox)
  captureOutput(runtime.wrote)
  const pipe = new Socket({ fd: READS, readable: true, writable: false })
  const cut = lineCutter({
    onLine: runtime.receive,
    maxLine: () => Number.MAX_SAFE_INTEGER,
    onTooLong: endOwnGroup,
  })
  pipe.on('data', cut)
  pipe.on('close', endOwnGroup)
  pipe.on('error', endOwnGroup)
}

/** When the system runs out of memory it should end the slot that filled it rather than the loop. */
function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500')
  } catch {
    // Not Linux: nothing to ask.
  }
}
