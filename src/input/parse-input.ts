import { resolve } from 'node:path'
import { escapePath } from 'tinyglobby'
import type { InputSpec } from '../model/job.ts'
import type { InputValue } from './job-schema.ts'
import { type Params, substitute } from './params.ts'

/** A job's input with paths made absolute, params put in, and what is not built yet refused. */
export function parseInput(
  value: InputValue,
  at: {
    readonly folder: string
    readonly params: Params
    readonly complain: (path: readonly PropertyKey[], text: string) => void
  },
): InputSpec {
  const fill = (text: string, ...place: readonly PropertyKey[]): string =>
    substitute(text, at.params, { complain: problem => at.complain(place, problem) })
  const path = (text: string, field: string): string => resolve(at.folder, fill(text, field))
  if ('files' in value) {
    const filled =
      typeof value.files === 'string'
        ? [fill(value.files, 'files')]
        : value.files.map((pattern, nth) => fill(pattern, 'files', nth))
    return { kind: 'files', patterns: filled.map(pattern => absolutePattern(pattern, at.folder)) }
  }
  if ('jsonl' in value) return { kind: 'jsonl', path: path(value.jsonl, 'jsonl'), key: value.key }
  if ('csv' in value) {
    const { key, delimiter } = value
    const spec = { kind: 'csv' as const, path: path(value.csv, 'csv'), key }
    return delimiter === undefined ? spec : { ...spec, delimiter }
  }
  if ('range' in value) {
    const { from, to } = value.range
    if (to <= from) {
      at.complain(['range'], `from ${from} to ${to} holds no item; expected to > from (exclusive)`)
    }
    return { kind: 'range', from, to }
  }
  if ('items' in value) {
    if (value.items.length === 0) at.complain(['items'], 'is empty; expected at least one item')
    return { kind: 'items', items: value.items, key: value.key }
  }
  if ('stdin' in value && value.stdin === 'lines' && value.key !== undefined) {
    at.complain(['key'], "lines have no fields; expected stdin: 'jsonl', or no key")
  }
  if ('stdin' in value) return { kind: 'stdin', format: value.stdin, key: value.key }
  if ('from' in value) {
    return {
      kind: 'module',
      path: path(value.from, 'from'),
      key: value.key,
      version: value.version,
    }
  }
  if ('grid' in value) {
    if (Object.keys(value.grid).length === 0) at.complain(['grid'], 'names no axis')
    for (const [name, values] of Object.entries(value.grid)) {
      const texts = values.map(one => (typeof one === 'string' ? one : JSON.stringify(one)))
      const twice = texts.find((text, index) => texts.indexOf(text) < index)
      if (twice !== undefined)
        at.complain(['grid', name], `has ${twice} twice; expected each value once`)
    }
    return { kind: 'grid', axes: value.grid }
  }
  if ('search' in value) at.complain(['search'], 'not available yet')
  return { kind: 'open' }
}

/** The folder is escaped, so that brackets in its name are not taken for a pattern. */
export function absolutePattern(pattern: string, folder: string): string {
  if (pattern.startsWith('!')) return `!${absolutePattern(pattern.slice(1), folder)}`
  if (pattern.startsWith('/') || /^[A-Za-z]:[/\\]/.test(pattern)) return pattern
  let [base, rest] = [folder, pattern]
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../')) [base, rest] = [resolve(base, '..'), rest.slice(3)]
    else break
  }
  const root = escapePath(base)
  return `${root.endsWith('/') ? root.slice(0, -1) : root}/${rest}`
}
