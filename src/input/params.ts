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

/**
 * `{name}` and `{params.name}` replaced. A word in braces that names no param is complained of: the file
 * it would lead to is never the one meant. Other braces (globs such as `{a,b}`) are left alone, and so are
 * `kept` words, which mean something else there.
 */
export function substitute(
  text: string,
  params: Params,
  { complain, kept = [] }: { complain: (text: string) => void; kept?: readonly string[] },
): string {
  const known = Object.keys(params)
  return text.replace(
    /\{(params\.)?([\w-]+)\}/g,
    (whole, prefix: string | undefined, name: string) => {
      const isKept = prefix === undefined && kept.includes(name)
      const isParam = Object.hasOwn(params, name)
      if (isKept && isParam)
        complain(`${whole} is a param and the item's own; expected {params.${name}} for the param`)
      else if (!isKept && !isParam)
        complain(`found ${short(text)}; ${unknownParam(name, known, kept)}`)
      return isParam && !isKept ? asText(params[name]) : whole
    },
  )
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

/** `kept`: words that may stand in braces there beside params. */
function unknownParam(
  name: string,
  known: readonly string[],
  kept: readonly string[] = [],
): string {
  const all = [...new Set([...known, ...kept])]
  const none = all.length === 0 ? ': this job declares none' : ''
  const list = all.length === 0 ? '' : ` (known: ${all.join(', ')})`
  const what = kept.length === 0 ? 'param' : 'placeholder'
  return `unknown ${what} "${name}"${none}${didYouMean(name, all)}${list}`
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
