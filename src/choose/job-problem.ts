import { limits } from '../core/limits.ts'
import { wishOf } from '../core/wishes.ts'
import type { Job, StageSpec } from '../model/job.ts'
import { plainEdges } from '../model/precedence.ts'
import type { Problem, ProblemMachine, ProblemTask } from '../model/problem.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import { type Estimate, lineOf, meanHandover, predict } from '../policy/estimation/least-squares.ts'
import { sharedVariance, spreadOf } from '../policy/estimation/spread.ts'
import { jobStages, type PlannedStage, type StageItems } from './job-stages.ts'

/**
 * A job as a scheduling problem: a task per item and stage, a machine per slot, times as earlier
 * runs learnt them. Items beyond some thousands are planned in chunks, as they would be run.
 */
export function jobProblem(job: Job, given: JobNumbers): JobProblem {
  const { machines, sizes, wishes = new Map<number, Wish>() } = given
  const slots = machines.flatMap(machine => slotsOf(machine, job.stages))
  const { planned, counted } = jobStages(job, sizes.length, given.groups ?? new Map())
  const most = planned.reduce((sum, { items, takes }) => sum + (takes === 'all' ? 0 : items), 0)
  const perTask = Math.max(1, Math.ceil(most / mostTasks))
  const tasks: ProblemTask[] = []
  const times: number[] = []
  const from: number[] = []
  const firstEdge: number[] = [0]
  const own = new Map<string, Planned>()
  for (const stage of planned) {
    const { spec, items, takes, name } = stage
    // Each group waits for all that is before it: in one task each they would be tied by millions of edges.
    const per = takes === 'all' ? Math.ceil(items / (tasksOfGroups * slots.length)) : perTask
    const count = Math.ceil(items / per)
    own.set(name, { first: tasks.length, count, per })
    for (let nth = 0; nth < count; nth += 1) {
      const [begin, end] = [nth * per, Math.min(items, (nth + 1) * per)]
      const chunk = takes === 1 ? sizes.slice(begin, end) : Array<number>(end - begin).fill(1)
      for (const slot of slots) times.push(timeOf(spec, chunk, slot.machine, given.estimates))
      for (const before of stage.after)
        from.push(...tasksBefore(own.get(before), takes, begin, end))
      firstEdge.push(from.length)
      const wish = spec.kind === 'map' ? wishOf(wishes, begin, end - begin) : undefined
      tasks.push(taskOf(job, spec, `${name} ${nth}`, wish))
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
  return { problem, stages: counted, perTask }
}

/** The tasks of a stage: where they begin among all, how many, and of how many items each. */
type Planned = { readonly first: number; readonly count: number; readonly per: number }

/** Those that items `begin` to `end` of the next stage take results of. */
function tasksBefore(
  before: Planned | undefined,
  takes: PlannedStage['takes'],
  begin: number,
  end: number,
): number[] {
  if (before === undefined) return []
  const { first, count, per } = before
  const [low, high] =
    takes === 'all'
      ? [0, count]
      : [Math.floor((begin * takes) / per), Math.min(count, Math.ceil((end * takes) / per))]
  return Array.from({ length: Math.max(0, high - low) }, (_, at) => first + low + at)
}

type JobNumbers = {
  readonly machines: readonly MachineDefinition[]
  /** The size of every item of the input. */
  readonly sizes: readonly number[]
  /** What items bring for themselves, by index; instants count from the start. */
  readonly wishes?: ReadonlyMap<number, Wish>
  readonly estimates: ReadonlyMap<string, StageEstimates>
  /** How many groups stages with `by` had in the last run, by their names. */
  readonly groups?: ReadonlyMap<string, number>
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
  readonly stages: readonly StageItems[]
  readonly perTask: number
}

const mostTasks = 4_000
/** A slot, of a stage with `by`: enough for an even end. */
const tasksOfGroups = 8

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
