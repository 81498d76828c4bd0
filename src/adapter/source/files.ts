import { constants, readdir as readdirCallback } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'
import { escapePath, glob, isDynamicPattern } from 'tinyglobby'
import { InputError } from '../../model/input-error.ts'
import { hash64 } from '../../std/hash64.ts'
import { fileVersion } from './file-version.ts'
import { withoutLoops } from './link-loops.ts'
import { type PlacedSource, problemRow, type Row, type RowOptions } from './row.ts'

/**
 * The files that match the patterns, in code-unit order of their paths, which is the same on every
 * machine. The item is the absolute path; its key is the path from the job's folder, or, for files
 * outside it, from the patterns' own folder. The cursor is the last path read, so a file added
 * later shifts nothing before it.
 */
export function filesSource(
  patterns: readonly string[],
  folder: string,
  options: Pick<RowOptions, 'size'>,
): PlacedSource {
  let listing: Promise<readonly string[]> | undefined
  const list = (): Promise<readonly string[]> => (listing ??= listFiles(patterns, folder))
  const root = keyRoot(patterns, folder)
  const keyOf = (path: string): string => relative(root, path).replaceAll(sep, '/')

  const readOne = async (path: string, index: number): Promise<Row> => {
    const key = keyOf(path)
    try {
      const { size, mtimeMs, mode } = await stat(path)
      if ((mode & 0o444) === 0) throw new Error('nobody may read it')
      if ((mode & 0o004) === 0) await access(path, constants.R_OK)
      const amount = options.size.kind === 'bytes' ? Math.max(1, size) : 1
      return {
        key,
        payload: JSON.stringify(path),
        version: fileVersion({ mtimeMs, size }),
        size: amount,
      }
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException
      const problem =
        code === 'ENOENT' && path.includes('\uFFFD')
          ? `${key}: its name is not UTF-8, and by no other can it be read; expected a file renamed to one that is`
          : `${key}: cannot be read (${code === 'ENOENT' ? 'no such file' : (code ?? message)}); expected a file`
      return { ...problemRow(problem, index, { key: undefined }), key }
    }
  }

  return {
    fingerprint: async () => {
      const paths = await list()
      const versions: string[] = []
      for (let first = 0; first < paths.length; first += AT_ONCE) {
        const some = paths.slice(first, first + AT_ONCE)
        const rows = await Promise.all(some.map((path, at) => readOne(path, first + at)))
        versions.push(hash64(rows.map(row => `${row.key}\0${row.version}`).join('\n')))
      }
      return `files:${paths.length}:${hash64(versions.join())}`
    },
    count: async () => (await list()).length,
    read: async (cursor, limit) => {
      const paths = await list()
      const first = cursor === undefined ? 0 : firstAfter(paths, cursor)
      const end = Math.min(paths.length, first + limit)
      const items: Row[] = []
      for (let from = first; from < end; from += AT_ONCE) {
        const some = paths.slice(from, Math.min(end, from + AT_ONCE))
        items.push(...(await Promise.all(some.map((path, at) => readOne(path, from + at)))))
      }
      return { items, cursor: end === 0 ? '' : paths[end - 1], done: end === paths.length }
    },
    place: index => `file ${index}`,
    close: async () => {},
  }
}

/** Looked at together: enough to keep the disk busy, few enough to leave the thread pool alone. */
const AT_ONCE = 64

async function listFiles(patterns: readonly string[], folder: string): Promise<readonly string[]> {
  if (patterns.every(pattern => pattern.startsWith('!')))
    throw new InputError(
      `${shownPatterns(patterns, folder)}: only ${patterns.length === 1 ? 'a pattern' : 'patterns'} of files to leave out; expected one of files to take as well`,
    )
  const unreadable: string[] = []
  const found = await glob(await Promise.all(patterns.map(asWritten)), {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    expandDirectories: true,
    fs: { readdir: tellingReaddir(unreadable) },
  })
  if (unreadable.length > 0) throw new InputError(unreadableFolder(unreadable.sort(byCodeUnit)))
  if (found.length === 0) throw new InputError(await nothingFound(patterns, folder))
  await refuseMissing(patterns, folder)
  const sorted = found.sort(byCodeUnit)
  return withoutLoops(
    sorted.filter((path, at) => at === 0 || path !== sorted[at - 1]),
    patterns.filter(pattern => !pattern.startsWith('!')).map(fixedFolder),
  )
}

