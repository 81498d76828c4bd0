import type { Complaint } from './explain.ts'
import { short } from './explain.ts'
import { didYouMean } from './nearest.ts'

/**
 * A job declares its params with defaults; a run may give others. `{name}` (or `{params.name}`) in
 * a path or pattern stands for the value, and handlers read them from `ctx.params`.
 */
export type Params = Readonly<Record<string, unknown>>

/** The defaults with what was given in their place. Text is read as the type of the default. */
export function resolveParams(
  defaults: Params,
  given: Params,
): { readonly params: Params; readonly complaints: readonly Complaint[] } {
  const params: Record<string, unknown> = { ...defaults }
  const complaints: Complaint[] = []
  const known = Object.keys(defaults)
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      complaints.push({ path: ['params'], text: unknownParam(name, known) })
      continue
    }
    const read = likeDefault(value, defaults[name])
    if (read === undefined) {
      const text = `found ${short(value)}; expected ${typeName(defaults[name])}, as the default ${short(defaults[name])} is`
      complaints.push({ path: ['params', name], text })
    } else {
      params[name] = read.value
    }
  }
  return { params, complaints }
}

/** `--param k=v`, split at the first `=`. */
export function parseParamFlag(flag: string): readonly [name: string, value: string] | undefined {
  const cut = flag.indexOf('=')
  return cut < 1 ? undefined : [flag.slice(0, cut), flag.slice(cut + 1)]
}

/** `{name}` replaced where `name` is a param; other braces (globs, `{key}`) are left alone. */
export function substitute(text: string, params: Params): string {
  return text.replace(/\{(?:params\.)?([\w-]+)\}/g, (whole, name: string) =>
    Object.hasOwn(params, name) ? asText(params[name]) : whole,
  )
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

function unknownParam(name: string, known: readonly string[]): string {
  if (known.length === 0) return `unknown param "${name}": this job declares none`
  return `unknown param "${name}"${didYouMean(name, known)} (known: ${known.join(', ')})`
}

/** Text from a flag is read as JSON unless the default is text; the type must then be the same. */
function likeDefault(value: unknown, fallback: unknown): { readonly value: unknown } | undefined {
  if (typeof fallback === 'string') return typeof value === 'string' ? { value } : undefined
  const read = typeof value === 'string' ? fromJson(value) : { value }
  if (read === undefined || fallback === null) return fallback === null ? (read ?? { value }) : read
  return typeName(read.value) === typeName(fallback) ? read : undefined
}

function fromJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}
