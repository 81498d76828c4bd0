import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Dray, open } from '../../dist/index.js'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

const opened = async (files: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-slow-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const dray = await open({ dir: join(folder, '.dray'), folder })
  onTestFinished(() => dray.close())
  const retry = (run: string): Promise<string> =>
    new Promise(resolve => {
      execFile(
        process.execPath,
        [main, 'retry', run, '--failed', '--dir', join(folder, '.dray')],
        (_error, out, err) => resolve(out + err),
      )
    })
  return { dray, folder, retry }
}

const submit = (dray: Dray, name: string, from: string) =>
  dray.submit({ name, input: { from }, stages: [{ name: 'work', map: './work.js', chunk: 1 }] })

test('a run cancelled while its input is read and then retried reads anew: what the old reading comes to is nobody’s', async () => {
  // The first generator is stuck until the second has yielded all, and then throws.
  const source = `const readings = globalThis.readings ??= []
export default async function* () {
  let finish
  const all = new Promise(resolve => { finish = resolve })
  if (readings.push(finish) === 1) { yield 0; await all; throw new Error('late') }
  yield 0
  yield 1
  readings[0]()
  await new Promise(resolve => setTimeout(resolve, 300))
  yield 2
}
`
  const { dray, retry } = await opened({ 'items.mjs': source, 'work.js': 'export default n => n' })
  const run = await submit(dray, 'slow', './items.mjs')
  await vi.waitFor(() => expect(run.status.items.done).toBe(1), 20_000)
  await run.cancel()
  expect((await run.result()).state).toBe('cancelled')
  expect(await retry(run.name)).toContain('what stopped it is tried again')
  await vi.waitFor(() => expect(run.status.state).toBe('done'), 20_000)
  expect(run.status.items).toMatchObject({ total: 3, done: 3, failed: 0 })
})

test('a generator that throws while it is ended harms nobody: the run is cancelled, the others go on', async () => {
  const source = `export default async function* () {
  try {
    for (let n = 0; ; n += 1) { yield n; await new Promise(resolve => setTimeout(resolve, 5)) }
  } finally {
    throw new Error('not closed')
  }
}
`
  const { dray } = await opened({ 'items.mjs': source, 'work.js': 'export default n => n' })
  const run = await submit(dray, 'endless', './items.mjs')
  await vi.waitFor(() => expect(run.status.items.done).toBeGreaterThan(0), 20_000)
  await run.cancel()
  expect((await run.result()).state).toBe('cancelled')
  const other = await dray.submit({
    name: 'other',
    input: { range: { from: 0, to: 50 } },
    stages: [{ name: 'work', map: './work.js' }],
  })
  expect(await other.result()).toMatchObject({ state: 'done', items: { done: 50 } })
})
