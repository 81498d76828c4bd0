import { fstatSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { captureOutput } from './console-capture.ts'
import { endSlot } from './end-slot.ts'
import { inode } from './inode.ts'
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
  // Without its watchdog, a handler that spins would outlive the loop. A missing watchdog is no item's fault.
  watchdog.on('error', error => leave(`the slot's watchdog failed: ${error.message}\n`))
  watchdog.unref()
  const outbox = pipeOutbox(WRITES, memory)
  const runtime = slotRuntime({ ...outbox, flush: endIfMaimed(outbox.flush) }, process.argv[3])
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
 * A handler that closes standard output or one of the slot's pipes harms the items after it: the system gives
 * the descriptor's number to the next file that is opened. This is checked with every write, and the slot ends
 * before another item runs.
 */
function endIfMaimed(flush: () => void): () => void {
  const before = descriptors()
  const answers = fstatSync(WRITES).ino
  let ending = false
  return () => {
    // Do not write answers to whatever file has the descriptor's number now.
    if (inode(WRITES) !== answers) return leave(PIPE_GONE)
    flush()
    if (ending || descriptors() === before) return
    ending = true
    endSlot(DESCRIPTORS_GONE)
  }
}

/** The files behind the descriptors. */
function descriptors(): string {
  return `${inode(1)} ${inode(2)} ${inode(READS)}`
}

/** When the system runs out of memory it should end the slot that filled it rather than the loop. */
function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500')
  } catch {
    // Not Linux: nothing to ask.
  }
}
