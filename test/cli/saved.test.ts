import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Folder, folderWith } from './harness.ts'

/** Items of 4 ms; where the file `kill` is, one of them kills its slot and the loop while answers are held back. */
const handler = `import { existsSync } from 'node:fs'
const kills = existsSync(new URL('./kill', import.meta.url))
export default n => {
  const until = performance.now() + 4
  while (performance.now() < until);
  if (!kills || n !== 300) return n
  process.kill(process.ppid, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}
`

describe('answers that a killed run has saved', { timeout: 60_000 }, () => {
  let folder: Folder
  let run: string
  const saved = () => join(folder.path, '.dray', 'saved')

  beforeEach(async () => {
    folder = folderWith({ 'h.mjs': handler, kill: '' })
    const { code } = await folder.dray('map', 'h.mjs', 'range:0..2000', '-o', 'out.jsonl')
    expect(code).toBe(null)
    ;[{ run }] = JSON.parse((await folder.dray('ls', '--json')).out) as [{ run: string }]
    expect(readdirSync(saved())).toEqual(['1'])
  })
  afterEach(() => folder.remove())

  test('go with it, and clean counts them', async () => {
    const { code, out } = await folder.dray('clean', run, '--json')
    expect(code).toBe(0)
    const told = JSON.parse(out) as { removed: string[]; savedAnswers: number }
    expect(told.removed).toEqual([run])
    expect(told.savedAnswers).toBeGreaterThan(0)
    expect(existsSync(saved())).toBe(false)
  })

  test('are told in words', async () => {
    const { out } = await folder.dray('clean', run)
    expect(out).toMatch(
      new RegExp(`^removed 1 run: ${run}, and [\\d,]+ answers? that killed slots had saved\n$`),
    )
  })

  test('go when it is cancelled', async () => {
    expect((await folder.dray('cancel', run)).code).toBe(0)
    expect(existsSync(saved())).toBe(false)
  })

  test('stay while another run ends beside it, for it may be taken up again', async () => {
    folder.write('other.mjs', 'export default n => n')
    const other = await folder.dray('map', 'other.mjs', 'range:0..5', '-o', 'other.jsonl')
    expect(other.code).toBe(0)
    expect(readdirSync(saved())).toEqual(['1'])
    expect((await folder.dray('clean', '--older', '0s')).out).not.toContain('saved')
    expect(readdirSync(saved())).toEqual(['1'])
  })
})

test('where they cannot be saved, runs do without', async () => {
  const folder = folderWith({ 'h.mjs': 'export default n => n', '.dray/saved': 'a file' })
  const { code, err } = await folder.dray('map', 'h.mjs', 'range:0..2000', '-o', 'out.jsonl')
  expect(code, err).toBe(0)
  expect(folder.read('.dray/saved')).toBe('a file')
  folder.remove()
})
