import { lowerRequests } from './lower-requests.ts'

/**
 * When a machine is free. Two kinds: one task at a time with gaps to insert into, and a vector of
 * resources shared by as many tasks as fit (`capacity-timeline.ts`).
 *
 * `earliest` and `occupy` add the same numbers in the same order, so a gap that was found exactly
 * filled stays free of overlap in floating point too.
 *
 * What takes no time needs its instant: nothing is placed across it, and it is placed across nothing. What
 * ends or starts there does not count.
 */
export type Timeline = {
  /** The first start from `ready` on at which `duration` fits. */
  earliest(ready: number, duration: number, needs: Float64Array): number
  occupy(start: number, duration: number, needs: Float64Array): void
}

/** Sums and differences of rounded numbers may be off by this much. */
export const ROUNDING = 1 + 1e-9

/**
 * Busy intervals of a machine that runs one task at a time, sorted; a task may enter any gap. What follows
 * without a gap is one interval, unless something could take no time and go in between.
 */
export function gapTimeline({ instants }: { readonly instants: boolean }): Timeline {
  const starts: number[] = []
  const ends: number[] = []
  // No gap is wider, so most tasks go to the end without a search.
  let widest = 0
  const floors = lowerRequests(0)
  const firstFit = (ready: number, duration: number): number => {
    let start = ready
    for (let at = firstAbove(ends, ready); at < starts.length; at += 1) {
      if (start + duration <= starts[at]) return start
      if (ends[at] > start) start = ends[at]
    }
    return start
  }
  return {
    earliest(ready, duration) {
      if (duration > widest) return Math.max(ready, ends[ends.length - 1] ?? 0)
      if (duration === 0 || starts.length < fewIntervals) return firstFit(ready, duration)
      const floor = floors.below(duration, noNeeds)
      floor.start = firstFit(floor.start, floor.duration)
      return firstFit(Math.max(ready, floor.start), duration)
    },
    occupy(start, duration) {
      // What takes no time goes before what starts there, so that ends are sorted as well.
      const at = duration === 0 ? firstAbove(ends, start) : firstAbove(starts, start)
      if (at === starts.length) widest = Math.max(widest, (start - (ends[at - 1] ?? 0)) * ROUNDING)
      const end = start + duration
      const follows = !instants && at > 0 && ends[at - 1] === start
      const leads = !instants && starts[at] === end
      if (follows && leads) {
        ends.splice(at - 1, 1)
        starts.splice(at, 1)
      } else if (follows) ends[at - 1] = end
      else if (leads) starts[at] = start
      else {
        starts.splice(at, 0, start)
        ends.splice(at, 0, end)
      }
    },
  }
}

/** Until then a look at all of them takes no longer. */
const fewIntervals = 64
const noNeeds = new Float64Array(0)

/** Index of the first of `count` elements above `value` in an ascending list. */
export function firstAbove(
  sorted: ArrayLike<number>,
  value: number,
  count = sorted.length,
): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}
