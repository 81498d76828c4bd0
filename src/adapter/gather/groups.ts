import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../model/input-error.ts'
import { hash64 } from '../../std/hash64.ts'
import { guard } from '../sqlite/fault.ts'

/** What a gathering stage is given: one payload a group, in order of first appearance. */
export type Groups = {
  readonly keys: readonly string[]
  /** A hash of what each group holds: the same for the same results in the same order. */
  readonly versions: readonly string[]
  readonly payload: (group: number) => string
}

/** Groups whose results together stay below this travel inside the message; larger ones by file. */
const INLINE = 256 * 1024
const FLUSH = 1024 * 1024

type Open = {
  readonly file: string
  version: string
  pending: string[]
  bytes: number
  onDisk: boolean
}

export type Gathering = {
  /** A result, or an item with its version, as its JSON: of a file that is no more than its path. */
  add(payload: string, version?: string): void
  end(): Groups
}

/**
 * Splits results by the value of a field (`by`), or takes all as one group. Results stream through
 * memory; a group that grows past a message is written to a file of lines in `folder`.
 */
export function gatherInto(folder: string, by: string | undefined): Gathering {
  written(folder, () => rmSync(folder, { recursive: true, force: true }))
  const groups = new Map<string, Open>()
  /** The first result, as long as none had the field: a misspelt one would gather all as one group. */
  let without: string | undefined
  let isThere = false
  if (by === undefined) groups.set('all', openGroup(folder, 0))
  return {
    add(payload, version = '') {
      const field = by === undefined ? undefined : fieldOf(payload, by)
      const name = by === undefined ? 'all' : groupName(field)
      if (field !== undefined) isThere = true
      else if (!isThere) without ??= payload
      let group = groups.get(name)
      if (group === undefined) groups.set(name, (group = openGroup(folder, groups.size)))
      group.version = hash64(group.version + hash64(payload) + version)
      group.pending.push(payload)
      group.bytes += payload.length + 1
      if (group.bytes > FLUSH) flush(folder, group)
    },
    end() {
      if (by !== undefined && !isThere && without !== undefined)
        throw new InputError(noSuchField(by, without))
      const all = [...groups.values()]
      const payloads = all.map(group => payloadOf(folder, group))
      return {
        keys: [...groups.keys()],
        versions: all.map(({ version }) => version),
        payload: number => payloads[number],
      }
    },
  }
}

function openGroup(folder: string, number: number): Open {
  const file = join(folder, `${number}.ndjson`)
  return { file, version: '', pending: [], bytes: 0, onDisk: false }
}

/** Takes the one result there is, as it is: what a map stage makes of the top of a tree. None where that failed. */
export function gatherOne(): Gathering {
  const all: { readonly payload: string; readonly version: string }[] = []
  return {
    add: (payload, version = '') => all.push({ payload, version: hash64(payload) + version }),
    end: () => ({
      keys: all.map(() => 'all'),
      versions: all.map(({ version }) => version),
      payload: number => all[number].payload,
    }),
  }
}

/** A group's name: the field's text, or its JSON where it is not text. */
const groupName = (field: unknown): string =>
  typeof field === 'string' ? field : JSON.stringify(field ?? null)

function fieldOf(payload: string, by: string): unknown {
  const value: unknown = JSON.parse(payload)
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, by)) return undefined
  return (value as Record<string, unknown>)[by]
}

function noSuchField(by: string, first: string): string {
  const value: unknown = JSON.parse(first)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const has = isObject ? `fields ${Object.keys(value).slice(0, 10).join(', ')}` : 'no fields'
  return `by: none of what it gathers has a field ${JSON.stringify(by)}; the first has ${has}`
}

function flush(folder: string, group: Open): void {
  const text = `${group.pending.join('\n')}\n`
  written(folder, () => {
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
    if (group.onDisk) appendFileSync(group.file, text)
    else writeFileSync(group.file, text)
  })
  group.onDisk = true
  group.pending = []
  group.bytes = 0
}

const written = (folder: string, work: () => void): void =>
  guard(folder, 'writing what a stage gathers', work)

function payloadOf(folder: string, group: Open): string {
  if (group.onDisk || group.bytes > INLINE) {
    if (group.pending.length > 0) flush(folder, group)
    // What was made of another content of the same file is not taken for what this one makes.
    return JSON.stringify({ file: group.file, version: group.version })
  }
  return `{"results":[${group.pending.join(',')}]}`
}
