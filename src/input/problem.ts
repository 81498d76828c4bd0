import * as z from 'zod'
import type { Problem } from '../model/problem.ts'
import { buildProblem } from './build-problem.ts'
import { checkShape, type KnownFields, parseJson } from './json.ts'

/**
 * A problem file: machines, network, tasks with precedence. The schema below checks shapes; names,
 * cycles, links and feasibility are checked where the dense problem is built.
 */
export function parseProblem(text: string, options: { place: string; name: string }): Problem {
  return problemFrom(parseJson(text, options.place), options)
}

export function problemFrom(json: unknown, options: { place: string; name: string }): Problem {
  const shape = checkShape(problemShape, json, { place: options.place, fields: problemFields })
  return buildProblem({ ...shape, name: shape.name ?? options.name }, options.place)
}

/** `--machines FILE`: the machines and network of a problem, without tasks. */
export function parseMachines(text: string, place: string): MachinesPart {
  const json = parseJson(text, place)
  return checkShape(machinesShape, json, { place, fields: machinesFields })
}

const amount = (expected: string) => z.number({ error: expected }).min(0, { error: expected })
const above0 = (expected: string) => z.number({ error: expected }).gt(0, { error: expected })
const name = z
  .string({ error: 'a name: a string' })
  .min(1, { error: 'a name of at least one character' })
const vector = z.record(z.string(), amount('an amount: a number from 0'), {
  error: 'amounts by resource, like {"cpu": 1}',
})

const machineShape = z.strictObject(
  {
    id: name,
    speed: above0('a speed: a number above 0').optional(),
    capacity: vector.optional(),
    cost: amount('money per unit of time: a number from 0').optional(),
  },
  { error: 'a machine: an object with an id' },
)

const linkShape = z.strictObject(
  {
    between: z.tuple([name, name], { error: 'two machine names' }),
    bandwidth: above0('bytes per unit of time: a number above 0').optional(),
    latency: amount('a latency: a number from 0').optional(),
  },
  { error: 'a link: {"between": ["m0", "m1"], "bandwidth": 1e9}' },
)

const networkShape = z.strictObject(
  {
    bandwidth: above0('bytes per unit of time: a number above 0').optional(),
    latency: amount('a latency: a number from 0').optional(),
    links: z.array(linkShape, { error: 'a list of links' }).optional(),
  },
  { error: 'a network: an object with bandwidth, latency, links' },
)

const dependencyShape = z.strictObject(
  {
    task: name,
    bytes: amount('bytes moved: a number from 0').optional(),
    time: amount('a transfer time: a number from 0').optional(),
  },
  { error: 'a task name, or {"task": "t0", "bytes": 1000}' },
)

const expectedTimes = 'a processing time per machine: a list of numbers'

/** Good lists are told in one look: of a million tasks, asking number by number took a fifth of the whole plan. */
const timesShape = z.union(
  [
    z.custom<readonly (number | null)[]>(isListOfTimes),
    z.array(amount('a processing time: a number from 0, or null where it cannot run').nullable(), {
      error: expectedTimes,
    }),
  ],
  { error: expectedTimes },
)

function isListOfTimes(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(time => time === null || (Number.isFinite(time) && time >= 0))
  )
}

const taskShape = z.strictObject(
  {
    id: name,
    work: amount('work: a number from 0').optional(),
    times: timesShape.optional(),
    after: z
      .array(z.union([name, dependencyShape], { error: 'a task name, or {"task": "t0", …}' }), {
        error: 'a list of dependencies',
      })
      .optional(),
    needs: vector.optional(),
    release: amount('a release time: a number from 0').optional(),
    due: amount('a due time: a number from 0').optional(),
    weight: amount('a weight: a number from 0').optional(),
    priority: z.number({ error: 'a priority: a number' }).optional(),
  },
  { error: 'a task: an object with an id, and work or times' },
)

const machinesPart = {
  machines: z
    .array(machineShape, { error: 'a list of machines' })
    .min(1, { error: 'at least one machine' }),
  network: networkShape.optional(),
}

const machinesShape = z.strictObject(machinesPart, { error: 'an object with machines' })

const problemShape = z.strictObject(
  {
    name: z.string({ error: 'a string' }).optional(),
    unit: z.string({ error: 'the unit of all times: a string' }).optional(),
    ...machinesPart,
    tasks: z.array(taskShape, { error: 'a list of tasks' }).min(1, { error: 'at least one task' }),
    reference: z.unknown().optional(),
  },
  { error: 'a problem: an object with machines and tasks' },
)

export type MachinesPart = z.infer<typeof machinesShape>
export type ProblemPart = z.infer<typeof problemShape>

const machinesFields: KnownFields = {
  '': Object.keys(machinesShape.shape),
  'machines[]': Object.keys(machineShape.shape),
  network: Object.keys(networkShape.shape),
  'network.links[]': Object.keys(linkShape.shape),
}

const problemFields: KnownFields = {
  ...machinesFields,
  '': Object.keys(problemShape.shape),
  'tasks[]': Object.keys(taskShape.shape),
  'tasks[].after[]': Object.keys(dependencyShape.shape),
}
