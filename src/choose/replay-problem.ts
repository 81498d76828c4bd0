import type { Job, Objective } from '../model/job.ts'
import { plainEdges } from '../model/precedence.ts'
import type { Problem, ProblemTask } from '../model/problem.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { Wish } from '../model/wish.ts'
import type { HistoryBatch } from '../port/journal.ts'
import { passesOn } from './job-problem.ts'

/**
 * A recorded run as a problem: each item of each stage takes what it was measured to take where it
 * ran, and on machines of another speed what that speed makes of it. Only answered items count, and
 * of each the attempt that ended well.
 */
export function replayProblem(run: RecordedRun): Replay {
  const slots = run.machines.flatMap(machine =>
    Array.from({ length: machine.slots ?? 1 }, (_, slot) => ({ machine, slot })),
  )
  const speedOf = new Map(run.machines.map(({ id, speed }) => [id, speed]))
  const measured = measuredItems(run)
  const order = stagesInOrder(run.job)
  const tasks = order.flatMap(({ name }) => measured.get(name) ?? [])
  const taskAt = new Map(tasks.map((task, at) => [`${task.stage}\u0000${task.index}`, at]))
  const from: number[] = []
  const firstEdge = [0]
  for (const task of tasks) {
    const stage = order.find(({ name }) => name === task.stage)
    for (const name of stage?.after ?? []) {
      const before = measured.get(name) ?? []
      const needed = stage?.kind === 'map' ? before.filter(at => at.index === task.index) : before
      for (const { index } of needed) from.push(taskAt.get(`${name}\u0000${index}`) ?? 0)
    }
    firstEdge.push(from.length)
  }
  const problem: Problem = {
    name: `${run.job.name}, run ${run.name}`,
    unit: 's',
    machines: slots.map(({ machine, slot }) => ({
      id: machine.slots === 1 ? machine.id : `${machine.id}/${slot}`,
      speed: machine.speed,
      capacity: undefined,
      cost: machine.cost,
    })),
    tasks: tasks.map(task => taskOf(run, task)),
    times: Float64Array.from(
      tasks.flatMap(({ machine, micros }) =>
        slots.map(slot => {
          const speed = (speedOf.get(machine) ?? 1) / slot.machine.speed
          return Math.round(slot.machine.id === machine ? micros : micros * speed) / 1e6
        }),
      ),
    ),
    edges: plainEdges(firstEdge, from),
    network: undefined,
  }
  const isEstimated = (task: number, slot: number) =>
    slots[slot] !== undefined && slots[slot].machine.id !== tasks[task].machine
  const { name, job, seconds, isAtWork, leftOut, departed } = run
  const { objective } = job
  return { run: name, problem, objective, seconds, isAtWork, leftOut, departed, isEstimated }
}

type RecordedRun = {
  readonly name: string
  readonly job: Job
  readonly machines: readonly MachineDefinition[]
  /** Of these, what left before the run's end; a schedule uses it from beginning to end. */
  readonly departed: readonly string[]
  readonly history: readonly HistoryBatch[]
  /** From its first start to its last end so far, pauses left out. */
  readonly seconds: number
  /** It has not ended: what is still to come is in no problem. */
  readonly isAtWork: boolean
  /** Items that ended without a result. */
  readonly leftOut: number
  /** What items brought for themselves, by index; instants count from the run's submission. */
  readonly wishes?: ReadonlyMap<number, Wish>
}

export type Replay = {
  /** The run's own name. */
  readonly run: string
  readonly problem: Problem
  /** The job's own. */
  readonly objective: Objective
  /** What the run itself took, so far if it is still at work. */
  readonly seconds: number
  readonly isAtWork: boolean
  /** Items that have no place in the problem: they ended without a result. */
  readonly leftOut: number
  /** Machines that left before the run's end; a schedule uses them from beginning to end. */
  readonly departed: readonly string[]
  /** Whether the time of a task on a problem's machine was not measured there. */
  readonly isEstimated: (task: number, machine: number) => boolean
}

type Measured = {
  readonly stage: string
  readonly index: number
  readonly machine: string
  readonly micros: number
}

function taskOf({ job, wishes }: RecordedRun, { stage, index }: Measured): ProblemTask {
  const spec = job.stages.find(({ name }) => name === stage)
  const own = spec?.kind === 'map' ? wishes?.get(index) : undefined
  const { due = job.due, notBefore = 0, weight = 1 } = own ?? {}
  return {
    id: `${index} ${stage}`,
    needs: undefined,
    release: notBefore / 1e6,
    due: due === undefined ? Number.POSITIVE_INFINITY : due / 1e6,
    weight,
    priority: 0,
    ...(spec !== undefined && passesOn(job, spec) && { passesOn: true }),
  }
}

function measuredItems({ history }: RecordedRun): Map<string, Measured[]> {
  const byStage = new Map<string, Map<number, Measured>>()
  for (const batch of history) {
    const { stage } = batch
    const items = byStage.get(stage) ?? new Map<number, Measured>()
    byStage.set(stage, items)
    for (let at = 0; at < batch.indexes.length; at += 1) {
      if (batch.outcomes[at] !== 'done') continue
      const count = batch.counts[at]
      const micros = (batch.ends[at] - batch.starts[at]) / count
      for (let nth = 0; nth < count; nth += 1) {
        const index = batch.indexes[at] + nth
        items.set(index, { stage, index, machine: batch.machines[at], micros })
      }
    }
  }
  return new Map(
    [...byStage].map(([name, items]) => [
      name,
      [...items.values()].sort((a, b) => a.index - b.index),
    ]),
  )
}

/** Each stage after those it follows. */
function stagesInOrder(job: Job): Job['stages'][number][] {
  const order: Job['stages'][number][] = []
  for (let grown = true; grown; ) {
    grown = false
    for (const stage of job.stages) {
      if (order.includes(stage)) continue
      if (!stage.after.every(name => order.some(before => before.name === name))) continue
      order.push(stage)
      grown = true
    }
  }
  return order
}
