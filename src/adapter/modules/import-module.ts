import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Failure } from '../../model/failure.ts'
import { InputError } from '../../model/input-error.ts'
import { ofTemporary, temporaryFolder } from '../temporary-folder.ts'
import { bundleModule } from './bundle.ts'
import { explainImport } from './explain.ts'

/**
 * Imports a user's module, TypeScript or JavaScript, from any folder, as it lies there now. JavaScript is
 * compiled only when importing it fails for want of `dray` or because it imports TypeScript, and from the
 * second time on: a process never forgets what it has imported, nor its local imports.
 */
export async function importModule(path: string): Promise<ImportedModule> {
  const isScript = !mustCompile(path)
  if (isScript && !importedAsWritten.has(path)) {
    importedAsWritten.add(path)
    const direct = await importFile(path)
    if (direct.kind === 'imported') return direct
    if (!compilingHelps(direct.error)) {
      return { kind: 'broken', failure: await explainImport(path, direct.error) }
    }
  }
  const bundle = await bundleModule(path)
  if (bundle.kind === 'broken') {
    return { kind: 'broken', failure: await preferMissing(path, bundle.failure) }
  }
  const before = lastCompiled.get(path)
  if (before?.code === bundle.code) return { kind: 'imported', exports: before.exports }
  const folder = temporaryFolder('module')
  try {
    const file = join(folder, 'module.mjs')
    await writeFile(file, bundle.code).catch((error: unknown) => {
      throw ofTemporary(error)
    })
    // So that what it throws is told in lines of its source.
    process.setSourceMapsEnabled(true)
    const compiled = await importFile(file)
    if (compiled.kind === 'imported') {
      if (isScript) lastCompiled.set(path, { code: bundle.code, exports: compiled.exports })
      return compiled
    }
    return { kind: 'broken', failure: await explainImport(path, compiled.error) }
  } finally {
    process.setSourceMapsEnabled(false)
    await rm(folder, { recursive: true, force: true })
  }
}

/** By path, of this process, as Node's own memory of them is. */
const importedAsWritten = new Set<string>()
/** JavaScript that has not changed is imported no third time: nothing that is imported is ever freed. */
const lastCompiled = new Map<string, { code: string; exports: Readonly<Record<string, unknown>> }>()

type ImportedModule =
  | { readonly kind: 'imported'; readonly exports: Readonly<Record<string, unknown>> }
  | { readonly kind: 'broken'; readonly failure: Failure }

/** A user's module, or an InputError that says why not. */
export async function importedOr(path: string): Promise<Readonly<Record<string, unknown>>> {
  const imported = await orUnending(path, importModule(path))
  if (imported.kind === 'imported') return imported.exports
  throw new InputError(imported.failure.message)
}

/** Rejects once nothing can happen any more while the module still waits for something. */
async function orUnending<T>(path: string, importing: Promise<T>): Promise<T> {
  let unending = (): void => {}
  const never = new Promise<never>((_, reject) => {
    unending = () =>
      reject(new InputError(`${path}: its top-level await waits for what never happens`))
  })
  process.once('beforeExit', unending)
  try {
    return await Promise.race([importing, never])
  } finally {
    process.off('beforeExit', unending)
  }
}

/** What Node does not load as it lies: TypeScript, and ES modules that their folder calls CommonJS. */
export function mustCompile(path: string): boolean {
  return /\.([cm]?ts|[jt]sx)$/.test(path) || (path.endsWith('.js') && isMisnamedModule(path))
}

/** `npm init -y` of some versions writes `"type": "commonjs"`, whatever is written beside it. */
function isMisnamedModule(path: string): boolean {
  try {
    return /^(import|export)\b/m.test(readFileSync(path, 'utf8')) && typeAt(path) === 'commonjs'
  } catch {
    return false
  }
}

/** `type` of the nearest package.json. */
function typeAt(path: string): unknown {
  const folder = dirname(path)
  if (folder === path) return undefined
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).type
  } catch (error) {
    return (error as { code?: unknown }).code === 'ENOENT' ? typeAt(folder) : undefined
  }
}

/** Whether Node's refusal of a JavaScript module is one that compiling it removes. */
export function compilingHelps(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') return true
  if (code === 'MODULE_NOT_FOUND') return /Cannot find module 'dray'/.test(String(error))
  return code === 'ERR_MODULE_NOT_FOUND' && /Cannot find package 'dray'/.test(String(error))
}

export async function importFile(
  path: string,
): Promise<
  | { readonly kind: 'imported'; readonly exports: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed'; readonly error: unknown }
> {
  try {
    const exports = (await import(pathToFileURL(path).href)) as Record<string, unknown>
    return { kind: 'imported', exports: withoutInterop(exports) }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

/** CommonJS compiled from ES modules (`exports.default = ...`) arrives one level too deep. */
function withoutInterop(exports: Record<string, unknown>): Record<string, unknown> {
  const inner = exports.default as Record<string, unknown> | null | undefined
  return inner?.__esModule === true ? inner : exports
}

async function preferMissing(path: string, failure: Failure): Promise<Failure> {
  const explained = await explainImport(path, undefined)
  return explained.message.includes('does not exist') ? explained : failure
}