/**
 * The glob passes over a folder it may not list, and its files would be missing without a word. What
 * is gone by the time it is listed is no loss.
 */
function tellingReaddir(unreadable: string[]): typeof readdirCallback {
  const listed = (path: string, options: object, done: (...given: unknown[]) => void): void => {
    const heard = (error: NodeJS.ErrnoException | null, entries: unknown): void => {
      if (error !== null && error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
        unreadable.push(`${path} (${error.code})`)
      done(error, entries)
    }
    readdirCallback(path, { ...options, withFileTypes: true }, heard)
  }
  return listed as typeof readdirCallback
}

function unreadableFolder([first, ...others]: readonly string[]): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  return `the folder ${first}${more} cannot be read; expected every folder of the input to be: give it read permission, or leave it out with a pattern that begins with "!"`
}

/**
 * A pattern that is the very name of a file, brackets and all, means that file; of a folder all in it.
 * (At the end of a pattern `**` passes over names with a line end in them, `*` does not.)
 */
export async function asWritten(pattern: string): Promise<string> {
  if (pattern.startsWith('!')) return pattern
  for (const name of [pattern, pattern.replace(/\\(.)/g, '$1')]) {
    const found = await stat(name).catch(() => undefined)
    if (found?.isDirectory()) return `${escapePath(name).replace(/\/+$/, '')}/**/*`
    if (found !== undefined) return escapePath(name)
  }
  return pattern.replace(/(^|\/)\*\*$/, '$1**/*')
}

/** A pattern may match nothing where others do; the very name of a file that is not there is a slip. */
async function refuseMissing(patterns: readonly string[], folder: string): Promise<void> {
  for (const pattern of patterns) {
    if (isDynamicPattern(pattern)) continue
    const isThere = await stat(pattern.replace(/\\(.)/g, '$1')).catch(() => undefined)
    if (isThere === undefined) throw new InputError(await nothingFound([pattern], folder))
  }
}

async function nothingFound(patterns: readonly string[], folder: string): Promise<string> {
  const wanted = patterns.find(pattern => !pattern.startsWith('!')) ?? ''
  const base = fixedFolder(wanted)
  const head = `no file matches ${shownPatterns(patterns, folder)}`
  try {
    const names = (await readdir(base)).sort(byCodeUnit)
    if (names.length === 0) return `${head}: the folder ${base} is empty`
    if (names.length === 1) return `${head}: the folder ${base} holds only ${names[0]}`
    const shown = names.find(name => !name.startsWith('.')) ?? names[0]
    return `${head}: the folder ${base} holds ${names.length} entries, such as ${shown}`
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return `${head}: the folder ${base} ${missing ? 'does not exist' : 'cannot be read'}`
  }
}

const shownPatterns = (patterns: readonly string[], folder: string): string =>
  patterns.map(pattern => JSON.stringify(showPath(pattern, folder))).join(', ')

const showPath = (path: string, folder: string): string =>
  path.startsWith('!')
    ? `!${showPath(path.slice(1), folder)}`
    : path.startsWith(`${folder}/`)
      ? path.slice(folder.length + 1)
      : path

/** Files of the job's folder are named from there; others from the deepest folder they share. */
function keyRoot(patterns: readonly string[], folder: string): string {
  const bases = patterns.filter(pattern => !pattern.startsWith('!')).map(fixedFolder)
  if (bases.every(base => base === folder || base.startsWith(`${folder}/`))) return folder
  return bases.reduce((shared, base) => {
    let common = shared
    while (base !== common && !base.startsWith(common === '/' ? '/' : `${common}/`)) {
      common = dirname(common)
    }
    return common
  })
}

/** The part of a pattern before its first special character, as a folder. */
function fixedFolder(pattern: string): string {
  const special = /(?<!\\)[*?[\](){}!+@]/.exec(pattern)
  const fixed = special === null ? pattern : pattern.slice(0, special.index)
  const cut = fixed.lastIndexOf('/')
  const folder = cut > 0 ? fixed.slice(0, cut) : '/'
  return folder.replace(/\\(.)/g, '$1')
}

function firstAfter(paths: readonly string[], cursor: string): number {
  let [low, high] = [0, paths.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (paths[middle] <= cursor) low = middle + 1
    else high = middle
  }
  return low
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
