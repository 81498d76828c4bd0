import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash64 } from '../../std/hash64.ts'

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
  /** A result as its JSON. */
  add(payload: string): void
  end(): Groups
}

/**
 * Splits results by the value of a field (`by`), or takes all as one group. Results stream through
 * memory; a group that grows past a message is written to a file of lines in `folder`.
 */
export function gatherInto(folder: string, by: string | undefined): Gathering {
  rmSync(folder, { recursive: true, force: true })
  const groups = new Map<string, Open>()
  if (by === undefined) groups.set('all', openGroup(folder, 0))
  return {
    add(payload) {
      const name = by === undefined ? 'all' : groupName(payload, by)
      let group = groups.get(name)
      if (group === undefined) groups.set(name, (group = openGroup(folder, groups.size)))
      group.version = hash64(group.version + hash64(payload))
      group.pending.push(payload)
      group.bytes += payload.length + 1
      if (group.bytes > FLUSH) flush(folder, group)
    },
    end() {
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

/** A group's name: the field's text, or its JSON where it is not text. */
function groupName(payload: string, by: string): string {
  const value: unknown = JSON.parse(payload)
  const field =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[by] : undefined
  return typeof field === 'string' ? field : JSON.stringify(field ?? null)
}

function flush(folder: string, group: Open): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  const text = `${group.pending.join('\n')}\n`
  if (group.onDisk) appendFileSync(group.file, text)
  else writeFileSync(group.file, text)
  group.onDisk = true
  group.pending = []
  group.bytes = 0
}

function payloadOf(folder: string, group: Open): string {
  if (group.onDisk || group.bytes > INLINE) {
    if (group.pending.length > 0) flush(folder, group)
    return JSON.stringify({ file: group.file })
  }
  return `{"results":[${group.pending.join(',')}]}`
}
