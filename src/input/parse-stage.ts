import { resolve } from 'node:path'
import { FAILURE_KINDS } from '../model/failure.ts'
import type { ChunkSpec, OutputSpec, RetrySpec, StageSpec } from '../model/job.ts'
import { PLACEHOLDERS, templateProblem } from '../model/output-template.ts'
import { SECOND } from '../std/time.ts'
import { parseBytes, parseDuration, parseFactor } from '../std/units.ts'
import { short } from './explain.ts'
import type { OutputValue, StageValue } from './job-schema.ts'
import { SIZE } from './scalars.ts'
import { didYouMean } from './nearest.ts'
import { type Params, substitute } from './params.ts'

/** One stage with its defaults filled in. What is wrong goes to `complain`; parsing continues. */
export function parseStage(
  value: StageValue,
  after: readonly string[],
  at: {
    readonly folder: string
    readonly params: Params
    readonly complain: (path: readonly PropertyKey[], text: string) => void
  },
): StageSpec {
  const { kind, module } = parseHandler(value, at.complain)
  const path = (text: string, ...place: readonly string[]): string =>
    resolve(
      at.folder,
      substitute(text, at.params, { complain: problem => at.complain(place, problem) }),
    )
  refuseMisplaced(value, kind, at.complain)
  const needs = parseNeeds(value.needs ?? {}, at.complain)
  const retry = parseRetry(value.retry ?? {}, at.complain)
  if (needs.memory === undefined && Object.keys(retry.on).length > 0) {
    at.complain(['retry', 'on'], 'multiplies needs.memory, which is not given')
  }
  return {
    name: value.name,
    kind,
    module: path(module, kind),
    after,
    needs,
    loads:
      value.loads === undefined
        ? undefined
        : { name: value.loads.name, memory: parseBytes(value.loads.memory ?? 0)! },
    chunk: parseChunk(value.chunk ?? (kind === 'map' ? 'auto' : 1)),
    size: parseSize(value.size ?? 'one'),
    timeout: value.timeout === undefined ? undefined : parseDuration(value.timeout),
    ...(value.setupTimeout === undefined
      ? {}
      : { setupTimeout: parseDuration(value.setupTimeout)! }),
    grace: value.grace === undefined ? 5 * SECOND : parseDuration(value.grace)!,
    retry,
    returns: typeof value.returns === 'string' ? path(value.returns, 'returns') : value.returns,
    isolation: value.isolation ?? 'process',
    gather: parseGather(value),
    by: value.by,
    env: value.env ?? [],
    output: value.output === undefined ? undefined : parseOutput(value.output, at, path),
  }
}

type Complain = (path: readonly PropertyKey[], text: string) => void

const KINDS = ['map', 'reduce', 'single'] as const
const UNAVAILABLE = ['rounds', 'each', 'anyOf'] as const

function parseHandler(
  value: StageValue,
  complain: Complain,
): { readonly kind: StageSpec['kind']; readonly module: string } {
  const unavailable = UNAVAILABLE.filter(field => value[field] !== undefined)
  for (const field of unavailable) complain([field], 'not available yet')
  const given = KINDS.filter(field => value[field] !== undefined)
  if (given.length > 1) {
    complain([], `is both ${given.join(' and ')}; expected one of ${KINDS.join(', ')}`)
  }
  if (given.length === 0 && unavailable.length === 0) {
    complain([], `names no module; expected one of ${KINDS.join(', ')}, such as map: './ocr.ts'`)
  }
  const kind = given[0] ?? 'map'
  const handler = value[kind]
  if (typeof handler === 'string') return { kind, module: handler }
  if (handler !== undefined) complain([kind, Object.keys(handler)[0]], 'not available yet')
  return { kind, module: '' }
}

/** A field that would have no effect is a misunderstanding: it is refused, not ignored. */
function refuseMisplaced(value: StageValue, kind: StageSpec['kind'], complain: Complain): void {
  for (const field of ['gather', 'by'] as const) {
    if (value[field] !== undefined && kind !== 'reduce') {
      complain([field], `has no effect on a ${kind} stage; only a reduce stage gathers`)
    }
  }
  if (value.chunk !== undefined && kind !== 'map') {
    complain(['chunk'], `has no effect on a ${kind} stage; only a map stage is cut into chunks`)
  }
}

