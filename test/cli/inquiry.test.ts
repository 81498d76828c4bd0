import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ResultPage } from '../../src/api/questions.ts'
import { inquiry } from '../../src/cli/ask.ts'
import { folderWith, lines } from './harness.ts'

test('an answer of many pages is read from one opening of the directory, not one a page', async () => {
  const folder = folderWith({ 'same.mjs': 'export default item => item' })
  await folder.dray('map', 'same.mjs', 'range:0..5000', '-o', 'out.jsonl')
  const dir = join(folder.path, '.dray')
  const asked = inquiry(dir)
  const found: number[] = []
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: ResultPage = await asked.ask({ op: 'results', from })
    for (const { index } of page.results) found.push(index)
    if (from === 0) renameSync(dir, `${dir}.away`)
    from = page.next
  }
  expect(found).toEqual(Array.from({ length: 5_000 }, (_, at) => at))
  asked.close()
  await expect(asked.ask({ op: 'runs' })).rejects.toThrow('no runs there')
  renameSync(`${dir}.away`, dir)
  const { out } = await folder.dray('results')
  expect(lines(out)).toHaveLength(5_000)
  folder.remove()
}, 60_000)
