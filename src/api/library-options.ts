import { short } from '../input/explain.ts'
import { type MachineEntry, parseMachineEntries } from '../input/machines-file.ts'
import { didYouMean } from '../input/nearest.ts'
import { InputError } from '../model/input-error.ts'
import type { StreamOptions, SubmitOptions } from './submit.ts'

/** A machine as `--machines FILE` has it: only its name is required. */
export type MachineOption = {
  readonly id: string
  /** Above 0; 1, the default, or the fastest beyond it is this box at full speed, half that a slot throttled to half. */
  readonly speed?: number
  /** Tasks it runs side by side; 1 by default. */
  readonly slots?: number
  /** `cpu` in cores, `memory` as a size (`'8GB'`) or bytes, others as named. */
  readonly capacity?: Readonly<Record<string, number | string>>
  /** Money per second it is busy, in any currency; 0 by default. */
  readonly cost?: number
}

/** Which directory `open` takes, and what runs its jobs. */
export type OpenOptions = {
  /** Where runs live: journal, results, history. `.dray` in the current folder by default. */
  readonly dir?: string
  /** This box as one machine by default. */
  readonly machines?: readonly MachineOption[]
  /** What relative paths in jobs start from; the current folder by default. */
  readonly folder?: string
}

/** Of one pushed item. */
export type PushOptions = {
  /** Names the item in results and outputs; its number by default. Each key once a stream. */
  readonly key?: string
  /** Higher goes first; one step is worth a minute of waiting. The job's own by default. */
  readonly priority?: number
  /** Earliest start. */
  readonly notBefore?: Date
}

export function checkOpenOptions(options: OpenOptions): readonly MachineEntry[] | undefined {
  refuseUnknown('open', options, { dir: 'string', machines: 'own', folder: 'string' })
  for (const name of ['dir', 'folder'] as const)
    if (options[name] === '') throw new InputError(`open: ${name}: found ""; expected a folder`)
  return options.machines === undefined
    ? undefined
    : parseMachineEntries({ machines: options.machines }, 'open')
}

export function checkSubmitOptions(options: SubmitOptions): void {
  const types = { fresh: 'boolean', keep: 'boolean', redo: 'own', stdin: 'object' } as const
  refuseUnknown('submit', options, { ...types, seed: 'number' })
  const { redo } = options
  if (redo !== undefined && !(Array.isArray(redo) && redo.every(name => typeof name === 'string')))
    throw new InputError(`submit: redo: found ${short(redo)}; expected a list of stage names`)
  checkSeed('submit', options)
}

export function checkStreamOptions(options: StreamOptions): void {
  refuseUnknown('stream', options, { fresh: 'boolean', keep: 'boolean', seed: 'number' })
  checkSeed('stream', options)
}

function checkSeed(place: string, { seed }: Pick<SubmitOptions, 'seed'>): void {
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw new InputError(`${place}: seed: found ${short(seed)}; expected a whole number`)
}

export function checkPushOptions(place: string, options: PushOptions): void {
  refuseUnknown(place, options, { key: 'string', priority: 'number', notBefore: 'own' })
  const { key, priority, notBefore } = options
  if (key === '') throw new InputError(`${place}: key: found ""; expected text that is not empty`)
  if (priority !== undefined && !Number.isFinite(priority))
    throw new InputError(`${place}: priority: found ${String(priority)}; expected a number`)
  const isDate = notBefore instanceof Date && Number.isFinite(notBefore.getTime())
  if (notBefore !== undefined && !isDate) {
    const found = notBefore instanceof Date ? String(notBefore) : short(notBefore)
    throw new InputError(`${place}: notBefore: found ${found}; expected a valid Date`)
  }
}

export function checkGrace(grace: number): void {
  if (typeof grace === 'number' && grace >= 0) return
  throw new InputError(`close: grace: found ${short(grace)}; expected milliseconds, 0 or more`)
}

/** `own`: what it may be is checked where it is used. */
type Kind = 'string' | 'number' | 'boolean' | 'object' | 'own'

function refuseUnknown(
  place: string,
  options: unknown,
  known: Readonly<Record<string, Kind>>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InputError(`${place}: found ${short(options)}; expected an object of options`)
  for (const [name, value] of Object.entries(options)) {
    if (known[name] === undefined) {
      const names = Object.keys(known)
      const hint = didYouMean(name, names) || `; known: ${names.join(', ')}`
      throw new InputError(`${place}: unknown option "${name}"${hint}`)
    }
    const kind = known[name]
    if (kind === 'own' || value === undefined) continue
    if (value === null || typeof value !== kind)
      throw new InputError(`${place}: ${name}: found ${short(value)}; expected ${nameOf[kind]}`)
  }
}

const nameOf = { string: 'text', number: 'a number', boolean: 'true or false', object: 'an object' }
