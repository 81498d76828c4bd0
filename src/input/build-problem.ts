import { plural } from '../std/units.ts'
import { findCycle } from '../model/precedence.ts'
import { amountOf, type Precedence, type Problem } from '../model/problem.ts'
import { buildNetwork } from './build-network.ts'
import { type PlaceOfTime, requireExact, requireSums } from './exact.ts'
import { badInput } from './input-error.ts'
import { didYouMean } from './nearest.ts'
import type { ProblemPart } from './problem.ts'

/**
 * From checked shapes to a dense problem: names become indices, and everything that only shows when
 * the parts meet is refused here, with the place and what was expected. Machines and network may come
 * from a file of their own, which is then their place.
 */
export function buildProblem(
  part: ProblemPart,
  place: string,
  { machinesPlace = place, lists = ownLists }: BuildOptions = {},
): Problem {
  const machines = part.machines.map(machine => ({
    id: machine.id,
    speed: machine.speed ?? 1,
    capacity: machine.capacity,
    cost: machine.cost ?? 0,
  }))
  const tasks = part.tasks.map(task => ({
    id: task.id,
    needs: task.needs,
    release: task.release ?? 0,
    due: task.due ?? Number.POSITIVE_INFINITY,
    weight: task.weight ?? 1,
    priority: task.priority ?? 0,
  }))
  const taskAt = `${place}: ${lists.tasks}`
  const machineIndex = indexIds(machines, {
    ...{ at: machinesPlace, list: lists.machines, id: lists.machineId },
  })
  const taskIndex = indexIds(tasks, { at: place, list: lists.tasks, id: 'id' })
  const edges = buildEdges(part, taskIndex, taskAt)
  const problem = {
    name: part.name ?? 'problem',
    unit: part.unit ?? 's',
    machines,
    tasks,
    times: buildTimes(part, taskAt),
    edges,
    network: buildNetwork(part, { machineIndex, edges, place: machinesPlace }),
  }
  const hasFields = lists === ownLists
  requireExact(problem, longest =>
    longest ? placeOfTime(part, longest, { taskAt, hasFields }) : place,
  )
  requireSums(problem, place, machinesPlace)
  return problem
}

type BuildOptions = { readonly machinesPlace?: string; readonly lists?: Lists }

/** What a file calls its lists, so that errors name places that are in it. */
export type Lists = {
  readonly tasks: string
  readonly machines: string
  readonly machineId: string
}

const ownLists: Lists = { tasks: 'tasks', machines: 'machines', machineId: 'id' }

/** The task alone in files of other formats, which have its times elsewhere. */
function placeOfTime(
  part: ProblemPart,
  { task, kind, at }: PlaceOfTime,
  { taskAt, hasFields }: { readonly taskAt: string; readonly hasFields: boolean },
): string {
  const { id, times } = part.tasks[task]
  if (!hasFields) return `${taskAt}[${task}] (${id})`
  const time = times ? `times[${at}]` : 'work'
  const field = kind === 'time' ? time : kind === 'release' ? 'release' : `after[${at}]`
  return `${taskAt}[${task}].${field} (${id})`
}

function indexIds(
  entries: readonly { readonly id: string }[],
  named: { readonly at: string; readonly list: string; readonly id: string },
): Map<string, number> {
  const index = new Map<string, number>()
  for (const [at, { id }] of entries.entries()) {
    const first = index.get(id)
    if (first !== undefined) {
      throw badInput(
        `${named.at}: ${named.list}[${at}].${named.id}`,
        `${JSON.stringify(id)} is already the ${named.id} of ${named.list}[${first}]`,
        'a different id for each',
      )
    }
    index.set(id, at)
  }
  return index
}

