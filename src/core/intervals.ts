/**
 * A set of item indexes as sorted, disjoint, non-adjacent intervals [start, end). Items become ready
 * and are taken nearly in order, so there are few; a binary search finds the place.
 */
export type Intervals = { starts: number[]; ends: number[]; size: number }

export function intervalsOf(): Intervals {
  return { starts: [], ends: [], size: 0 }
}

/** Adds [first, first + count), none of which is present. */
export function addInterval(set: Intervals, first: number, count: number): void {
  if (count === 0) return
  set.size += count
  const { starts, ends } = set
  const last = ends.length - 1
  if (last < 0 || first > ends[last]) {
    starts.push(first)
    ends.push(first + count)
    return
  }
  if (first === ends[last]) {
    ends[last] += count
    return
  }
  const at = firstAtOrAfter(starts, first)
  const joinsLeft = at > 0 && ends[at - 1] === first
  const joinsRight = at < starts.length && starts[at] === first + count
  if (joinsLeft && joinsRight) {
    ends[at - 1] = ends[at]
    starts.splice(at, 1)
    ends.splice(at, 1)
  } else if (joinsLeft) ends[at - 1] += count
  else if (joinsRight) starts[at] = first
  else {
    starts.splice(at, 0, first)
    ends.splice(at, 0, first + count)
  }
}

/** Removes [first, first + count), all of which is present in one interval. */
export function removeInterval(set: Intervals, first: number, count: number): void {
  if (count === 0) return
  const { starts, ends } = set
  let at = 0
  if (!(starts.length > 0 && starts[0] <= first && first < ends[0])) {
    at = firstAtOrAfter(starts, first + 1) - 1
  }
  const start = starts[at]
  const end = ends[at]
  const after = first + count
  set.size -= count
  if (start === first && end === after) {
    starts.splice(at, 1)
    ends.splice(at, 1)
  } else if (start === first) starts[at] = after
  else if (end === after) ends[at] = first
  else {
    ends[at] = first
    starts.splice(at + 1, 0, after)
    ends.splice(at + 1, 0, end)
  }
}

function firstAtOrAfter(starts: readonly number[], value: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (starts[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
