import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; answers the topmost it made, as Node's own recursive mkdir does,
 * which never returns where the system refuses with ENOENT below a folder that exists, such as /proc.
 */
export async function makeFolder(dir: string): Promise<string | undefined> {
  const above = dirname(dir)
  try {
    await mkdir(dir)
    return dir
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' || above === dir) return refuseFile(dir, error)
  }
  const made = await makeFolder(above)
  try {
    await mkdir(dir)
  } catch (error) {
    await refuseFile(dir, error)
  }
  return made ?? dir
}

/** A folder that is there is as good as one that was made. */
async function refuseFile(dir: string, error: unknown): Promise<undefined> {
  const found = await stat(dir).catch(() => undefined)
  if (found?.isDirectory() !== true) throw error
}
