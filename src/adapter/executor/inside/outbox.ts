import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { DESCRIPTORS_GONE, PIPE_GONE } from '../protocol.ts'

/**
 * Where a slot's answers wait for the next write. One write per answer would cost more than a no-op
 * item; but an answer must not wait behind a handler that then hangs in native code. So answers wait
 * in memory shared with the slot's watchdog thread, which writes them when the main thread has not.
 */
export type Outbox = {
  readonly put: (line: string) => void
  readonly flush: () => void
  readonly waiting: () => number
  /** Milliseconds until what waits is written although a handler keeps the thread to itself; `Infinity`: never. */
  readonly latest: number
}

/** How often the watchdog looks. What it finds waiting twice it writes. */
export const WATCH_MS = 50

const LOCK = 0
const LENGTH = 1
const WRITES = 2
const HEADER_BYTES = 16
const CAPACITY = 256 * 1024

export function sharedOutboxMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + CAPACITY)
}

export function pipeOutbox(descriptor: number, memory: SharedArrayBuffer): Outbox {
  const control = new Int32Array(memory, 0, HEADER_BYTES / 4)
  const bytes = Buffer.from(memory, HEADER_BYTES)
  const flush = () => {
    acquire(control)
    writeWaiting(descriptor, control, bytes)
    release(control)
  }
  return {
    flush,
    waiting: () => control[LENGTH],
    latest: 2 * WATCH_MS,
    put: line => {
      acquire(control)
      // A UTF-16 unit takes at most three bytes.
      if (line.length * 3 > CAPACITY - control[LENGTH]) writeWaiting(descriptor, control, bytes)
      if (line.length * 3 > CAPACITY) writeAll(descriptor, Buffer.from(line))
      else control[LENGTH] += bytes.write(line, control[LENGTH])
      release(control)
    },
  }
}

/** The watchdog's side: writes what has waited since the last call. */
export function lateWriter(descriptor: number, memory: SharedArrayBuffer): () => void {
  const control = new Int32Array(memory, 0, HEADER_BYTES / 4)
  const bytes = Buffer.from(memory, HEADER_BYTES)
  let seen = -1
  return () => {
    const writes = Atomics.load(control, WRITES)
    const idle = writes === seen
    seen = writes
    if (!idle || Atomics.load(control, LENGTH) === 0) return
    if (Atomics.compareExchange(control, LOCK, 0, 1) !== 0) return
    writeWaiting(descriptor, control, bytes)
    release(control)
  }
}

function writeWaiting(descriptor: number, control: Int32Array, bytes: Buffer): void {
  const length = control[LENGTH]
  if (length > 0) writeAll(descriptor, bytes.subarray(0, length))
  control[LENGTH] = 0
  control[WRITES] += 1
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let from = 0
  while (from < bytes.length) {
    try {
      from += writeSync(descriptor, bytes, from)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') Atomics.wait(pause, 0, 0, 1)
      else return leave(code === 'EPIPE' ? '' : PIPE_GONE)
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Nobody reads the answers any more, so nothing this process does counts: it ends and says why on stderr, or by its
 * code where a handler has closed that too.
 */
export function leave(words: string): void {
  try {
    writeSync(2, words)
  } catch {
    // Not `exit`, whose listeners would write again.
    if (isMainThread) reallyExit?.(DESCRIPTORS_GONE)
  }
  process.kill(process.pid, 'SIGKILL')
}

const { reallyExit } = process as { readonly reallyExit?: (code: number) => never }

function acquire(control: Int32Array): void {
  while (Atomics.compareExchange(control, LOCK, 0, 1) !== 0) Atomics.wait(control, LOCK, 1, 1)
}

function release(control: Int32Array): void {
  Atomics.store(control, LOCK, 0)
}
