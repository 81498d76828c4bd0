import type { Clock } from '../port/clock.ts'

/** The machine's clock: micros since the epoch, steady while the process lives. */
export function systemClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | undefined
  let armedFor: number | undefined
  let then = () => {}
  let last = 0
  const now = (): number => {
    last = Math.max(last, Math.floor((performance.timeOrigin + performance.now()) * 1_000))
    return last
  }
  return {
    now,
    wake(at, callback) {
      then = callback
      // Mostly the same instant as at the last tick (a far timeout): the timer is then left as it is.
      if (at === armedFor) return
      clearTimeout(timer)
      armedFor = at
      if (at === undefined) return
      const millis = Math.max(0, Math.ceil((at - now()) / 1_000))
      timer = setTimeout(
        () => {
          armedFor = undefined
          then()
        },
        Math.min(millis, 2 ** 31 - 1),
      )
    },
    soon: callback => {
      setImmediate(callback)
    },
  }
}
