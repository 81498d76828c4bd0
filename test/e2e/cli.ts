import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** A folder with the given files, removed when the test ends. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-e2e-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type Ended = {
  readonly code: number | string | null
  readonly out: string
  readonly err: string
}

/** Runs the command line in a folder; `killAfter`: SIGKILL to the whole group after that many milliseconds. */
export function dray(
  folder: string,
  args: readonly string[],
  options: { readonly killAfter?: number } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', data => (out += data))
  child.stderr.on('data', data => (err += data))
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const timer = options.killAfter === undefined ? undefined : setTimeout(kill, options.killAfter)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: signal ?? code, out, err })
    })
  })
}

/** The one JSON object of `--json`. */
export const summaryOf = (
  ended: Ended,
): Record<string, never> & {
  readonly items: Record<string, number>
  readonly state: string
  readonly retries: number
} => JSON.parse(ended.out.trim().split('\n').at(-1) ?? '')
