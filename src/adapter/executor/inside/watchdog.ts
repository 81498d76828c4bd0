import { lateWriter, WATCH_MS } from './outbox.ts'

export type WatchdogData = {
  readonly memory: SharedArrayBuffer
  readonly descriptor: number
  /** The process that started the slot, by its own word: it may be gone before this thread runs. */
  readonly parent: number
}

/**
 * A thread beside a slot's handler, for the times when the handler does not let the slot's own loop
 * turn. It writes answers that would otherwise wait (see outbox), and ends the slot when the process
 * that started it is gone: a slot never outlives its loop, however it is spinning.
 */
export function watch({ memory, descriptor, parent }: WatchdogData): void {
  const writeLate = lateWriter(descriptor, memory)
  const timer = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    Atomics.wait(timer, 0, 0, WATCH_MS)
    writeLate()
    if (process.ppid !== parent) endOwnGroup()
  }
}

/** The slot leads a process group of its own: whatever its handlers started goes with it. */
export function endOwnGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.kill(process.pid, 'SIGKILL')
  }
}
