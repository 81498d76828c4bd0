import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { createDirectory } from '../adapter/sqlite/create-directory.ts'
import { InputError } from '../model/input-error.ts'
import { exitCode, exitWith } from './exit.ts'
import { print, printJson } from './print.ts'

type Flags = { readonly json?: boolean }

export function registerInit(program: Command): void {
  program
    .command('init')
    .argument('[dir]', 'where to; here by default')
    .option('--json', 'one JSON object')
    .action((dir: string | undefined, flags: Flags) =>
      exitWith(async () => init(dir ?? '.', flags)),
    )
}

function init(dir: string, flags: Flags): number {
  const folder = resolve(dir)
  const files = filesOf(jobName(folder))
  const taken = Object.keys(files).filter(name => existsSync(join(folder, name)))
  if (taken.length > 0)
    throw new InputError(`${dir}: has ${taken.join(', ')} already; nothing was written`)
  makeFolder(dir, folder)
  writeAll(dir, folder, files)
  const run = `dray run ${asWord(relative(process.cwd(), folder) || '.')}`
  if (flags.json === true) printJson({ folder, files: Object.keys(files), run })
  else print(`wrote ${Object.keys(files).join(', ')} to ${folder}\n\n  ${run}`)
  return exitCode.done
}

/** One word of a shell's, whatever is in it. */
const asWord = (path: string): string =>
  /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`

function makeFolder(shown: string, folder: string): void {
  try {
    createDirectory(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InputError(`${shown}: no folder can be made there (${code}); nothing was written`)
  }
}

/** All of them or none. */
function writeAll(shown: string, folder: string, files: Readonly<Record<string, string>>): void {
  const begun: string[] = []
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name)
      writeFileSync(path, '', { flag: 'wx' })
      begun.push(path)
      writeFileSync(path, text)
    }
  } catch (error) {
    for (const path of begun) rmSync(path, { force: true })
    const { code, path = folder } = error as NodeJS.ErrnoException
    const name = basename(path)
    throw new InputError(`${shown}: ${name} cannot be written there (${code}); nothing was written`)
  }
}

function jobName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 100)
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'reviews' : name
}

const filesOf = (name: string): Record<string, string> => ({
  'job.ts': `import { defineJob } from 'dray'

export default defineJob({
  name: '${name}',
  input: { jsonl: 'reviews.jsonl', key: 'id' },
  stages: [
    {
      name: 'score',
      map: './score.ts',
      timeout: '30s',
      retry: { attempts: 3 },
      output: { jsonl: 'out/scores.jsonl' },
    },
    { name: 'summary', reduce: './summary.ts', after: 'score', output: { jsonl: 'out/summary.jsonl' } },
  ],
})
`,
  'score.ts': `type Review = { id: string; text: string }

/** Loaded once per slot; put your model here. */
export async function setup() {
  const good = new Set(['good', 'great', 'love', 'fast', 'clear'])
  const bad = new Set(['bad', 'slow', 'broken', 'poor'])
  return { good, bad }
}

/** Handles one item. What it returns is the item's result, as JSON. */
export default function score(review: Review, ctx: { loaded: Awaited<ReturnType<typeof setup>> }) {
  const words = review.text.toLowerCase().match(/[a-z]+/g) ?? []
  const count = (set: Set<string>) => words.filter(word => set.has(word)).length
  return { score: count(ctx.loaded.good) - count(ctx.loaded.bad), words: words.length }
}
`,
  'summary.ts': `type Score = { score: number; words: number }

/** Takes the results of every item before it. */
export default function summary(scores: Score[]) {
  const total = scores.reduce((sum, { score }) => sum + score, 0)
  return { reviews: scores.length, mean: scores.length === 0 ? 0 : total / scores.length }
}
`,
  'reviews.jsonl': [
    { id: 'r1', text: 'Great keyboard, fast delivery' },
    { id: 'r2', text: 'Arrived broken, poor packaging' },
    { id: 'r3', text: 'Good value, clear manual' },
    { id: 'r4', text: 'Slow, but I love the colour' },
  ]
    .map(review => `${JSON.stringify(review)}\n`)
    .join(''),
})
