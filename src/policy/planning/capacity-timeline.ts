import { lowerRequests } from './lower-requests.ts'
import { firstAbove, ROUNDING, type Timeline } from './timeline.ts'

/**
 * The amounts in use on a machine that takes as many tasks as fit, as a step function: a step holds from its
 * time to that of the next, the last one for ever and always nothing. A step that ends where it begins is
 * what is in use at that instant, with what takes no time then; what starts or ends there knows nothing of it.
 *
 * Steps lie in blocks that know the least and the most that is used within: a block where even the least
 * leaves too little room is passed over at once, as is one where the most leaves enough. (Of 10,000 tasks
 * with needs of their own nearly all the time of a planner went into looking at full steps one by one.)
 *
 * Use only grows, so where nothing of some size fitted before a time, nothing larger ever will: requests are
 * remembered by their size rounded down, and each goes on from where the smaller one fits. (Of 30,000 tasks
 * on 8 machines a request had looked at a hundred blocks, most of them with gaps too short for it.)
 */
export function capacityTimeline(capacity: Float64Array): Timeline {
  const resources = capacity.length
  const blocks: Block[] = [emptyBlock(resources)]
  blocks[0].count = 1
  // 0.1 + 0.2 must fit 0.3.
  const room = capacity.map(amount => amount * ROUNDING)

  const fits = (used: Float64Array, row: number, needs: Float64Array): boolean => {
    for (let resource = 0; resource < resources; resource += 1) {
      if (used[row + resource] + needs[resource] > room[resource]) return false
    }
    return true
  }

  const blockAt = (time: number): number => {
    let low = 1
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (blocks[middle].at[0] <= time) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** A step begins at that time from now on. */
  const split = (time: number): void => {
    const number = blockAt(time)
    const block = blocks[number]
    const step = stepAt(block, time)
    if (block.at[step] === time) return
    if (block.count === blockSteps) {
      blocks.splice(number + 1, 0, halve(block, resources))
      split(time)
    } else insert(block, step, time, resources)
  }

  const firstFit = (ready: number, duration: number, needs: Float64Array): number => {
    let start = ready
    let number = blockAt(ready)
    for (let step = stepAt(blocks[number], ready); number < blocks.length; number += 1) {
      const { at, used, count, least, most } = blocks[number]
      if (at[step] >= start + duration) return start
      if (!fits(least, 0, needs)) start = blocks[number + 1].at[0]
      else if (!fits(most, 0, needs)) {
        for (; step < count && at[step] < start + duration; step += 1) {
          if (fits(used, step * resources, needs)) continue
          start = step + 1 < count ? at[step + 1] : blocks[number + 1].at[0]
        }
      }
      step = 0
    }
    return start
  }

  /** The first moment with room. */
  const firstMoment = (ready: number, needs: Float64Array): number => {
    let number = blockAt(ready)
    let step = stepAt(blocks[number], ready)
    for (; number < blocks.length; number += 1) {
      const { at, used, count, least } = blocks[number]
      for (; fits(least, 0, needs) && step < count; step += 1)
        if (fits(used, step * resources, needs)) return Math.max(ready, at[step])
      step = 0
    }
    return Number.POSITIVE_INFINITY
  }

  /** A step of no length, where a step begins already: before that one, and like it. */
  const addInstant = (time: number, needs: Float64Array): void => {
    const number = blockAt(time)
    const block = blocks[number]
    if (block.count === blockSteps) {
      blocks.splice(number + 1, 0, halve(block, resources))
      addInstant(time, needs)
      return
    }
    const step = stepAt(block, time)
    insert(block, step, time, resources)
    for (let resource = 0; resource < resources; resource += 1)
      block.used[step * resources + resource] += needs[resource]
    summarise(block, resources)
  }

  const floors = lowerRequests(resources)

  return {
    earliest(ready, duration, needs) {
      if (duration === 0) return firstMoment(ready, needs)
      if (blocks.length < fewBlocks) return firstFit(ready, duration, needs)
      const floor = floors.below(duration, needs)
      floor.start = firstFit(floor.start, floor.duration, floor.needs)
      return firstFit(Math.max(ready, floor.start), duration, needs)
    },
    occupy(start, duration, needs) {
      const end = start + duration
      split(start)
      if (duration === 0) return addInstant(start, needs)
      split(end)
      for (let number = blockAt(start); number < blocks.length; number += 1) {
        const block = blocks[number]
        if (block.at[0] >= end) break
        const { at, used, count } = block
        for (let step = stepAt(block, start); step < count && at[step] < end; step += 1) {
          for (let resource = 0; resource < resources; resource += 1)
            used[step * resources + resource] += needs[resource]
        }
        summarise(block, resources)
      }
    },
  }
}

/** Until then a look at all of them takes no longer. */
const fewBlocks = 4

type Block = {
  /** When each step begins, ascending; the first `count` count. */
  readonly at: Float64Array
  /** Row-major `steps x resources`. */
  readonly used: Float64Array
  /** By resource, of all its steps. */
  readonly least: Float64Array
  readonly most: Float64Array
  count: number
}

const blockSteps = 32

function emptyBlock(resources: number): Block {
  return {
    at: new Float64Array(blockSteps),
    used: new Float64Array(blockSteps * resources),
    least: new Float64Array(resources),
    most: new Float64Array(resources),
    count: 0,
  }
}

/** The step that holds at a time; the first where all begin later. */
const stepAt = ({ at, count }: Block, time: number): number =>
  Math.max(0, firstAbove(at, time, count) - 1)

/** Another step like the one before it: least and most stay what they are. */
function insert(block: Block, step: number, time: number, resources: number): void {
  const { at, used, count } = block
  at.copyWithin(step + 2, step + 1, count)
  used.copyWithin((step + 1) * resources, step * resources, count * resources)
  at[step + 1] = time
  block.count += 1
}

/** Its second half, as a block of its own. */
function halve(block: Block, resources: number): Block {
  const half = blockSteps / 2
  const later = emptyBlock(resources)
  later.at.set(block.at.subarray(half))
  later.used.set(block.used.subarray(half * resources))
  later.count = block.count - half
  block.count = half
  summarise(block, resources)
  summarise(later, resources)
  return later
}

function summarise({ used, least, most, count }: Block, resources: number): void {
  for (let resource = 0; resource < resources; resource += 1) {
    let [low, high] = [used[resource], used[resource]]
    for (let at = resource + resources; at < count * resources; at += resources) {
      if (used[at] < low) low = used[at]
      else if (used[at] > high) high = used[at]
    }
    least[resource] = low
    most[resource] = high
  }
}
