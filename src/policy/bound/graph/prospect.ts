import type { Begun } from './partial.ts'
import type { GraphView } from './view.ts'

/**
 * What a schedule begun can still come to: the least start of every task to be placed, on every
 * class of machines, given what is placed, and whether all can end by a limit. Two arguments say
 * no. A task that would start too late for what must follow it, everywhere: tasks wait for their
 * predecessors, for the work of all of these that is not done yet, and for a machine. And work:
 * what must be done by some time is more than the machines have left until then (Fernandez and
 * Bussell 1973; parts of tasks, Erschler and Lopez 1990).
 */
export type Prospect = {
  readonly view: GraphView
  readonly limit: number
  /** The latest start of each task on each class. */
  readonly latest: Float64Array
  /** The least start, `Infinity` where it is too late; of the last look. */
  readonly head: Float64Array
  readonly firstEnd: Float64Array
  /** The least time of each edge into each class from another; absent where nothing takes any. */
  readonly into: Float64Array | undefined
  readonly byLatest: Int32Array
  readonly byDue: Int32Array
  readonly due: Float64Array
  /** Machines by when they become free from the last start on, and their prices. */
  readonly freeAt: Float64Array
  readonly priceOf: Float64Array
}

export function prospectOf(view: GraphView, limit: number): Prospect {
  const { tasks, classes, rest, times, members } = view
  const due = new Float64Array(tasks).fill(Number.NEGATIVE_INFINITY)
  for (let at = 0; at < rest.length; at += 1) {
    if (times[at] === Number.POSITIVE_INFINITY) continue
    const task = Math.floor(at / classes)
    due[task] = Math.max(due[task], limit - rest[at] + times[at])
  }
  const latest = rest.map(left => limit - left)
  const machines = members.reduce((sum, { length }) => sum + length, 0)
  const by = (of: (task: number) => number) =>
    Int32Array.from(due.keys()).sort((a, b) => of(a) - of(b) || a - b)
  return {
    view,
    limit,
    latest,
    head: new Float64Array(times.length),
    firstEnd: new Float64Array(tasks),
    into: intoOf(view),
    byLatest: by(task => latest[task * classes]),
    byDue: by(task => due[task]),
    due,
    freeAt: new Float64Array(machines),
    priceOf: new Float64Array(machines),
  }
}

/** Whether all tasks may still end by the limit; sets `head`. */
export function isOpen(prospect: Prospect, partial: Begun): boolean {
  setFree(prospect, partial)
  for (const task of prospect.view.order) {
    if (partial.placed[task] === 0 && !setHead(prospect, partial, task)) return false
  }
  return prospect.view.classes === 1
    ? partsFit(prospect, partial.placed)
    : wholesFit(prospect, partial.placed)
}

function setFree({ freeAt, priceOf, view }: Prospect, partial: Begun): void {
  const row = partial.count * partial.machines
  for (let k = 0, used = 0; k < view.classes; k += 1) {
    for (let at = partial.firstOf[k]; at < partial.firstOf[k + 1]; at += 1, used += 1) {
      const time = Math.max(partial.free[row + at], partial.last)
      let to = used
      for (; to > 0 && freeAt[to - 1] > time; to -= 1) {
        freeAt[to] = freeAt[to - 1]
        priceOf[to] = priceOf[to - 1]
      }
      freeAt[to] = time
      priceOf[to] = view.prices[k]
    }
  }
}

function setHead(prospect: Prospect, partial: Begun, task: number): boolean {
  const { head, latest, firstEnd, view } = prospect
  const { classes, times, before, release } = view
  const row = task * classes
  const least = Math.max(
    release[task],
    partial.last,
    partial.pending[task] > 0 ? endOfWork(prospect, partial.pending[task]) : 0,
  )
  for (let k = 0; k < classes; k += 1) {
    const free = partial.free[partial.count * partial.machines + partial.firstOf[k]]
    head[row + k] = Math.max(free, least)
  }
  for (let at = before.first[task]; at < before.first[task + 1]; at += 1) {
    waitFor(prospect, partial, { row, source: before.task[at], edge: before.edge[at] })
  }
  let end = Number.POSITIVE_INFINITY
  for (let at = row; at < row + classes; at += 1) {
    if (head[at] > latest[at] || times[at] === Number.POSITIVE_INFINITY) {
      head[at] = Number.POSITIVE_INFINITY
    } else if (head[at] + times[at] < end) {
      end = head[at] + times[at]
    }
  }
  firstEnd[task] = end
  return end < Number.POSITIVE_INFINITY
}

