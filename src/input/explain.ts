import type { z } from 'zod'
import { InputError } from './input-error.ts'
import { didYouMean } from './nearest.ts'

/** One thing wrong with what the user wrote, and where. */
export type Complaint = {
  readonly path: readonly PropertyKey[]
  readonly text: string
  /** The field of what is at `path` that the text names: the line is its own. */
  readonly field?: string
}

/** All complaints of one file as one error on one screen, in the order of the file. */
export function refuse(
  file: string,
  complaints: readonly Complaint[],
  lineOf: (path: readonly PropertyKey[]) => number | undefined = () => undefined,
): InputError {
  const shown = complaints.slice(0, SHOWN).map(({ path, text, field }) => {
    const line = lineOf(field === undefined ? path : [...path, field])
    const place = jsonPath(path)
    return `  ${line === undefined ? '' : `line ${line}, `}${place === '' ? '' : `${place}: `}${text}`
  })
  const rest = complaints.length - shown.length
  if (rest > 0) shown.push(`  and ${rest} more`)
  const head = complaints.length === 1 ? 'one problem' : `${complaints.length} problems`
  return new InputError(`${file}: ${head}\n${shown.join('\n')}`)
}

const SHOWN = 15

/** `stages[0].retry.never`. */
function jsonPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(step)))
      text += `${text === '' ? '' : '.'}${String(step)}`
    else text += `[${JSON.stringify(String(step))}]`
  }
  return text
}

/** What zod found, in our words: the place, what stood there, what was expected. */
export function complaintsOf(issues: readonly Issue[], value: unknown): Complaint[] {
  return issues.flatMap(issue => complaintOf(issue, value))
}

type Issue = z.core.$ZodIssue

function complaintOf(issue: Issue, value: unknown): Complaint[] {
  const found = at(value, issue.path)
  if (issue.code === 'invalid_union') return unionComplaints(issue, found)
  if (issue.code === 'unrecognized_keys') {
    const texts = issue.message.split('\n')
    return texts.map((text, i) => ({ path: issue.path, text, field: issue.keys[i] }))
  }
  return [{ path: issue.path, text: foundInstead(found, issue.message) }]
}

/**
 * Of the members of a union the one meant is the one with the least wrong. When not even that one
 * has its own field, the union as a whole says what it takes.
 */
function unionComplaints(issue: z.core.$ZodIssueInvalidUnion, found: unknown): Complaint[] {
  const whole = { path: issue.path, text: foundInstead(found, issue.message) }
  const members = issue.errors.filter(errors => !errors.some(isAboutWhole))
  if (members.length === 0) return [whole]
  const given = bothGiven(members, found)
  if (given.length > 1) {
    return [{ path: issue.path, text: `is both ${given.join(' and ')}; ${issue.message}` }]
  }
  const best = members.reduce((least, member) => (weigh(member) < weigh(least) ? member : least))
  if (!best.some(error => isMissing(error, found))) {
    return complaintsOf(best, found).map(inner => ({
      ...inner,
      path: [...issue.path, ...inner.path],
    }))
  }
  const expected = members.flatMap(member => member.filter(error => isMissing(error, found)))
  const names = expected.map(error => String(error.path[0]))
  const written = Object.keys(found as object).find(name => didYouMean(name, names) !== '')
  const hint = written === undefined ? '' : didYouMean(written, names)
  return [{ path: whole.path, text: `${whole.text}${hint}` }]
}

/** The fields that each belong to another member of a union, where it may be one of them alone. */
function bothGiven(members: readonly (readonly Issue[])[], found: unknown): string[] {
  const strangers = members.map(errors =>
    errors.flatMap(error => (error.code === 'unrecognized_keys' ? error.keys : [])),
  )
  const isWhole = members.map(errors => errors.every(error => error.code === 'unrecognized_keys'))
  if (isWhole.filter(Boolean).length < 2) return []
  const shared = strangers.filter((_, at) => isWhole[at])
  return Object.keys(found as object).filter(name => shared.some(keys => keys.includes(name)))
}

const isAboutWhole = (issue: Issue): boolean =>
  issue.path.length === 0 && issue.code !== 'unrecognized_keys'

const isMissing = (issue: Issue, found: unknown): boolean =>
  issue.path.length === 1 && at(found, issue.path) === undefined

const weigh = (issues: readonly Issue[]): number =>
  issues.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  )

function foundInstead(found: unknown, expected: string): string {
  return found === undefined ? `missing; ${expected}` : `found ${short(found)}; ${expected}`
}

/** A value as JSON, cut to fit a line. */
export function short(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  let text: string
  try {
    text = JSON.stringify(value) ?? String(value)
  } catch {
    text = String(value)
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value
  for (const step of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = (inner as Record<PropertyKey, unknown>)[step]
  }
  return inner
}
