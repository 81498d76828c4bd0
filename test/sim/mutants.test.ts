import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { type Mutant, mutants } from './mutants.ts'

/**
 * Do the tests have teeth? The core is bundled with one line changed and run in a worker against
 * seeded worlds and the transcripts: something must notice. Nothing on disk is touched.
 */
const source = new URL('../../src/', import.meta.url)
const SEEDS = 40
/** A mutant that makes the core run for ever is caught by time. */
const PATIENCE = 40_000

test('the core as it is passes', async () => {
  expect(await whatNotices(undefined, 8)).toBe('')
}, 200_000)

describe('a broken core is noticed', () => {
  for (const mutant of mutants) {
    test(mutant.breaks, async () => {
      const text = readFileSync(new URL(mutant.file, source), 'utf8')
      expect(
        text.split(mutant.from),
        `${mutant.file} no longer holds the line once: bring the mutant up to date`,
      ).toHaveLength(2)
      expect(await whatNotices(mutant, SEEDS)).not.toBe('')
    })
  }
})

async function whatNotices(mutant: Mutant | undefined, seeds: number): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./mutant-entry.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    plugins: mutant === undefined ? [] : [changing(mutant)],
  })
  const code = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  const worker = new Worker(new URL(code), { workerData: { transcripts: transcripts(), seeds } })
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      if (mutant !== undefined) setTimeout(() => resolve('time'), PATIENCE).unref()
    })
  } finally {
    await worker.terminate()
  }
}

function changing({ file, from, to }: Mutant) {
  return {
    name: 'mutant',
    setup(
      bundle: Parameters<NonNullable<Parameters<typeof build>[0]['plugins']>[number]['setup']>[0],
    ) {
      bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path !== fileURLToPath(new URL(file, source))) return undefined
        return { contents: readFileSync(path, 'utf8').replace(from, to), loader: 'ts' }
      })
    },
  }
}

function transcripts() {
  const folder = new URL('../core/transcripts/', import.meta.url)
  // Those of the last phases first: one of the first phase is long.
  const files = readdirSync(folder).sort().reverse()
  return files.flatMap(file =>
    readFileSync(new URL(file, folder), 'utf8')
      .split(/^## /m)
      .slice(1)
      .map(rule => {
        const [title, ...lines] = rule.split('\n')
        return { title, said: lines.filter(line => line.trim() !== '').join('\n') }
      }),
  )
}
