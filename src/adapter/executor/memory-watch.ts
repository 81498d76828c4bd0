import { execFile } from 'node:child_process'
import { type Failure, MEMORY_OF_BOX } from '../../model/failure.ts'
import { memoryKills, memoryReader, type MemoryReading, residentBytes } from '../machine/memory.ts'
import type { Opened } from './opened.ts'

const PERIOD_MS = 250
const HOLD_MS = 10_000
/** Shares of all memory. Two marks, so that the signal does not flutter. */
const HIGH_BELOW = 0.05
const LOW_ABOVE = 0.1

type WatchedSlot = {
  /** Those to sample. */
  readonly processes: () => readonly Opened[]
  readonly sampled: (target: Opened, bytes: number) => void
  /** What it holds while nothing runs in it. */
  readonly idleBytes: () => number | undefined
  readonly endIdle: (failure: Failure) => void
}

/** What a slot asks of it when it has ended. */
export type BoxMemory = {
  readonly isShort: () => boolean
  readonly hasKilled: () => boolean
  readonly isMost: (bytes: number) => boolean
  readonly ranOut: () => void
}

/**
 * Looks at memory four times a second while slots are open: what each slot holds, and what is left.
 * A slot's own word would not do: a leaking handler in native code does not let it speak.
 */
export function memoryWatch(options: {
  readonly slots: () => Iterable<WatchedSlot>
  readonly onPressure: (high: boolean) => void
  readonly read?: () => MemoryReading
  readonly kills?: () => number
}) {
  const read = options.read ?? memoryReader()
  const killed = options.kills ?? memoryKills
  let kills = killed()
  let timer: NodeJS.Timeout | undefined
  let high = false
  let lowestShare = 1
  let total = Number.POSITIVE_INFINITY
  let heldUntil = 0

  function look(): void {
    const { totalBytes, availableBytes } = read()
    lowestShare = availableBytes / totalBytes
    total = totalBytes
    if (!high && lowestShare < HIGH_BELOW) options.onPressure((high = true))
    else if (high && lowestShare > LOW_ABOVE && performance.now() > heldUntil)
      options.onPressure((high = false))
    else if (high && lowestShare < LOW_ABOVE) endLargestIdle()
    for (const slot of options.slots()) {
      for (const target of slot.processes()) {
        const { pid } = target.channel
        if (pid !== undefined) sample(pid, bytes => slot.sampled(target, bytes))
      }
    }
  }

  /**
   * Nothing starts while memory is short, so what idle slots hold, by a leak or in models, would be held for ever.
   */
  function endLargestIdle(): void {
    let largest: WatchedSlot | undefined
    let most = 0
    for (const slot of options.slots()) {
      const bytes = slot.idleBytes() ?? 0
      if (bytes > most) [largest, most] = [slot, bytes]
    }
    largest?.endIdle(GIVEN_BACK)
  }

  return {
    look,
    /** Whether at the last look less was left than calls for caution. */
    isShort: () => lowestShare < LOW_ABOVE,
    /** Whether since it was last asked the system killed for want of memory: between two looks there is time to fill a box. */
    hasKilled(): boolean {
      const before = kills
      kills = killed()
      return kills > before
    },
    /** Whether a slot that held this many bytes is itself what filled the box. */
    isMost: (bytes: number) => bytes > total / 2,
    /** The system had to kill a slot: what is free now is what that slot held, so nothing starts for a while. */
    ranOut(): void {
      heldUntil = performance.now() + HOLD_MS
      timer ??= setInterval(look, PERIOD_MS)
      if (!high) options.onPressure((high = true))
    },
    /** No slot is open: only pressure is still watched, until it is over. */
    rest(): void {
      if (!high) this.stop()
    },
    start(): void {
      if (timer !== undefined) return
      timer = setInterval(look, PERIOD_MS).unref()
      // Looks before the first slot is up, so that on a box already short of memory no more than the first
      // tasks start.
      setImmediate(look)
    },
    stop(): void {
      if (timer !== undefined) clearInterval(timer)
      timer = undefined
    },
  }
}

const GIVEN_BACK: Failure = {
  kind: 'lost',
  code: MEMORY_OF_BOX,
  message: 'the slot was ended while nothing ran in it, for the box is short of memory',
}

function sample(pid: number, found: (bytes: number) => void): void {
  const bytes = residentBytes(pid)
  if (bytes !== undefined) {
    found(bytes)
    return
  }
  if (process.platform === 'linux') return
  execFile('ps', ['-o', 'rss=', '-p', String(pid)], (error, stdout) => {
    if (error === null) found(Number(stdout.trim()) * 1024)
  })
}
