import { readFileSync, statSync } from 'node:fs'
import * as z from 'zod'
import { parseBytes } from '../std/units.ts'
import { type Complaint, complaintsOf, refuse, short } from './explain.ts'
import { InputError } from './input-error.ts'
import { SIZE } from './scalars.ts'
import { didYouMean } from './nearest.ts'

/** A machine as `--machines FILE` describes it: speed 1 is the box at full speed. */
export type MachineEntry = {
  readonly id: string
  readonly speed: number
  /** Tasks it runs side by side. */
  readonly slots: number
  /** `cpu` in cores, `memory` in bytes, others as named; `undefined`: bounded by its slots alone. */
  readonly capacity: Readonly<Record<string, number>> | undefined
  /** Money per second it is busy. */
  readonly cost: number
}

/**
 * The `machines` of a machines file: `{ machines: [{ id, speed, slots, capacity, cost }], network }`,
 * the same part a problem file has, where a capacity may also be written as a size (`'8GB'`).
 */
export function loadMachines(path: string): readonly MachineEntry[] {
  let text: string
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES) throw new InputError(`${path}: ${tooLarge(size)}`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof InputError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new InputError(
      `${path}: ${code === 'ENOENT' ? 'no such machines file' : `cannot be read (${code})`}`,
    )
  }
  try {
    return parseMachineEntries(JSON.parse(text.replace(/^\uFEFF/, '')), path)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new InputError(`${path}: not JSON (${error.message}); expected { "machines": [...] }`)
  }
}

/** Thousands of machines with their links fit ten times over. */
const MAX_BYTES = 64 * 2 ** 20

const tooLarge = (size: number): string =>
  `${Math.ceil(size / 2 ** 20)} MB; expected a machines file of at most ${MAX_BYTES / 2 ** 20} MB`

export function parseMachineEntries(value: unknown, file: string): readonly MachineEntry[] {
  const parsed = machinesFile.safeParse(value)
  if (!parsed.success) throw refuse(file, complaintsOf(parsed.error.issues, value))
  const complaints: Complaint[] = []
  const machines = parsed.data.machines.map(
    (machine, at): MachineEntry => ({
      id: machine.id,
      speed: machine.speed ?? 1,
      slots: machine.slots ?? 1,
      capacity: parseCapacity(machine.capacity, (name, text) =>
        complaints.push({ path: ['machines', at, 'capacity', name], text }),
      ),
      cost: machine.cost ?? 0,
    }),
  )
  for (const [at, { id }] of machines.entries()) {
    const first = machines.findIndex(machine => machine.id === id)
    const text = `machine ${first} is named ${short(id)} too; expected a name of its own`
    if (first !== at) complaints.push({ path: ['machines', at, 'id'], text })
  }
  if (complaints.length > 0) throw refuse(file, complaints)
  return machines
}

const FIELDS = ['id', 'speed', 'slots', 'capacity', 'cost']
const SPEED = 'expected a speed above 0, where 1 is full speed'
const SLOTS = 'expected a whole number of slots, 1 or more'
const COST = 'expected money per second, 0 or more'

const machine = z.strictObject(
  {
    id: z.string({ error: 'expected a name' }).min(1, { error: 'expected a name' }),
    speed: z.number({ error: SPEED }).positive({ error: SPEED }).optional(),
    slots: z.int({ error: SLOTS }).min(1, { error: SLOTS }).max(4096, { error: SLOTS }).optional(),
    capacity: z
      .record(z.string(), z.union([z.number(), z.string()]), {
        error: "expected amounts by name, such as { cpu: 4, memory: '8GB' }",
      })
      .optional(),
    cost: z.number({ error: COST }).nonnegative({ error: COST }).optional(),
  },
  { error: issue => unknownOr(issue, FIELDS, 'expected a machine: { id, speed, slots }') },
)

const machinesFile = z.strictObject(
  {
    machines: z
      .array(machine, { error: 'expected a list of machines' })
      .min(1, { error: 'expected at least one machine' }),
    network: z.record(z.string(), z.unknown(), { error: 'expected an object' }).optional(),
  },
  { error: issue => unknownOr(issue, ['machines', 'network'], 'expected { machines: [...] }') },
)

function unknownOr(
  issue: { readonly code?: string; readonly keys?: unknown },
  known: readonly string[],
  expected: string,
): string {
  if (issue.code !== 'unrecognized_keys' || !Array.isArray(issue.keys)) return expected
  return issue.keys
    .map(String)
    .map(
      name => `unknown field "${name}"${didYouMean(name, known) || `; known: ${known.join(', ')}`}`,
    )
    .join('; ')
}

function parseCapacity(
  value: Readonly<Record<string, number | string>> | undefined,
  complain: (name: string, text: string) => void,
): Readonly<Record<string, number>> | undefined {
  if (value === undefined) return undefined
  const capacity: Record<string, number> = {}
  for (const [name, amount] of Object.entries(value)) {
    const parsed = typeof amount === 'number' && name !== 'memory' ? amount : parseBytes(amount)
    if (
      parsed === undefined ||
      !(parsed >= 0 && Number.isFinite(parsed)) ||
      (name === 'cpu' && typeof amount === 'string')
    ) {
      const expected = name === 'cpu' ? 'expected a number of cores' : SIZE
      complain(name, `found ${short(amount)}; ${expected}`)
    } else {
      capacity[name] = parsed
    }
  }
  return capacity
}
