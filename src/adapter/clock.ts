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
      // From tick to tick it is mostly the same, a far timeout.
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
