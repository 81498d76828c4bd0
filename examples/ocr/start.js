import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ended } from './child.js'

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
