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
const code = await ended(
  here('../../dist/main.js'),
  'run',
  here('job.ts'),
  ...process.argv.slice(2),
)
// Pages that failed are no reason to keep quiet about those that were read.
const written = code === 0 || code === 1
if (written && !process.argv.includes('--json') && existsSync(here('out/text.jsonl')))
  await run('--import', 'tsx', here('summary.ts'))
process.exitCode = code

/** Ends this process the way the child ended, unless it did well. */
async function run(...args) {
  const code = await ended(...args)
  if (code !== 0) process.exit(code)
}

/** Ctrl-C reaches the whole process group: the child decides what it means, and this process waits. */
async function ended(...args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit', cwd: here('../..') })
  const ignore = () => {}
  process.on('SIGINT', ignore)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve(status ?? (signal === 'SIGINT' ? 130 : 1)))
  })
  process.off('SIGINT', ignore)
  return code
}
