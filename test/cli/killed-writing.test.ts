import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Folder, folderWith, lines, noting, ran } from './harness.ts'

const standIn = fileURLToPath(new URL('../fixtures/dies-writing.cjs', import.meta.url))

/** The command, killed with so many steps of writing its outputs done, and the steps it took. */
async function diesAt(folder: Folder, steps: number, words: readonly string[]) {
  const env = [`NODE_OPTIONS=--require=${standIn}`, `DIES_AT=${steps}`, 'STEPS=steps.txt']
  const { code } = await folder.drayUnder(['env', ...env], ...words)
  return { code, steps: lines(folder.read('steps.txt')) }
}

const left = (folder: Folder): string[] =>
  readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.dray-tmp'),
  )

const ONE_FILE = ['open', 'write half', 'write', 'sync file', 'close', 'rename', 'sync folder']

describe('kill -9 between any two steps of writing an output leaves the old file, none or the new one whole', () => {
  for (const [what, before, wanted] of [
    // The folder that was made for it is synced in the one above.
    ['where none was', undefined, [...ONE_FILE, 'sync folder']],
    ['over an older one', 'older\n', ONE_FILE],
  ] as const) {
    test(`${what}; the next run writes it and runs no item again`, async () => {
      const words = ['map', 'handle.mjs', 'range:0..3', '-o', 'out/all.jsonl']
      const whole = [0, 1, 2].map(n => `{"index":${n},"key":"${n}","result":{"twice":${2 * n}}}\n`)
      for (let steps = 0; ; steps += 1) {
        const folder = folderWith({ 'handle.mjs': noting() })
        if (before !== undefined) folder.write('out/all.jsonl', before)
        const died = await diesAt(folder, steps, words)
        const isThere = folder.has('out/all.jsonl')
        const text = isThere ? folder.read('out/all.jsonl') : undefined
        const isRenamed = steps > ONE_FILE.indexOf('rename')
        expect(text, `after ${died.steps.join(', ')}`).toBe(isRenamed ? whole.join('') : before)
        if (died.code === 0) {
          expect(died.steps).toEqual(wanted)
          expect(steps).toBe(wanted.length)
          folder.remove()
          return
        }
        const again = await folder.dray(...words)
        expect(again.code, again.err).toBe(0)
        expect(folder.read('out/all.jsonl')).toBe(whole.join(''))
        expect(ran(folder)).toHaveLength(3)
        expect(left(folder)).toEqual([])
        folder.remove()
      }
    })
  }

  test('one of a file an item', async () => {
    const items = 3
    const whole = (n: number) => `{\n  "twice": ${2 * n}\n}\n`
    for (let steps = 0; ; steps += 3) {
      const folder = folderWith({
        'handle.mjs': noting(),
        'job.json': JSON.stringify({
          name: 'each',
          input: { range: { from: 0, to: items } },
          stages: [{ name: 'a', map: './handle.mjs', output: { each: 'out/{key}.json' } }],
        }),
      })
      const died = await diesAt(folder, steps, ['run', 'job.json'])
      for (let n = 0; n < items; n += 1) {
        const name = `out/${n}.json`
        if (folder.has(name)) expect(folder.read(name), died.steps.join(', ')).toBe(whole(n))
      }
      const again = await folder.dray('run', 'job.json')
      expect(again.code, again.err).toBe(0)
      for (let n = 0; n < items; n += 1) expect(folder.read(`out/${n}.json`)).toBe(whole(n))
      expect(ran(folder)).toHaveLength(items)
      expect(left(folder)).toEqual([])
      folder.remove()
      if (died.code === 0) return
    }
  })
})
