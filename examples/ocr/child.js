import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs Node on these arguments and answers the child's exit code. Ctrl-C and a terminal that closes reach the whole
 * process group, a polite kill this process alone: that is passed on. What it means the child decides, and this
 * process waits.
 */
export async function ended(...args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', cwd: checkout })
  const listeners = [
    ['SIGINT', () => {}],
    ['SIGTERM', () => child.kill('SIGTERM')],
    ['SIGHUP', () => {}],
  ]
  for (const [signal, listener] of listeners) process.on(signal, listener)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? (asked.has(signal) ? 130 : 1)))
  })
  for (const [signal, listener] of listeners) process.off(signal, listener)
  return code
}

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const asked = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])
