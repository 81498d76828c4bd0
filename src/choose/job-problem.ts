import { limits } from '../core/limits.ts'
import { wishOf } from '../core/wishes.ts'
import type { Job, StageSpec } from '../model/job.ts'
import { plainEdges } from '../model/precedence.ts'
import type { Problem, ProblemMachine, ProblemTask } from '../model/problem.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import { type Estimate, lineOf, meanHandover, predict } from '../policy/estimation/least-squares.ts'
import { sharedVariance, spreadOf } from '../policy/estimation/spread.ts'

/**
 * A job as a scheduling problem: a task per item and stage, a machine per slot, times as earlier
 * runs learnt them. Items beyond some thousands are planned in chunks, as they would be run.
 */
export function jobProblem(job: Job, given: JobNumbers): JobProblem {
  const { machines, sizes, wishes = new Map<number, Wish>() } = given
  const slots = machines.flatMap(machine => slotsOf(machine, job.stages))
  const stages = stageNumbers(job, sizes.length)
  const most = stages.reduce((sum, { items }) => sum + items, 0)
  const perTask = Math.max(1, Math.ceil(most / mostTasks))
  const tasks: ProblemTask[] = []
  const times: number[] = []
  const from: number[] = []
  const firstEdge: number[] = [0]
  const own = new Map<string, { readonly first: number; readonly count: number }>()
  for (const { spec, items, link } of stages) {
    const per = link === 'gather' ? 1 : perTask
    const count = Math.ceil(items / per)
    own.set(spec.name, { first: tasks.length, count })
    for (let nth = 0; nth < count; nth += 1) {
      const chunk =
        link === 'gather' ? [1] : sizesOf(sizes, nth * per, Math.min(items, (nth + 1) * per))
      for (const slot of slots) times.push(timeOf(spec, chunk, slot.machine, given.estimates))
      for (const name of spec.after) {
        const before = own.get(name) ?? { first: 0, count: 0 }
        if (link === 'item' && nth < before.count) from.push(before.first + nth)
        else if (link === 'gather') {
          for (let at = 0; at < before.count; at += 1) from.push(before.first + at)
        }
      }
      firstEdge.push(from.length)
      const end = Math.min(items, (nth + 1) * per)
      const wish = link === 'item' ? wishOf(wishes, nth * per, end - nth * per) : undefined
      tasks.push(taskOf(job, spec, `${spec.name} ${nth}`, wish))
    }
  }
  const problem: Problem = {
    name: job.name,
    unit: 's',
    machines: slots.map(({ machine, slot }) => machineOf(machine, slot)),
    tasks,
    times: Float64Array.from(times),
    edges: plainEdges(firstEdge, from),
    network: undefined,
  }
  return { problem, stages: stages.map(({ spec, items }) => ({ name: spec.name, items })), perTask }
}

type JobNumbers = {
  readonly machines: readonly MachineDefinition[]
  /** The size of every item of the input. */
  readonly sizes: readonly number[]
  /** What items bring for themselves, by index; instants count from the start. */
  readonly wishes?: ReadonlyMap<number, Wish>
  readonly estimates: ReadonlyMap<string, StageEstimates>
}

export type StageEstimates = {
  readonly pooled: Estimate
  readonly machines: ReadonlyMap<string, Estimate>
  /** Mean time on a slot between one item and the next that no item took. */
  readonly handover?: Estimate
  /** Micros until a slot that has not run the stage begins with its first item. */
  readonly loading?: number
}

export type JobProblem = {
  readonly problem: Problem
  readonly stages: readonly { readonly name: string; readonly items: number }[]
  readonly perTask: number
}

const mostTasks = 4_000

type Slot = { readonly machine: MachineDefinition; readonly slot: number }

/** As many as the neediest stage leaves room for: a plan with fewer slots can always be run. */
function slotsOf(machine: MachineDefinition, stages: readonly StageSpec[]): Slot[] {
  let count = machine.slots ?? Number.POSITIVE_INFINITY
  for (const { needs } of stages) {
    for (const [name, need] of Object.entries(needs)) {
      const offered = machine.capacity[name] ?? 0
      if (need > 0 && offered >= need) count = Math.min(count, Math.floor(offered / need))
    }
  }
  const slots = Number.isFinite(count) ? count : 1
  return Array.from({ length: slots }, (_, slot) => ({ machine, slot }))
}

type Link = 'item' | 'gather'

