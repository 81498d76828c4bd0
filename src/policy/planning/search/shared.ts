import { amountOf, type Problem } from '../../../model/problem.ts'

/**
 * Machines that run several tasks at once, laid out for a search that fills them anew for every
 * schedule it looks at: what is in use, as a step function of time by machine, in flat arrays. A
 * machine without capacity beside them is one that every task needs whole.
 */
export type Shared = {
  /** Resources named by any task, and last the machine as a whole. */
  readonly resources: number
  /** Row-major `tasks x resources`. */
  readonly needs: Float64Array
  /** Row-major `machines x resources`. */
  readonly room: Float64Array
  readonly lines: readonly Line[]
}

/**
 * `used` row k holds from `at[k]` to `at[k + 1]`; the last one holds for ever, and nothing is in use then. A step
 * that ends where it begins tells what is in use at that instant, tasks of no duration included.
 */
type Line = {
  at: Float64Array
  used: Float64Array
  count: number
  /** Nothing fits before this step. */
  open: number
  /** The least need of any task, by resource, taken from the room. */
  readonly full: Float64Array
}

/** `undefined` where every machine runs one task at a time. */
export function sharedOf(problem: Problem): Shared | undefined {
  const { tasks, machines } = problem
  if (machines.every(({ capacity }) => capacity === undefined)) return undefined
  const names = [...new Set(tasks.flatMap(({ needs }) => Object.keys(needs ?? {})))].sort()
  const resources = names.length + 1
  const needs = Float64Array.from(
    tasks.flatMap(task => [...names.map(n => amountOf(task.needs, n)), 1]),
  )
  const unlimited = Number.POSITIVE_INFINITY
  const room = Float64Array.from(
    machines.flatMap(({ capacity }) =>
      capacity === undefined
        ? [...names.map(() => unlimited), ROUNDING]
        : [...names.map(name => amountOf(capacity, name) * ROUNDING), unlimited],
    ),
  )
  const least = new Float64Array(resources).fill(unlimited)
  for (let at = 0; at < needs.length; at += 1) {
    least[at % resources] = Math.min(least[at % resources], needs[at])
  }
  const lines = machines.map((_, on): Line => {
    const own = room.subarray(on * resources, (on + 1) * resources)
    const full = own.map((most, at) => most - least[at])
    return {
      at: new Float64Array(16),
      used: new Float64Array(16 * resources),
      count: 1,
      open: 0,
      full,
    }
  })
  return { resources, needs, room, lines }
}

/** 0.1 + 0.2 must fit 0.3. */
const ROUNDING = 1 + 1e-9

export function emptyLines({ lines, resources }: Shared): void {
  for (const line of lines) {
    line.count = 1
    line.open = 0
    line.at[0] = 0
    line.used.fill(0, 0, resources)
  }
}

/** The first start from `ready` on at which the task fits for so long, or for that instant. */
export function earliestFit(
  shared: Shared,
  on: number,
  { task, ready, time }: { readonly task: number; readonly ready: number; readonly time: number },
): number {
  const line = shared.lines[on]
  const { at, count } = line
  let step = Math.max(line.open, stepAt(line, ready))
  let start = Math.max(ready, at[step])
  if (time === 0) {
    while (!fits(shared, on, step, task)) step += 1
    return Math.max(ready, at[step])
  }
  for (; step < count && at[step] < start + time; step += 1) {
    if (!fits(shared, on, step, task)) start = at[step + 1]
  }
  return start
}

export function occupy(
  shared: Shared,
  on: number,
  { task, start, end }: { readonly task: number; readonly start: number; readonly end: number },
): void {
  const line = shared.lines[on]
  const { resources, needs } = shared
  const first = split(line, start, resources)
  const last = start === end ? insert(line, first, start, resources) : split(line, end, resources)
  // Of an instant where the task ends it is not a part.
  for (let step = first; step < last && (start === end || line.at[step] < end); step += 1) {
    for (let r = 0; r < resources; r += 1) {
      line.used[step * resources + r] += needs[task * resources + r]
    }
  }
  while (line.open < line.count - 1 && isFull(line, resources)) line.open += 1
}

function fits({ resources, needs, room, lines }: Shared, on: number, step: number, task: number) {
  const { used } = lines[on]
  for (let r = 0; r < resources; r += 1) {
    if (used[step * resources + r] + needs[task * resources + r] > room[on * resources + r]) {
      return false
    }
  }
  return true
}

function isFull({ used, open, full }: Line, resources: number): boolean {
  for (let r = 0; r < resources; r += 1) if (used[open * resources + r] > full[r]) return true
  return false
}

/** The step that holds at a time; times are no earlier than the first. */
function stepAt({ at, count }: Line, time: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (at[middle] <= time) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

/** The step that begins at a time, made if there is none. */
function split(line: Line, time: number, resources: number): number {
  const step = stepAt(line, time)
  return line.at[step] === time ? step : insert(line, step, time, resources)
}

/** Another step after this one, and like it, from a time on. */
function insert(line: Line, step: number, time: number, resources: number): number {
  if (line.count === line.at.length) grow(line)
  const { at, used, count } = line
  at.copyWithin(step + 2, step + 1, count)
  used.copyWithin((step + 1) * resources, step * resources, count * resources)
  at[step + 1] = time
  line.count += 1
  return step + 1
}

function grow(line: Line): void {
  const at = new Float64Array(line.at.length * 2)
  const used = new Float64Array(line.used.length * 2)
  at.set(line.at)
  used.set(line.used)
  line.at = at
  line.used = used
}