function parseNeeds(
  value: Readonly<Record<string, number | string>>,
  complain: Complain,
): Record<string, number> {
  const needs: Record<string, number> = { cpu: 1 }
  for (const [name, amount] of Object.entries(value)) {
    const parsed = name === 'memory' || typeof amount === 'string' ? parseBytes(amount) : amount
    const countsOnly = name === 'cpu' && typeof amount === 'string'
    if (countsOnly || parsed === undefined || !(parsed >= 0 && Number.isFinite(parsed))) {
      const expected = name === 'cpu' ? 'expected a number of cores, such as 1 or 0.5' : AMOUNT
      complain(['needs', name], `found ${short(amount)}; ${name === 'memory' ? SIZE : expected}`)
      continue
    }
    needs[name] = parsed
  }
  return needs
}

const AMOUNT = "expected a number of 0 or more, or a size such as '4GB'"

function parseRetry(value: NonNullable<StageValue['retry']>, complain: Complain): RetrySpec {
  for (const [at, named] of (value.never ?? []).entries()) {
    const problem = misspeltKind(named)
    if (problem !== undefined) complain(['retry', 'never', at], problem)
  }
  for (const [named, { memory }] of Object.entries(value.on ?? {})) {
    const problem = misspeltKind(named)
    if (problem !== undefined) complain(['retry', 'on', named], problem)
    if (parseFactor(memory)! <= 1)
      complain(['retry', 'on', named, 'memory'], `found ${short(memory)}; ${GROWS}`)
  }
  const delay = value.delay === undefined ? SECOND : parseDuration(value.delay)!
  const longest = value.maxDelay === undefined ? 60 * SECOND : parseDuration(value.maxDelay)!
  return {
    attempts: value.attempts ?? 3,
    delay,
    maxDelay: Math.max(delay, longest),
    never: value.never ?? [],
    on: Object.fromEntries(
      Object.entries(value.on ?? {}).map(([kind, { memory }]) => [
        kind,
        { memory: parseFactor(memory)! },
      ]),
    ),
  }
}

const GROWS = "expected more than x1, such as 'x2': the next attempt gets more"

/**
 * Any word may be an error's code, so only one that is written as kinds are, and nearly one, is taken for
 * a slip: a rule that silently never holds costs attempts. `ETIMEDOUT` and `TimeoutError` are codes.
 */
function misspeltKind(named: string): string | undefined {
  if ((FAILURE_KINDS as readonly string[]).includes(named)) return undefined
  if (named !== named.toLowerCase() && !named.includes('-')) return undefined
  const alike = FAILURE_KINDS.filter(kind => kind[0] === named[0].toLowerCase())
  const hint = didYouMean(named, alike)
  if (hint === '') return undefined
  return `no failure kind is named "${named}"${hint} An error code of your own needs a name less like a kind's`
}

function parseChunk(value: 'auto' | 'whole' | number): ChunkSpec {
  return typeof value === 'number' ? { kind: 'fixed', items: value } : { kind: value }
}

function parseSize(value: NonNullable<StageValue['size']>): StageSpec['size'] {
  return typeof value === 'string' ? { kind: value } : { kind: 'field', field: value.field }
}

/** With `by`, each group is reduced at once. */
function parseGather({ gather = 'all', by }: StageValue): StageSpec['gather'] {
  if (gather === 'all' || by !== undefined) return { kind: 'all' }
  return { kind: 'tree', fanIn: gather === 'tree' ? 16 : gather.tree }
}

function parseOutput(
  value: OutputValue,
  at: { readonly folder: string; readonly params: Params; readonly complain: Complain },
  path: (text: string, ...place: readonly string[]) => string,
): OutputSpec {
  if ('jsonl' in value) return { kind: 'jsonl', path: path(value.jsonl, 'output', 'jsonl') }
  if ('csv' in value) return { kind: 'csv', path: path(value.csv, 'output', 'csv') }
  let isFilled = true
  const written = substitute(value.each, at.params, {
    kept: PLACEHOLDERS,
    complain: problem => {
      isFilled = false
      at.complain(['output', 'each'], problem)
    },
  })
  const problem = isFilled ? templateProblem(written) : undefined
  if (problem !== undefined) at.complain(['output', 'each'], `found ${short(written)}; ${problem}`)
  return { kind: 'each', template: resolve(at.folder, written) }
}
