import { realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { InputSpec } from '../../model/job.ts'
import { fillTemplate, templateRoot } from '../../model/output-template.ts'
import type { Source, SourceItem } from '../../port/source.ts'
import { isInside, leadsOutside, STAY_INSIDE } from '../output/inside.ts'

/**
 * An item whose output file could not or must not be written fails before it is worked on: outside its
 * folder, by its key or by a symbolic link; under a name no disk takes; over the file it is made from.
 */
export function refuseBadTargets(
  source: Source,
  spec: InputSpec,
  templates: readonly string[],
): Source {
  const problemOf = targetProblems(templates, spec.kind === 'files')
  if (problemOf === undefined) return source
  const check = async (item: SourceItem): Promise<SourceItem> => {
    if (item.problem !== undefined) return item
    const problem = await problemOf(item)
    return problem === undefined ? item : { ...item, payload: 'null', problem }
  }
  return {
    ...source,
    read: async (cursor, limit) => {
      const chunk = await source.read(cursor, limit)
      const items: SourceItem[] = []
      for (const item of chunk.items) items.push(await check(item))
      return { ...chunk, items }
    },
  }
}

/** What is wrong with the outputs an item's key would lead to; `undefined` where there are none. */
export function targetProblems(
  templates: readonly string[],
  itemsAreFiles = false,
): ((item: Pick<SourceItem, 'key' | 'payload'>) => Promise<string | undefined>) | undefined {
  if (templates.length === 0) return undefined
  const linkProblem = linkFinder()
  return async item => {
    for (const template of templates) {
      const root = templateRoot(template)
      const filled = fillTemplate(template, { index: 0, key: item.key })
      if ('refused' in filled) return `${filled.refused}: ${short(item.key)}; ${STAY_INSIDE}`
      const path = resolve(filled.path)
      if (!isInside(path, root))
        return `its key names the folder itself: ${short(item.key)}; ${STAY_INSIDE}`
      if (itemsAreFiles && path === resolve(JSON.parse(item.payload) as string))
        return `its output would be written over it; expected an output elsewhere, such as out/{key}.json`
      const long = path.split(/[/\\]/).find(name => Buffer.byteLength(name) > MOST_NAME_BYTES)
      if (long !== undefined)
        return `its output's name takes ${Buffer.byteLength(long)} bytes; expected at most ${MOST_NAME_BYTES}`
      if (Buffer.byteLength(path) > MOST_PATH_BYTES)
        return `its output's path takes ${Buffer.byteLength(path)} bytes; expected at most ${MOST_PATH_BYTES}`
      const link = await linkProblem(path, root)
      if (link !== undefined) return link
    }
    return undefined
  }
}

const short = (key: string): string => {
  const text = JSON.stringify(key)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** What file systems take for one name. */
const MOST_NAME_BYTES = 255
/** PATH_MAX is 1,024 on macOS and 4,096 on Linux; a file is first written under a name up to 64 longer. */
const MOST_PATH_BYTES = (process.platform === 'darwin' ? 1024 : 4096) - 65

/** Links are looked for once a folder, not once a file. */
function linkFinder(): (path: string, root: string) => Promise<string | undefined> {
  const known = new Map<string, string | undefined>()
  return async (path, root) => {
    const folder = dirname(path)
    if (folder === root) return undefined
    const id = `${root}\0${folder}`
    if (known.has(id)) return known.get(id)
    if (known.size >= MOST_FOLDERS) known.clear()
    const realRoot = await realpath(root).catch(() => undefined)
    // A folder that is not there yet has no links in it.
    const problem = realRoot === undefined ? undefined : await leadsOutside(path, { realRoot })
    known.set(id, problem)
    return problem
  }
}

const MOST_FOLDERS = 10_000