function stageNumbers(job: Job, input: number) {
  const known = new Map<string, number>()
  const found: { spec: StageSpec; items: number; link: Link }[] = []
  let left = [...job.stages]
  while (left.length > 0) {
    const ready = left.filter(({ after }) => after.every(name => known.has(name)))
    if (ready.length === 0) break
    for (const spec of ready) {
      const before = spec.after[0]
      const link: Link = spec.kind === 'map' ? 'item' : 'gather'
      const items = link === 'gather' ? 1 : before === undefined ? input : (known.get(before) ?? 0)
      known.set(spec.name, items)
      found.push({ spec, items, link })
    }
    left = left.filter(spec => !known.has(spec.name))
  }
  return found
}

const sizesOf = (sizes: readonly number[], from: number, to: number): readonly number[] =>
  sizes.slice(from, to)

/** Seconds; `Infinity` where the stage needs more than the machine has. */
function timeOf(
  spec: StageSpec,
  sizes: readonly number[],
  machine: MachineDefinition,
  estimates: JobNumbers['estimates'],
): number {
  const fits = Object.entries(spec.needs).every(
    ([name, need]) => need <= (machine.capacity[name] ?? 0),
  )
  if (!fits) return Number.POSITIVE_INFINITY
  const learnt = estimates.get(spec.name)
  if (learnt === undefined) return 0
  const own = learnt.machines.get(machine.id)
  const between = learnt.handover === undefined ? 0 : meanHandover(learnt.handover)
  const micros = sizes.reduce(
    (sum, size) =>
      sum +
      between +
      (own !== undefined && own.n >= enough
        ? predict(own, size)
        : predict(learnt.pooled, size) / machine.speed),
    0,
  )
  return Math.max(0, Math.round(micros)) / 1e6
}

/** Samples of one machine before they count more than those of all machines together, as in the core. */
const enough = 5

function taskOf(job: Job, spec: StageSpec, id: string, wish: Wish | undefined): ProblemTask {
  const { due = job.due, notBefore = 0, weight = 1, priority = 0 } = wish ?? {}
  return {
    id,
    needs: undefined,
    release: notBefore / 1e6,
    due: due === undefined ? Number.POSITIVE_INFINITY : due / 1e6,
    weight,
    priority: job.priority + priority,
    ...(passesOn(job, spec) && { passesOn: true }),
  }
}

/** Whether another stage goes on with the stage's items, one by one. */
export const passesOn = (job: Job, { name, kind }: StageSpec): boolean =>
  kind === 'map' && job.stages.some(next => next.kind === 'map' && next.after.includes(name))

function machineOf({ id, speed, slots, cost }: MachineDefinition, slot: number): ProblemMachine {
  return { id: slots === 1 ? id : `${id}/${slot}`, speed, capacity: undefined, cost }
}

/**
 * How far durations stray from their estimates, as a coefficient of variation, and how far the
 * estimates themselves may be off, which moves all tasks together. Of few observations, of one after
 * all, both are drawn towards what is assumed before any: that they agree may be chance.
 */
export function uncertaintyOf(estimates: JobNumbers['estimates'], items?: Items): Uncertainty {
  let [strayed, common, weight] = [0, 0, 0]
  for (const [name, { pooled, machines }] of estimates) {
    const { echo, variation: judged } = spreadOf(machines.values())
    const variation = Math.min(2, Math.max(judged, residualOf(pooled)))
    strayed += variation * pooled.time
    // The box may have changed since; where no count was stored, about as many items as were learnt from.
    const seen = Math.min(limits.recalled, pooled.n)
    const shared = sharedVariance(echo, seen, items?.get(name) ?? pooled.n)
    common += variation * Math.sqrt(shared) * pooled.time
    weight += pooled.time
  }
  return weight > 0 ? { noise: strayed / weight, common: common / weight } : { noise: 0, common: 0 }
}

/** How many a stage has, by its name. */
type Items = ReadonlyMap<string, number>

export type Uncertainty = { readonly noise: number; readonly common: number }

/** Standard deviation around the fitted line, over the mean. */
function residualOf(estimate: Estimate): number {
  const { n, size, time, sizeSize, sizeTime, timeTime } = estimate
  if (n < 2 || time <= 0) return 0
  const { intercept: a, slope: b } = lineOf(estimate)
  const squares =
    timeTime - 2 * (a * time + b * sizeTime) + a * a * n + 2 * a * b * size + b * b * sizeSize
  return Math.sqrt(Math.max(0, squares) / (n - 1)) / (time / n)
}
