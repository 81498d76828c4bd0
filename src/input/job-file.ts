import { access, constants, lstat, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { Job } from '../model/job.ts'
import { checkFiles } from './check-files.ts'
import { InputError } from './input-error.ts'
import { nearbyFile } from './nearby.ts'
import { type ParseJobOptions, parseJob } from './parse-job.ts'

type LoadJobOptions = Omit<ParseJobOptions, 'file' | 'folder' | 'lineOf'> & {
  /** Imports a module, TypeScript included, and answers its namespace. */
  readonly importModule: (path: string) => Promise<unknown>
  /** What the path is relative to; the process's folder when not given. */
  readonly cwd?: string
}

/**
 * A job file, TypeScript, JavaScript, YAML or JSON, as a job: the same object either way. The files
 * it names must exist, and a `returns` schema is read and checked. Everything wrong is one
 * `InputError`.
 */
export async function loadJobFile(path: string, options: LoadJobOptions): Promise<Job> {
  // A link stands for its file: paths in a job are relative to where it really is, as its imports are.
  const given = resolve(options.cwd ?? process.cwd(), path)
  const found = await findJobFile(given, path)
  const shown = found === given ? path : join(path, basename(found))
  const file = await realpathOfLink(found)
  await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      `${shown}: cannot be read (${error.code}); expected a file this user may read`,
    )
  })
  const { value, lineOf } = MODULES.has(extname(file))
    ? { value: await importJob(file, shown, options.importModule), lineOf: undefined }
    : await (await import('./job-document.ts')).readDocument(file, shown)
  const job = parseJob(value, { ...options, file: shown, folder: dirname(file), lineOf })
  return checkFiles(job, shown, lineOf)
}

const realpathOfLink = async (file: string): Promise<string> =>
  (await lstat(file)).isSymbolicLink() ? await realpath(file) : file

const MODULES = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'])
const DOCUMENTS = new Set(['.yaml', '.yml', '.json'])
const IN_FOLDER = ['job.ts', 'job.mts', 'job.js', 'job.mjs', 'job.yaml', 'job.yml', 'job.json']

/** A folder stands for the job file in it. */
async function findJobFile(path: string, shown: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    throw new InputError(`${shown}: no such job file${await nearbyFile(path)}`)
  }
  if (found.isDirectory()) {
    for (const name of IN_FOLDER) {
      const inside = join(path, name)
      if ((await stat(inside).catch(() => undefined))?.isFile()) return inside
    }
    throw new InputError(
      `${shown}: a folder without a job file; expected one of ${IN_FOLDER.join(', ')} in it`,
    )
  }
  if (!MODULES.has(extname(path)) && !DOCUMENTS.has(extname(path))) {
    const kinds = [...MODULES, ...DOCUMENTS].join(' ')
    throw new InputError(`${shown}: not a job file; expected one of ${kinds}`)
  }
  return path
}

async function importJob(
  file: string,
  shown: string,
  importModule: LoadJobOptions['importModule'],
): Promise<unknown> {
  let module: unknown
  try {
    module = await importModule(file)
  } catch (error) {
    throw new InputError(`${shown}: cannot be loaded\n  ${importProblem(error, file)}`, {
      cause: error,
    })
  }
  const value = defaultExport(module)
  if (value === undefined) {
    throw new InputError(`${shown}: no default export; expected export default defineJob({ ... })`)
  }
  return value
}

/** The default export; twice when a CommonJS module was wrapped on the way. */
function defaultExport(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || !('default' in module)) return undefined
  const value = module.default
  return typeof value === 'object' && value !== null && '__esModule' in value
    ? defaultExport(value)
    : value
}

/** The first line that says something, and where in the job file it happened. */
function importProblem(error: unknown, file: string): string {
  if (error instanceof InputError) return error.message
  const said = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  const lines = said.split('\n').map(line => line.trim())
  const syntax = lines.find(line => /:\d+:\d+: ERROR:/.test(line))
  if (syntax !== undefined) return syntax
  const place = lines.find(line => line.includes(file) && /:\d+(:\d+)?\)?$/.test(line))
  const head = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : said
  const at = place === undefined ? undefined : /([^\s(]+:\d+(?::\d+)?)\)?$/.exec(place)?.[1]
  return at === undefined ? head : `${head} (at ${at.replace(/^file:\/\//, '')})`
}
