import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { distance } from 'fastest-levenshtein'
import type { Failure } from '../../model/failure.ts'
import { bundleModule } from './bundle.ts'
import { placeOfFrame, userFrames } from './user-frames.ts'

/** Says what is wrong with a module that could not be imported: where, what was expected, what to do. */
export async function explainImport(path: string, error: unknown): Promise<Failure> {
  if (!existsSync(path)) return { kind: 'error', code: 'MODULE', message: await missing(path) }
  if (error instanceof SyntaxError) {
    // Node's own error names no line; the compiler's does.
    const bundle = await bundleModule(path)
    if (bundle.kind === 'broken') return bundle.failure
  }
  const text = error instanceof Error ? error.message : String(error)
  const frames = error instanceof Error ? userFrames(error.stack ?? '') : []
  const place = placeOfFrame(frames[0])
  return {
    kind: 'error',
    code: 'MODULE',
    message: `${path} could not be imported: ${text}${place === undefined ? '' : ` (at ${place})`}`,
    detail: frames.length === 0 ? undefined : frames.join('\n').slice(0, 4_000),
  }
}

type Exports = Readonly<Record<string, unknown>>

/** Why a module's exports are no handler: what it lacks, or what would silently have no effect. */
export function faultOfExports(path: string, exports: Exports): Failure | undefined {
  if (typeof exports.default !== 'function' && typeof exports.batch !== 'function')
    return withoutHandler(path, exports)
  for (const [name, form] of Object.entries(forms)) {
    const value = exports[name]
    if (value === undefined || value === null || typeof value === 'function') continue
    const message = `${path} exports ${name}, which is ${kindOf(value)}, not a function. Write: ${form}, or give it another name`
    return { kind: 'error', code: 'MODULE', message }
  }
  return undefined
}

/** What is called where a module has it. */
const forms: Readonly<Record<string, string>> = {
  setup: 'export const setup = async ctx => ...',
  batch: 'export const batch = async (items, ctx) => ...',
  teardown: 'export const teardown = async loaded => ...',
}

/** Without what it must export: says what it exports instead. */
function withoutHandler(path: string, exports: Exports): Failure {
  const names = Object.keys(exports).map(name =>
    name === 'default' ? `default, which is ${kindOf(exports.default)}` : name,
  )
  const found = names.length === 0 ? 'nothing' : names.join(', ')
  return {
    kind: 'error',
    code: 'MODULE',
    message:
      `${path} has no default export that is a function; it exports ${found}. ` +
      'Write: export default (item, ctx) => result',
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

async function missing(path: string): Promise<string> {
  const folder = dirname(path)
  if (!existsSync(folder)) return `${path} does not exist: there is no folder ${folder}`
  const wanted = basename(path)
  const near = readdirSync(folder)
    .map(name => ({ name, far: distance(name, wanted) }))
    .filter(candidate => candidate.far <= Math.max(3, wanted.length / 2))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
  const hint = near.length > 0 ? `; did you mean ${join(folder, near[0].name)}?` : ''
  return `${path} does not exist${hint}`
}
