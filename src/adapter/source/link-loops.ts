import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Files without those whose path passes through one folder twice, or through a link to a folder above
 * it: both show files again that were not meant, under a longer name. What stands in a pattern itself, before
 * its first special character (`bases`), was asked for and is no loop.
 */
export async function withoutLoops(
  paths: readonly string[],
  bases: readonly string[],
): Promise<readonly string[]> {
  const realOf = remembered(path => realpath(path).catch(() => path))
  const looping = new Set<string>()
  const folders = [...new Set(paths.map(path => dirname(path)))]
  const look = async (folder: string): Promise<void> => {
    const passed = await Promise.all(foldersTo(folder, bases).map(realOf))
    const goesBack = passed.some(
      (real, at) => at + 1 < passed.length && passed[at + 1].startsWith(`${real}/`),
    )
    if (goesBack || new Set(passed).size < passed.length) looping.add(folder)
  }
  for (let from = 0; from < folders.length; from += AT_ONCE)
    await Promise.all(folders.slice(from, from + AT_ONCE).map(look))
  return looping.size === 0 ? paths : paths.filter(path => !looping.has(dirname(path)))
}

const AT_ONCE = 64

/** A folder and those above it, up to the nearest base. */
function foldersTo(folder: string, bases: readonly string[]): string[] {
  const passed = [folder]
  for (let now = folder; !bases.includes(now) && now !== dirname(now); ) {
    now = dirname(now)
    passed.push(now)
  }
  return passed
}

function remembered(look: (path: string) => Promise<string>): typeof look {
  const known = new Map<string, Promise<string>>()
  return path => {
    const found = known.get(path) ?? look(path)
    known.set(path, found)
    return found
  }
}
