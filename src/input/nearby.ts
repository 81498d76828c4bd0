import { readdir } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { nearest } from './nearest.ts'

/** For a file that is missing: the nearest name in its folder, or that the folder is missing too. */
export async function nearbyFile(path: string): Promise<string> {
  const names = await readdir(dirname(path)).catch(() => undefined)
  if (names === undefined) return `; the folder ${dirname(path)} does not exist`
  const wanted = basename(path)
  const stem = wanted.slice(0, wanted.length - extname(wanted).length)
  const sameStem = names.find(name => name.slice(0, name.length - extname(name).length) === stem)
  const near = nearest(wanted, names) ?? sameStem
  return near === undefined ? '' : `; did you mean "${near}"?`
}