function waitFor(
  { head, firstEnd, into, view }: Prospect,
  { placed, end, on }: Begun,
  { row, source, edge }: { readonly row: number; readonly source: number; readonly edge: number },
): void {
  const { classes, times, moves } = view
  const there = source * classes
  for (let k = 0; k < classes; k += 1) {
    let arrival: number
    if (placed[source] === 1) {
      arrival = moves
        ? end[source] + moves[(edge * classes + on[source]) * classes + k]
        : end[source]
    } else {
      arrival = firstEnd[source]
      if (into) {
        arrival = Math.min(head[there + k] + times[there + k], arrival + into[edge * classes + k])
      }
    }
    if (arrival > head[row + k]) head[row + k] = arrival
  }
}

/** When the machines can have done so much priced work. */
function endOfWork({ freeAt, priceOf, view }: Prospect, work: number): number {
  let price = 0
  let begun = 0
  let end = 0
  for (let at = 0; at < freeAt.length; at += 1) {
    price += priceOf[at]
    begun += priceOf[at] * freeAt[at]
    end = (work + begun) / price
    if (at + 1 < freeAt.length && end <= freeAt[at + 1]) break
  }
  return view.whole ? Math.ceil(end * (1 - 1e-12)) : end * (1 - 1e-12)
}

/** Tasks due by some time, whole, against what the machines have left until then. */
function wholesFit(
  { byDue, due, freeAt, priceOf, view, limit }: Prospect,
  placed: Uint8Array,
): boolean {
  let work = 0
  for (const task of byDue) {
    if (placed[task] === 1) continue
    work += view.priced[task]
    let room = 0
    for (let at = 0; at < freeAt.length && freeAt[at] < due[task]; at += 1) {
      room += priceOf[at] * (due[task] - freeAt[at])
    }
    if (work > room + limit * 1e-9) return false
  }
  return true
}

/**
 * On machines alike, parts of tasks too: what starts as late as it may has this much done by then.
 * Work and room are straight between latest starts, due times and machines becoming free.
 */
function partsFit(prospect: Prospect, placed: Uint8Array): boolean {
  const { byDue, due, byLatest, latest, freeAt, limit } = prospect
  const tasks = due.length
  let [work, workRate, room, roomRate, now] = [0, 0, 0, 0, 0]
  let [begun, ended, freed] = [0, 0, 0]
  while (ended < tasks) {
    const nextDue = due[byDue[ended]]
    const nextLatest = begun < tasks ? latest[byLatest[begun]] : Number.POSITIVE_INFINITY
    const nextFree = freed < freeAt.length ? freeAt[freed] : Number.POSITIVE_INFINITY
    const next = Math.min(nextDue, nextLatest, nextFree)
    work += workRate * (next - now)
    room += roomRate * (next - now)
    now = next
    if (work > room + limit * 1e-9) return false
    if (next === nextLatest) {
      workRate += 1 - placed[byLatest[begun]]
      begun += 1
    } else if (next === nextFree) {
      roomRate += 1
      freed += 1
    } else {
      workRate -= 1 - placed[byDue[ended]]
      ended += 1
    }
  }
  return true
}

function intoOf({ classes, before, moves }: GraphView): Float64Array | undefined {
  if (!moves) return undefined
  const into = new Float64Array(before.task.length * classes).fill(Number.POSITIVE_INFINITY)
  for (let at = 0; at < moves.length; at += 1) {
    const edge = Math.floor(at / classes ** 2)
    const [a, b] = [Math.floor(at / classes) % classes, at % classes]
    if (a !== b) into[edge * classes + b] = Math.min(into[edge * classes + b], moves[at])
  }
  return into
}
