import type { z } from 'zod'
import { badInput, listed } from './input-error.ts'
import { jsonFault } from './json-fault.ts'
import { didYouMean } from './nearest.ts'

/** Parses JSON; what is not JSON, and a field given twice, is told with its line and column. */
export function parseJson(given: string, place: string): unknown {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given
  const fault = jsonFault(text)
  if (fault === undefined) return JSON.parse(text)
  const before = text.slice(0, fault.at)
  const line = before.split('\n').length
  const where = `${place}:${line}:${fault.at - before.lastIndexOf('\n')}`
  if (fault.twice !== undefined) {
    const name = JSON.stringify(fault.twice.slice(0, 80))
    throw badInput(where, `the field ${name} is given a second time`, 'each field once')
  }
  throw badInput(where, `not JSON: ${foundAt(text, fault.at)}`, fault.expected)
}

function foundAt(text: string, at: number): string {
  if (at >= text.length) return 'the text ends'
  const [word] = /^(?:[\w.+-]+|[\s\S])/u.exec(text.slice(at, at + 40)) ?? ['']
  return `found ${JSON.stringify(word)}`
}

/** The names a schema knows at each kind of path, `tasks[].after[]` style; `''` is the root. */
export type KnownFields = Readonly<Record<string, readonly string[]>>

type Issue = z.core.$ZodIssue

/** Checks a parsed value; the first fault is thrown with its path, what was found and expected. */
export function checkShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
  options: { place: string; fields: KnownFields },
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { issue, path } = innermost(result.error.issues[0], [])
  if (issue.code === 'unrecognized_keys') {
    const known = options.fields[kindOf(path)] ?? []
    const key = issue.keys[0]
    throw badInput(
      placeOf(options.place, value, path),
      `unknown field ${JSON.stringify(key)}${didYouMean(key, known)}`,
      known.length > 0 ? `one of ${listed(known, 30)}` : undefined,
    )
  }
  const found = valueAt(value, path)
  throw badInput(
    placeOf(options.place, value, path),
    found === undefined ? 'missing' : `found ${shortJson(found)}`,
    issue.message,
  )
}

/** `file: tasks[3].work (t7)`: the path, and the id of the entry it goes through. */
function placeOf(place: string, root: unknown, path: readonly PropertyKey[]): string {
  if (path.length === 0) return place
  const entry = valueAt(root, path.slice(0, 2))
  const id = entry !== null && typeof entry === 'object' && 'id' in entry ? entry.id : undefined
  return `${place}: ${pathText(path)}${typeof id === 'string' ? ` (${id.slice(0, 80)})` : ''}`
}

/** A union reports every branch; the one that got deepest, or knew most, is what was meant. */
function innermost(issue: Issue, prefix: PropertyKey[]): { issue: Issue; path: PropertyKey[] } {
  const path = [...prefix, ...issue.path]
  if (issue.code !== 'invalid_union') return { issue, path }
  for (const branch of issue.errors) {
    const telling =
      branch.find(inner => inner.code === 'unrecognized_keys') ??
      branch.find(inner => inner.path.length > 0)
    if (telling !== undefined) return innermost(telling, path)
  }
  return { issue, path }
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => {
      if (typeof part === 'number') return `[${part}]`
      const name = String(part)
      if (!/^[A-Za-z_]\w*$/.test(name)) return `[${JSON.stringify(name)}]`
      return at === 0 ? name : `.${name}`
    })
    .join('')
}

function kindOf(path: readonly PropertyKey[]): string {
  return pathText(path).replace(/\[\d+\]/g, '[]')
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function shortJson(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return 'a number that is too large'
  const text = jsonOf(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

/** What is nested a hundred thousand deep is read, but cannot be written. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return 'what is nested too deep to be shown'
  }
}
