import { lstat, realpath } from 'node:fs/promises'
import { dirname, sep } from 'node:path'

/** Where the files of an output may lie; `realRoot` is where that folder really is. */
export type OutputFolder = { readonly root: string; readonly realRoot: string }

/** No path of this machine: it stands in output files. */
export const STAY_INSIDE = "expected a key that stays inside its output's folder"

/** Why a file would not really be in the output folder, symbolic links followed. */
export async function leadsOutside(
  path: string,
  { realRoot }: Pick<OutputFolder, 'realRoot'>,
): Promise<string | undefined> {
  const real = await realFolder(dirname(path))
  if (real === realRoot || (real !== undefined && isInside(real, realRoot))) return undefined
  const where = real === undefined ? 'nowhere' : 'another folder'
  return `a symbolic link on its way leads to ${where}; ${STAY_INSIDE}`
}

export const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)

/** Where a folder really is; of one that does not exist yet, where its nearest existing parent is. */
async function realFolder(folder: string): Promise<string | undefined> {
  for (let existing = folder; ; existing = dirname(existing)) {
    if (!(await exists(existing)) && existing !== dirname(existing)) continue
    return await realpath(existing).catch(() => undefined)
  }
}

export const exists = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined
