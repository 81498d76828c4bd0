import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The whole example in one command: draws the pages unless they are there, runs the job on them
 * (arguments are passed on to `dray run`), and says how much was read right and where the text is.
 */
const here = path => fileURLToPath(new URL(path, import.meta.url))

if (!existsSync(here('pages'))) {
  console.log('drawing the pages (once, some seconds)')
  await run('--import', 'tsx', here('render/pages.ts'))
}
await run(here('../../dist/main.js'), 'run', here('job.ts'), ...process.argv.slice(2))
if (!process.argv.includes('--json')) await run('--import', 'tsx', here('summary.ts'))

/** Ends this process the way the child ended, unless it did well. Ctrl-C reaches the whole process
 *  group: the child decides what it means, and this process waits for it. */
async function run(...args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', cwd: here('../..') })
  const ignore = () => {}
  process.on('SIGINT', ignore)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? (signal === 'SIGINT' ? 130 : 1)))
  })
  process.off('SIGINT', ignore)
  if (code !== 0) process.exit(code)
}
