import { fstatSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { captureOutput } from './console-capture.ts'
import { endSlot } from './end-slot.ts'
import { lineCutter } from '../lines.ts'
import { leave, pipeOutbox, sharedOutboxMemory } from './outbox.ts'
import { DESCRIPTORS_GONE, PIPE_GONE } from '../protocol.ts'
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
  const watchdog = new Worker(new URL(entry), { workerData: data, ...apart })
  // Unwatched, a handler that spins would outlive its loop. It is no item's fault that there is none.
  watchdog.on('error', error => leave(`the slot's watchdog failed: ${error.message}\n`))
  watchdog.unref()
  const outbox = pipeOutbox(WRITES, memory)
  const runtime = slotRuntime({ ...outbox, flush: endIfMaimed(outbox.flush) })
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

/**
 * A handler that closes standard output, or a pipe of the slot, maims whoever runs here after it: the
 * number is given to the next file that is opened. Looked at with every write, the slot ends before that.
 */
function endIfMaimed(flush: () => void): () => void {
  const before = descriptors()
  const answers = fstatSync(WRITES).ino
  let ending = false
  return () => {
    // Answers are not for whatever file has its number now.
    if (inode(WRITES) !== answers) return leave(PIPE_GONE)
    flush()
    if (ending || descriptors() === before) return
    ending = true
    endSlot(DESCRIPTORS_GONE)
  }
}

/** Which files they are: a closed one may be open again as another. */
function descriptors(): string {
  return `${inode(1)} ${inode(2)} ${inode(READS)}`
}

function inode(descriptor: number): number {
  try {
    return fstatSync(descriptor).ino
  } catch {
    return CLOSED
  }
}

const CLOSED = -1

/** When the system runs out of memory it should end the slot that filled it rather than the loop. */
function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500')
  } catch {
    // Not Linux: nothing to ask.
  }
}
