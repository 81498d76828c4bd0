import { type Stats, unlinkSync } from 'node:fs'
import { lstat, readFile, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fillTemplate, templateRoot } from '../../model/output-template.ts'
import type { StoredResult } from '../../port/store.ts'
import { keySet } from '../../std/key-set.ts'
import { createAtomicFile, removeAbandoned, syncFolder } from './atomic-file.ts'
import { exists, isInside, leadsOutside, type OutputFolder, STAY_INSIDE } from './inside.ts'
import { hasResult } from './jsonl.ts'
import { makeFolder } from './make-folder.ts'
import { OutputError, outputError } from './output-error.ts'
import type { RefusedItem, Written } from './write-output.ts'

/**
 * A file per item: text as it is, anything else as indented JSON. Items that failed or were skipped get none, and lose
 * that of an earlier run: it shows a result that they no longer have. Files of other items stay. A file
 * that already holds the same bytes is left alone, so a run that continues rewrites only what
 * changed. Several files are written at once, since each waits for the disk. `since`, in ms since the epoch as the
 * file system tells it, is when an earlier run wrote here: what is replaced and was changed later than that is counted,
 * and never removed.
 */
export async function writeEach(
  template: string,
  results: Iterable<StoredResult>,
  since = Number.POSITIVE_INFINITY,
): Promise<Written> {
  const root = templateRoot(template)
  await makeFolder(root).catch(error => {
    throw outputError(error, root, 0)
  })
  const place = { template, root, realRoot: await realpath(root) }
  const folders = new Set<string>()
  const cleaned = new Map<string, Promise<void>>()
  const paths = keySet()
  const sameFile = await sameFileIn(root)
  const writing = new Set<string>()
  const total = { files: 0, bytes: 0, items: 0, refused: [] as RefusedItem[], refusedCount: 0 }
  const times = { changedAt: 0, replaced: 0 }

  const takeOne = (result: StoredResult): Promise<void> | undefined => {
    const target = targetOf(place, result)
    if (hasResult(result))
      return 'path' in target ? writeOne(result, target.path) : refuse(result, target.refused)
    const isOver = result.state === 'failed' || result.state === 'skipped'
    if (!isOver || 'refused' in target || since === Number.POSITIVE_INFINITY) return undefined
    return drop(target.path)
  }
  const writeOne = async (result: StoredResult, path: string): Promise<void> => {
    const file = sameFile(path)
    const first = paths.add(file, result.index)
    if (first !== undefined && (writing.has(file) || (await exists(path)))) {
      return refuse(
        result,
        `item ${first} writes ${path} too; expected a file an item: {key} or {index} in the path`,
      )
    }
    writing.add(file)
    try {
      const outside = await leadsOutside(path, place)
      if (outside !== undefined) return refuse(result, outside)
      await writeText(path, textOf(result.payload))
    } catch (error) {
      const reason = nameProblem(error)
      if (reason === undefined) throw error
      refuse(result, `${path}: ${reason}`)
    } finally {
      writing.delete(file)
    }
  }
  const writeText = async (path: string, text: string): Promise<void> => {
    let file = await lstat(path).catch(() => undefined)
    if (!(await holds(path, text, file))) {
      if (file?.isFile() && file.mtimeMs > since) times.replaced += 1
      const folder = dirname(path)
      await cleanOnce(folder)
      await replaceFile(path, text)
      file = await lstat(path)
      for (let now = folder; isInside(now, root); now = dirname(now)) folders.add(now)
    }
    times.changedAt = Math.max(times.changedAt, file?.mtimeMs ?? 0)
    total.files += 1
    total.items += 1
    total.bytes += Buffer.byteLength(text)
  }
  const drop = async (path: string): Promise<void> => {
    const found = await lstat(path).catch(() => undefined)
    if (found?.isFile() !== true || found.mtimeMs > since) return
    if ((await leadsOutside(path, place)) !== undefined) return
    // Another item may write there.
    if (paths.find(sameFile(path)) === undefined) unlinkSync(path)
    folders.add(dirname(path))
  }
  // Once a folder: it holds a file an item by its end, and to list it for each would be quadratic.
  const cleanOnce = (folder: string): Promise<void> => {
    const begun = cleaned.get(folder) ?? removeAbandoned(folder)
    cleaned.set(folder, begun)
    return begun
  }
  const refuse = ({ index, key }: StoredResult, reason: string): undefined => {
    total.refusedCount += 1
    if (total.refused.length < REFUSED_SHOWN) total.refused.push({ index, key, reason })
  }

  await atOnce(results[Symbol.iterator](), takeOne)
  for (const folder of [...folders, root, dirname(root)]) await syncFolder(folder)
  const { changedAt, replaced } = times
  return { path: root, ...total, changedAt, ...(replaced > 0 && { replaced }) }
}

const AT_ONCE = 16
const REFUSED_SHOWN = 100

/** Sixteen lanes take from one iterator; the first error stops them all. */
async function atOnce(
  results: Iterator<StoredResult>,
  work: (result: StoredResult) => Promise<void> | undefined,
): Promise<void> {
  let failed = false
  const lane = async (): Promise<void> => {
    for (let next = results.next(); next.done !== true && !failed; next = results.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane))
  results.return?.()
  const broken = ended.find(lane => lane.status === 'rejected')
  if (broken !== undefined) throw broken.reason
}

type Place = OutputFolder & { readonly template: string }

function targetOf(
  { template, root }: Place,
  item: StoredResult,
): { readonly path: string } | { readonly refused: string } {
  const filled = fillTemplate(template, item)
  if ('refused' in filled) return { refused: `${filled.refused}; ${STAY_INSIDE}` }
  const path = resolve(filled.path)
  return isInside(path, root)
    ? { path }
    : { refused: `its key names the folder itself; ${STAY_INSIDE}` }
}

/** Errors that are about this item's name, not about the disk. */
function nameProblem(error: unknown): string | undefined {
  const cause = error instanceof OutputError ? error.cause : error
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENAMETOOLONG':
      return 'the name is too long'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of its folder is a file'
    case 'EISDIR':
      return 'a folder has this name'
    default:
      return undefined
  }
}

/**
 * What two paths to one file have in common: where the disk ignores case (macOS, Windows), `Foo` and
 * `foo` would silently replace each other, and `é` composed and decomposed.
 */
async function sameFileIn(root: string): Promise<(path: string) => string> {
  const other = root.replace(/\p{L}(?=\P{L}*$)/u, letter =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  )
  const [here, there] = await Promise.all([lstat(root), lstat(other).catch(() => undefined)])
  const ignoresCase = other !== root && here.ino === there?.ino && here.dev === there.dev
  return path => (ignoresCase ? path.normalize('NFC').toLowerCase() : path)
}

function textOf(payload: string): string {
  const value: unknown = JSON.parse(payload)
  return typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`
}

async function holds(path: string, text: string, file: Stats | undefined): Promise<boolean> {
  if (file === undefined || !file.isFile() || file.size !== Buffer.byteLength(text)) return false
  return (await readFile(path, 'utf8').catch(() => undefined)) === text
}

async function replaceFile(path: string, text: string): Promise<void> {
  const file = await createAtomicFile(path, { syncFolder: false })
  try {
    await file.write(text)
    await file.commit()
  } finally {
    await file.discard()
  }
}
