import * as z from 'zod'
import type { Problem } from '../model/problem.ts'
import { buildProblem, type Lists } from './build-problem.ts'
import { badInput } from './input-error.ts'
import { checkShape } from './json.ts'
import { didYouMean } from './nearest.ts'
import type { MachinesPart, ProblemPart } from './problem.ts'

/**
 * WfFormat 1.5 (WfCommons): a recorded workflow execution as a problem.
 *
 * Work is the recorded run time, so a machine of speed 1 is one as fast as those recorded. An edge
 * moves the files its parent writes and its child reads. Fields the problem has no use for are
 * ignored: the format carries much that is about provenance.
 */
export function wfformatProblem(
  json: unknown,
  options: { place: string; name: string; machines?: MachinesPart; machinesPlace?: string },
): Problem {
  const { place } = options
  const version =
    json !== null && typeof json === 'object' && 'schemaVersion' in json
      ? json.schemaVersion
      : '1.5'
  if (version !== '1.5') {
    throw badInput(`${place}: schemaVersion`, `found ${JSON.stringify(version)}`, '"1.5"')
  }
  const { workflow } = checkShape(instanceShape, json, { place, fields: {} })
  const machines = options.machines ?? recordedMachines(workflow.execution.machines, place)
  const countsCpus = machines.machines.some(machine => machine.capacity?.cpu !== undefined)
  const part: ProblemPart = {
    name: options.name,
    unit: 's',
    machines: machines.machines,
    network: machines.network,
    tasks: workflowTasks(workflow, countsCpus, place),
    reference: undefined,
  }
  if (options.machines === undefined) requireNetwork(part, place)
  const lists = options.machines === undefined ? ownLists : { ...ownLists, ...givenMachines }
  return buildProblem(part, place, { machinesPlace: options.machinesPlace, lists })
}

const ownLists: Lists = {
  tasks: 'workflow.specification.tasks',
  machines: 'workflow.execution.machines',
  machineId: 'nodeName',
}
const givenMachines = { machines: 'machines', machineId: 'id' }

/** True for anything that means to be WfFormat, whatever its version. */
export function looksLikeWfformat(json: unknown): boolean {
  return (
    json !== null && typeof json === 'object' && ('workflow' in json || 'schemaVersion' in json)
  )
}

const count = (expected: string) => z.number({ error: expected }).min(0, { error: expected })
const names = z.array(z.string({ error: 'a string' }), { error: 'a list of ids' }).optional()
const id = z.string({ error: 'an id: a string' })

const instanceShape = z.object({
  workflow: z.object(
    {
      specification: z.object(
        {
          tasks: z
            .array(
              z.object({
                id,
                parents: names,
                children: names,
                inputFiles: names,
                outputFiles: names,
              }),
              { error: 'a list of tasks' },
            )
            .min(1, { error: 'at least one task' }),
          files: z
            .array(z.object({ id, sizeInBytes: count('a size in bytes: a number from 0') }))
            .optional(),
        },
        { error: 'the tasks and files of a workflow' },
      ),
      execution: z.object(
        {
          tasks: z.array(
            z.object({
              id,
              runtimeInSeconds: count('a run time: a number from 0'),
              coreCount: count('a number of cores').optional(),
            }),
            { error: 'a list of recorded tasks' },
          ),
          machines: z
            .array(
              z.object({
                nodeName: id,
                cpu: z
                  .object({
                    coreCount: count('a number of cores').optional(),
                    speedInMHz: count('a clock speed').optional(),
                  })
                  .optional(),
              }),
              { error: 'a list of machines' },
            )
            .optional(),
        },
        { error: 'the recorded run times (a workflow that never ran has no processing times)' },
      ),
    },
    { error: 'a workflow' },
  ),
})

type Workflow = z.infer<typeof instanceShape>['workflow']

