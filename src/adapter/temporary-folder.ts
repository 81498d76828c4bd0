import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder of this process in the temporary one, named after it, and for it to remove. One that was killed could
 * not: what such processes left is removed by the next.
 */
export function temporaryFolder(use: 'module' | 'read'): string {
  const prefix = `dray-${use}-`
  try {
    for (const name of readdirSync(tmpdir())) {
      if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length).split('-')[0])))
        rmSync(join(tmpdir(), name), { recursive: true, force: true })
    }
  } catch {
    // Another user's, or no folder that may be listed.
  }
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
}

function isAlive(pid: number): boolean {
  // A name of another kind is not ours to judge.
  if (!(pid > 0)) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
