/**
 * When a machine is free. Two kinds: one task at a time with gaps to insert into, and a vector of
 * resources shared by as many tasks as fit.
 *
 * `earliest` and `occupy` add the same numbers in the same order, so a gap that was found exactly
 * filled stays free of overlap in floating point too.
 */
export type Timeline = {
  /** The first start from `ready` on at which `duration` fits. */
  earliest(ready: number, duration: number, needs: Float64Array): number
  occupy(start: number, duration: number, needs: Float64Array): void
}

/** Sums and differences of rounded numbers may be off by this much. */
const ROUNDING = 1 + 1e-9

/** Busy intervals of a machine that runs one task at a time, sorted; a task may enter any gap. */
export function gapTimeline(): Timeline {
  const starts: number[] = []
  const ends: number[] = []
  // No gap is wider, so most tasks go to the end without a search.
  let widest = 0
  return {
    earliest(ready, duration) {
      let start = ready
      if (duration > widest) return Math.max(ready, ends[ends.length - 1] ?? 0)
      for (let at = firstAbove(ends, ready); at < starts.length; at += 1) {
        if (start + duration <= starts[at]) return start
        if (ends[at] > start) start = ends[at]
      }
      return start
    },
    occupy(start, duration) {
      if (duration === 0) return
      const at = firstAbove(starts, start)
      if (at === starts.length) widest = Math.max(widest, (start - (ends[at - 1] ?? 0)) * ROUNDING)
      starts.splice(at, 0, start)
      ends.splice(at, 0, start + duration)
    },
  }
}

/**
 * The amounts in use, as a step function: `used[k]` holds from `at[k]` to `at[k + 1]`, the last one
 * for ever and always nothing.
 */
export function capacityTimeline(capacity: Float64Array): Timeline {
  const at: number[] = [0]
  const used: Float64Array[] = [new Float64Array(capacity.length)]
  // 0.1 + 0.2 must fit 0.3.
  const room = capacity.map(amount => amount * ROUNDING)

  const fits = (segment: number, needs: Float64Array): boolean => {
    const busy = used[segment]
    for (let resource = 0; resource < room.length; resource += 1) {
      if (busy[resource] + needs[resource] > room[resource]) return false
    }
    return true
  }

  const split = (time: number): number => {
    const segment = Math.max(0, firstAbove(at, time) - 1)
    if (at[segment] === time) return segment
    at.splice(segment + 1, 0, time)
    used.splice(segment + 1, 0, used[segment].slice())
    return segment + 1
  }

  return {
    earliest(ready, duration, needs) {
      let start = ready
      let segment = Math.max(0, firstAbove(at, ready) - 1)
      for (; segment < at.length && at[segment] < start + duration; segment += 1) {
        if (!fits(segment, needs)) start = at[segment + 1]
      }
      return start
    },
    occupy(start, duration, needs) {
      if (duration === 0) return
      const last = split(start + duration)
      const first = split(start)
      const until = at[last] === start + duration ? last : last + 1
      for (let segment = first; segment < until; segment += 1) {
        for (let resource = 0; resource < room.length; resource += 1) {
          used[segment][resource] += needs[resource]
        }
      }
    },
  }
}

/** Index of the first element above `value` in an ascending list. */
function firstAbove(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}