function workflowTasks(
  workflow: Workflow,
  countsCpus: boolean,
  place: string,
): ProblemPart['tasks'] {
  const { tasks, files = [] } = workflow.specification
  const index = new Map(tasks.map((task, at) => [task.id, at]))
  const sizes = byId(files, {
    where: `${place}: workflow.specification.files`,
    same: (a, b) => a.sizeInBytes === b.sizeInBytes,
  })
  const recordedAt = `${place}: workflow.execution.tasks`
  const recorded = byId(workflow.execution.tasks, {
    where: recordedAt,
    same: (a, b) => a.runtimeInSeconds === b.runtimeInSeconds && a.coreCount === b.coreCount,
  })
  workflow.execution.tasks.forEach(task => {
    taskAt(task.id, index, recordedAt)
  })
  const parents = tasks.map((task, at) => {
    const where = `${place}: workflow.specification.tasks[${at}]`
    return new Set((task.parents ?? []).map(parent => taskAt(parent, index, `${where}.parents`)))
  })
  for (const [at, task] of tasks.entries()) {
    const where = `${place}: workflow.specification.tasks[${at}].children`
    for (const child of task.children ?? []) parents[taskAt(child, index, where)].add(at)
  }
  return tasks.map((task, at) => {
    const execution = recorded.get(task.id)
    if (execution === undefined) {
      throw badInput(
        recordedAt,
        `no recorded run time of ${task.id}`,
        'an entry with runtimeInSeconds for every task',
      )
    }
    const inputs = new Set(
      task.inputFiles?.map((file, input) => {
        const inputAt = `${place}: workflow.specification.tasks[${at}].inputFiles[${input}]`
        return fileAt(file, sizes, inputAt)
      }),
    )
    return {
      id: task.id,
      work: execution.runtimeInSeconds,
      needs: countsCpus ? { cpu: execution.coreCount ?? 1 } : undefined,
      after: [...parents[at]].map(parent => ({
        task: tasks[parent].id,
        bytes: sharedBytes(tasks[parent].outputFiles, inputs, sizes),
      })),
    }
  })
}

/** Entries by their id; a repeat is one only if it says the same. */
function byId<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  { where, same }: { readonly where: string; readonly same: (a: Entry, b: Entry) => boolean },
): ReadonlyMap<string, Entry> {
  const found = new Map<string, Entry>()
  for (const [at, entry] of entries.entries()) {
    const earlier = found.get(entry.id)
    if (earlier !== undefined && !same(earlier, entry)) {
      throw badInput(
        `${where}[${at}].id`,
        `${JSON.stringify(entry.id)} is there already, and says something else`,
        'one entry for each (a repeat must be equal)',
      )
    }
    found.set(entry.id, entry)
  }
  return found
}

type Sizes = ReadonlyMap<string, { readonly sizeInBytes: number }>

/** Outputs may name files that are not listed, where nobody reads them. */
function sharedBytes(
  outputs: readonly string[] | undefined,
  inputs: ReadonlySet<string>,
  sizes: Sizes,
): number {
  let bytes = 0
  for (const file of new Set(outputs))
    if (inputs.has(file)) bytes += sizes.get(file)?.sizeInBytes ?? 0
  return bytes
}

function fileAt(name: string, sizes: Sizes, where: string): string {
  if (sizes.has(name)) return name
  const hint = didYouMean(name.slice(0, 200), [...sizes.keys()])
  throw badInput(
    where,
    `no file ${JSON.stringify(name)}${hint}`,
    'the id of an entry of workflow.specification.files, which states its size',
  )
}

function taskAt(name: string, index: ReadonlyMap<string, number>, where: string): number {
  const at = index.get(name)
  if (at !== undefined) return at
  const hint = didYouMean(name.slice(0, 200), [...index.keys()])
  throw badInput(where, `no task ${JSON.stringify(name)}${hint}`, 'the id of a task')
}

/** The machines of the recording: speeds relative to the slowest clock, one cpu per core. */
function recordedMachines(
  recorded: Workflow['execution']['machines'],
  place: string,
): MachinesPart {
  if (recorded === undefined || recorded.length === 0) {
    throw badInput(
      `${place}: workflow.execution.machines`,
      'no machines in the file',
      '--machines FILE with machines and their network',
    )
  }
  const clocks = recorded.map(machine => machine.cpu?.speedInMHz ?? 0).filter(clock => clock > 0)
  const slowest = clocks.length === recorded.length ? Math.min(...clocks) : undefined
  return {
    machines: recorded.map(({ nodeName, cpu }) => ({
      id: nodeName,
      speed: slowest === undefined ? 1 : (cpu?.speedInMHz ?? slowest) / slowest,
      capacity: { cpu: cpu?.coreCount ?? 1 },
    })),
  }
}

function requireNetwork(part: ProblemPart, place: string): void {
  const moves = part.tasks.some(task =>
    task.after?.some(entry => typeof entry !== 'string' && (entry.bytes ?? 0) > 0),
  )
  if (part.machines.length === 1 || !moves) return
  throw badInput(
    `${place}: workflow.execution.machines`,
    `${part.machines.length} machines exchange files, and the format states no bandwidth`,
    '--machines FILE with machines and a network, like ' +
      '{"machines": [{"id": "m0"}], "network": {"bandwidth": 125000000}}',
  )
}
