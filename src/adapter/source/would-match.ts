import type { readdir as readdirCallback } from 'node:fs'
import { sep } from 'node:path'
import { glob } from 'tinyglobby'

/**
 * Whether a path would be among the files of these patterns, were it there: asked of the glob itself, in a
 * file system that holds nothing else.
 */
export async function wouldMatch(
  patterns: readonly string[],
  folder: string,
  path: string,
): Promise<boolean> {
  const found = await glob([...patterns], {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    expandDirectories: true,
    fs: { readdir: holdingOnly(path) },
  })
  return found.length > 0
}

function holdingOnly(path: string): typeof readdirCallback {
  const listed = (folder: string, _: object, done: (error: null, entries: unknown) => void) => {
    const base = folder.endsWith(sep) ? folder : `${folder}${sep}`
    const [name, ...below] = path.startsWith(base) ? path.slice(base.length).split(sep) : []
    const entry = {
      name,
      isFile: () => below.length === 0,
      isDirectory: () => below.length > 0,
      isSymbolicLink: () => false,
    }
    process.nextTick(done, null, name === undefined ? [] : [entry])
  }
  return listed as unknown as typeof readdirCallback
}
