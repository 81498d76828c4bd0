import type { Clock } from '../port/clock.ts'

/** The machine's clock: micros since the epoch, steady while the process lives. */
export function systemClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  const now = (): number => {
    last = Math.max(last, Math.floor((performance.timeOrigin + performance.now()) * 1_000))
    return last
  }
  return {
    now,
    wake(at, callback) {
      clearTimeout(timer)
      timer = undefined
      if (at === undefined) return
      const millis = Math.max(0, Math.ceil((at - now()) / 1_000))
      timer = setTimeout(callback, Math.min(millis, 2 ** 31 - 1))
    },
    soon: callback => {
      setImmediate(callback)
    },
  }
}
