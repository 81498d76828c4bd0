import type { Problem } from '../model/problem.ts'

/**
 * The least sum of ends of a problem's tasks, and what each machine is to run for it. `free`: when each machine is
 * through with what runs there already, which stays; where nothing does, bound and search ask for the same, and it is
 * worked out once.
 */
export function leastFlow(problem: Problem, free: Float64Array): LeastFlow | undefined {
  if (problem.underway || free.some(at => at > 0)) return shortestPaths(problem, free)
  const found = fromRest.get(problem) ?? shortestPaths(problem, free)
  if (found !== undefined) fromRest.set(problem, found)
  return found
}

/** By problem, which never changes. */
const fromRest = new WeakMap<Problem, LeastFlow>()

/**
 * The least sum of ends there is, of independent tasks that may all start at once, on machines that take one
 * at a time: the k-th task from a machine's last is waited for k times, so each task chooses a machine and
 * a k, and the whole is an assignment problem (Horn 1973; Bruno, Coffman and Sethi 1974). Solved by shortest
 * augmenting paths, a task at a time (Jonker and Volgenant 1987); a machine's next k comes in once those
 * below it are taken, as nothing is gained by leaving one out. `undefined` where there are too many tasks
 * for that to take a moment only.
 */
function shortestPaths(problem: Problem, free: Float64Array): LeastFlow | undefined {
  const { tasks, machines, times, underway = 0 } = problem
  const count = tasks.length - underway
  if (count * (count + machines.length) > atOnce) return undefined
  const width = machines.length
  const places = count + width
  /** A place's machine, how often its task is waited for, who has it, and its price, of 0 or less. */
  const on = new Int32Array(places)
  const waits = new Int32Array(places)
  const holder = new Int32Array(places).fill(-1)
  const price = new Float64Array(places)
  const worth = new Float64Array(count)
  let open = 0
  const openPlace = (machine: number, nth: number): void => {
    on[open] = machine
    waits[open] = nth
    open += 1
  }
  for (let machine = 0; machine < width; machine += 1) openPlace(machine, 1)

  const costOf = (task: number, place: number): number =>
    free[on[place]] + waits[place] * times[(underway + task) * width + on[place]]

  const distance = new Float64Array(places)
  const cameBy = new Int32Array(places)
  const isDone = new Uint8Array(places)
  /** From a task to the nearest place that nobody has; then everybody on the way moves by one. */
  const admit = (task: number): void => {
    distance.fill(Number.POSITIVE_INFINITY)
    isDone.fill(0)
    let [from, by, far] = [task, -1, 0]
    for (;;) {
      let nearest = -1
      for (let place = 0; place < open; place += 1) {
        if (isDone[place] === 1) continue
        const through = far + costOf(from, place) - worth[from] - price[place]
        if (through < distance[place]) {
          distance[place] = through
          cameBy[place] = by
        }
        if (nearest < 0 || distance[place] < distance[nearest]) nearest = place
      }
      far = distance[nearest]
      if (holder[nearest] < 0) {
        settle(task, nearest, far)
        return
      }
      isDone[nearest] = 1
      by = nearest
      from = holder[nearest]
    }
  }

  const settle = (task: number, last: number, far: number): void => {
    worth[task] += far
    for (let place = 0; place < open; place += 1) {
      if (isDone[place] === 0) continue
      worth[holder[place]] += far - distance[place]
      price[place] -= far - distance[place]
    }
    let place = last
    for (; cameBy[place] >= 0; place = cameBy[place]) holder[place] = holder[cameBy[place]]
    holder[place] = task
    openPlace(on[last], waits[last] + 1)
  }

  for (let task = 0; task < count; task += 1) admit(task)
  const sequences: number[][] = machines.map(() => [])
  for (let place = open - 1; place >= 0; place -= 1)
    if (holder[place] >= 0) sequences[on[place]].push(underway + holder[place])
  return { sequences, bound: boundBy() }

  /** From the prices alone, as any prices give one: every task at its least, less what the places gain. */
  function boundBy(): number {
    let sum = 0
    for (let place = 0; place < open; place += 1) sum += price[place]
    for (let task = 0; task < count; task += 1) {
      let least = Number.POSITIVE_INFINITY
      for (let place = 0; place < open; place += 1)
        least = Math.min(least, costOf(task, place) - price[place])
      sum += least
    }
    return sum
  }
}

export type LeastFlow = {
  /** What each machine is to run, in turn; without what runs there already. */
  readonly sequences: readonly number[][]
  /** No sum of ends of these tasks is below. */
  readonly bound: number
}

/** Tasks times places: some tens of milliseconds. */
const atOnce = 100_000
