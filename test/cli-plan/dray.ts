import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const loader = import.meta.resolve('tsx')

/** The command line as a user calls it, in a folder. */
export function drayIn(folder: string, words: readonly string[]) {
  const main = join(root, 'src/main.ts')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', loader, main, ...words],
    { cwd: folder, encoding: 'utf8', timeout: 60_000 },
  )
  return { status, stdout, stderr }
}