function buildEdges(part: ProblemPart, taskIndex: Map<string, number>, taskAt: string): Precedence {
  const count = part.tasks.reduce((sum, task) => sum + (task.after?.length ?? 0), 0)
  const firstEdge = new Int32Array(part.tasks.length + 1)
  const from = new Int32Array(count)
  const bytes = new Float64Array(count)
  const time = new Float64Array(count).fill(Number.NaN)
  let edge = 0
  for (const [task, { id, after = [] }] of part.tasks.entries()) {
    for (const [at, entry] of after.entries()) {
      const dependency = typeof entry === 'string' ? { task: entry } : entry
      const where = `${taskAt}[${task}].after[${at}] (${id})`
      const predecessor = taskIndex.get(dependency.task)
      if (predecessor === undefined) {
        const hint = didYouMean(dependency.task.slice(0, 200), [...taskIndex.keys()])
        throw badInput(
          where,
          `no task ${JSON.stringify(dependency.task)}${hint}`,
          'the id of a task',
        )
      }
      if (dependency.bytes !== undefined && dependency.time !== undefined) {
        throw badInput(where, 'both bytes and time are given', 'one of them')
      }
      from[edge] = predecessor
      if (dependency.bytes !== undefined) bytes[edge] = dependency.bytes
      if (dependency.time !== undefined) time[edge] = dependency.time
      edge += 1
    }
    firstEdge[task + 1] = edge
  }
  const edges = { firstEdge, from, bytes, time }
  const cycle = findCycle(edges)
  if (cycle !== undefined)
    throw cyclic(
      cycle.map(task => part.tasks[task].id),
      taskAt,
    )
  return edges
}

const CYCLE_NAMES = 12

function cyclic(ids: readonly string[], taskAt: string) {
  const shown = ids.slice(0, CYCLE_NAMES)
  const rest = ids.length > shown.length ? [`(${ids.length - shown.length} more)`] : []
  return badInput(
    taskAt,
    `a cycle: ${[...shown, ...rest, ids[0]].join(' -> ')}`,
    'tasks that do not wait for themselves',
  )
}

function buildTimes(part: ProblemPart, taskAt: string): Float64Array {
  const machines = part.machines
  const times = new Float64Array(part.tasks.length * machines.length)
  for (const [task, { id, times: given, work, needs }] of part.tasks.entries()) {
    const where = `${taskAt}[${task}] (${id})`
    if (given === undefined && work === undefined) {
      throw badInput(where, 'neither work nor times', 'work, or a processing time per machine')
    }
    if (given !== undefined && given.length !== machines.length) {
      throw badInput(
        where,
        plural(given.length, 'time'),
        `one for each of ${plural(machines.length, 'machine')}`,
      )
    }
    let runnable = false
    for (const [machine, { speed = 1, capacity }] of machines.entries()) {
      const raw = given === undefined ? (work as number) / speed : given[machine]
      const fits = raw !== null && lacking(needs, capacity) === undefined
      times[task * machines.length + machine] = fits ? raw : Number.POSITIVE_INFINITY
      if (fits && raw < Number.POSITIVE_INFINITY) runnable = true
    }
    if (!runnable) {
      const reasons = machines.map(machine => `  ${machine.id}: ${refusal(part, task, machine)}`)
      const shown = reasons.slice(0, 20)
      if (reasons.length > shown.length) shown.push(`  and ${reasons.length - shown.length} more`)
      throw badInput(where, `no machine can run it:\n${shown.join('\n')}`)
    }
  }
  return times
}

type Amounts = Readonly<Record<string, number>> | undefined

/** The first resource a machine offers too little of. A machine without capacity takes any task. */
function lacking(needs: Amounts, capacity: Amounts): string | undefined {
  if (needs === undefined || capacity === undefined) return undefined
  return Object.keys(needs).find(resource => needs[resource] > amountOf(capacity, resource))
}

function refusal(
  part: ProblemPart,
  task: number,
  machine: ProblemPart['machines'][number],
): string {
  const { needs = {}, times } = part.tasks[task]
  const resource = lacking(needs, machine.capacity)
  if (resource !== undefined && machine.capacity !== undefined) {
    const offers = amountOf(machine.capacity, resource)
    return `needs ${resource} ${needs[resource]}, has ${offers}`
  }
  const at = part.machines.indexOf(machine)
  return times?.[at] === null ? `times[${at}] is null` : 'its processing time is not finite'
}
