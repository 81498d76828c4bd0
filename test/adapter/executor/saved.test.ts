import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { savedAnswers } from '../../../src/adapter/executor/inside/saved-answers.ts'
import { encodeBlock } from '../../../src/adapter/executor/saved.ts'
import { linesSaved, savedFolder } from '../../../src/adapter/executor/saved-folder.ts'
import { printOf } from '../../../src/adapter/executor/stage-state.ts'
import { gatherInto } from '../../../src/adapter/gather/groups.ts'
import { code, first, order, world } from './harness.ts'

const folderOf = () => {
  const path = mkdtempSync(join(tmpdir(), 'dray-saved-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return join(path, 'saved')
}

/** A life that saved these items (`[n, payload]`) for this code and was killed. */
function killedAfter(folder: string, print: string, ...items: readonly [number, unknown][]) {
  const path = savedFolder(folder).file(first)
  const saved = savedAnswers(path)
  for (const [index, payload] of items)
    saved.add({ print, index, payload: JSON.stringify(payload) }, `R ${index} 5 5 9 "a${index}"\n`)
  expect(saved.save()).toBe(true)
  return { path, saved }
}

const indexes = (found: readonly { readonly index: number }[]) => found.map(({ index }) => index)

describe('what a killed life saved answers for its items in the next', () => {
  test('once, if stage, code and payload are the same', () => {
    const folder = folderOf()
    killedAfter(folder, 'p', [0, 'x'], [1, 'y'])
    const next = savedFolder(folder)
    expect(next.split('other', [order(0, 'x')])).toMatchObject({
      outcomes: [],
      rest: [{ task: 0 }],
    })
    expect(next.split('p', [order(1, 'changed')]).outcomes).toEqual([])
    const { outcomes, rest } = next.split('p', [order(0, 'x', { attempt: 70 }), order(2, 'z')])
    expect(outcomes).toEqual([
      { task: 0, attempt: 70, index: 0, result: '"a0"', micros: 5, cpuMicros: 5, peakBytes: 9 },
    ])
    expect(rest).toEqual([order(2, 'z')])
    expect(next.split('p', [order(0, 'x')]).outcomes).toEqual([])
  })

  test('of an attempt of many items the first ones, for they count in order', () => {
    const folder = folderOf()
    killedAfter(folder, 'p', [0, 0], [1, 1], [3, 3])
    const items = [0, 1, 2, 3].map(n => order(n, n).items[0])
    const { outcomes, rest } = savedFolder(folder).split('p', [order(9, 9, { items })])
    expect(indexes(outcomes)).toEqual([0, 1])
    expect(indexes(rest[0].items)).toEqual([2, 3])
  })

  test('whatever characters it holds', () => {
    const folder = folderOf()
    const path = savedFolder(folder).file(first)
    const saved = savedAnswers(path)
    const result = JSON.stringify('a\u2028b\u2029c\u0085d')
    saved.add({ print: 'p', index: 0, payload: '"x"' }, `R 0 5 5 9 ${result}\n`)
    expect(saved.save()).toBe(true)
    const { outcomes } = savedFolder(folder).split('p', [order(0, 'x')])
    expect(outcomes).toMatchObject([{ index: 0, result }])
  })

  test('not where another model is loaded, or another content of a file gathered', () => {
    const print = (name: string) => printOf(code('echo.mjs', { loads: { name, memory: 1 } }))
    expect(print('old')).not.toBe(print('new'))
    const folder = folderOf()
    const payloadOf = (text: string) => {
      const all = gatherInto(folder, undefined)
      all.add(JSON.stringify(text.repeat(300_000)))
      return all.end().payload(0)
    }
    expect(payloadOf('a')).toContain('.ndjson')
    expect(payloadOf('a')).not.toBe(payloadOf('b'))
  })

  test('also if the next life is killed before it comes to that', () => {
    const folder = folderOf()
    killedAfter(folder, 'p', [0, 0])
    killedAfter(folder, 'p', [1, 1])
    const { outcomes } = savedFolder(folder).split('p', [order(0, 0), order(1, 1)])
    expect(indexes(outcomes)).toEqual([0, 1])
  })

  test('also if one life after another is killed before it comes to that, until its run ends', () => {
    const folder = folderOf()
    for (const n of [0, 1, 2, 3]) killedAfter(folder, 'run/stage', [n, n])
    const next = savedFolder(folder)
    next.keepOnly(() => new Set(['run']))
    const { outcomes } = next.split(
      'run/stage',
      [0, 1, 2, 3].map(n => order(n, n)),
    )
    expect(indexes(outcomes)).toEqual([0, 1, 2, 3])
    next.keepOnly(() => new Set())
    expect(() => readdirSync(folder)).toThrow('ENOENT')
  })

  test('of no more than sixteen lives: a folder that none ends well in does not grow for ever', () => {
    const folder = folderOf()
    for (let n = 0; n < 30; n += 1) killedAfter(folder, 'p', [n, n])
    expect(readdirSync(folder)).toHaveLength(17)
  })

  test('but not after it was sent twice over, and the file does not grow', () => {
    const folder = folderOf()
    const { path, saved } = killedAfter(folder, 'p', [0, 0])
    for (let index = 1; index < 50; index += 1) {
      saved.sent()
      saved.add(
        { print: 'p', index, payload: String(index) },
        `R ${index} 5 5 9 ${'1'.repeat(index)}\n`,
      )
      saved.save()
    }
    expect(linesSaved(path).map(line => Number(line.split(' ')[1]))).toEqual([48, 49])
    expect(readFileSync(path).length).toBeLessThan(140_000)
  })

  test('what does not fit is not said to be saved', () => {
    const { saved } = killedAfter(folderOf(), 'p', [0, 0])
    saved.add({ print: 'p', index: 1, payload: '1' }, `R 1 5 5 9 "${'x'.repeat(200_000)}"\n`)
    expect(saved.save()).toBe(false)
  })

  test('a torn or flipped file gives what comes before the damage', () => {
    const { path, saved } = killedAfter(folderOf(), 'p', [0, 0])
    saved.add({ print: 'p', index: 1, payload: '1' }, 'R 1 5 5 9 1\n')
    saved.save()
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 3))
    expect(linesSaved(path)).toEqual(['R 0 5 5 9 "a0"'])
    whole[whole.length - 2] ^= 1
    writeFileSync(path, whole)
    expect(linesSaved(path)).toEqual(['R 0 5 5 9 "a0"'])
    writeFileSync(path, 'nonsense\n')
    expect(linesSaved(path)).toEqual([])
  })

  test('nothing stays behind once all of it was asked for, and what nobody asked for does', () => {
    const folder = folderOf()
    killedAfter(folder, 'p', [0, 0])
    savedFolder(folder).clear()
    expect(readdirSync(folder)).toEqual(['1'])
    const next = savedFolder(folder)
    next.split('p', [order(5, 5)])
    next.clear()
    expect(() => readdirSync(folder)).toThrow('ENOENT')
  })
})

describe('a slot that is killed while it holds answers back', () => {
  const handler = (ledger: string) => `
    import { appendFileSync } from 'node:fs'
    export default n => {
      const until = performance.now() + 4
      while (performance.now() < until);
      if (n === 5) process.kill(process.pid, 'SIGKILL')
      appendFileSync(${JSON.stringify(ledger)}, n + '\\n')
      return n
    }`

  test('has answered for all items that had ended', async () => {
    const box = world()
    const ledger = join(box.directory, 'ledger')
    appendFileSync(ledger, '')
    const module = join(box.directory, 'kills.mjs')
    writeFileSync(module, handler(ledger))
    box.executor.define(0, code(module))
    box.executor.run(
      first,
      0,
      [0, 1, 2, 3, 4, 5].map(n => order(n, n)),
    )
    box.executor.run(first, 0, [order(6, 6)])
    await box.next('slotEnded')
    expect(readFileSync(ledger, 'utf8')).toBe('0\n1\n2\n3\n4\n')
    expect(indexes(box.outcomes())).toEqual([0, 1, 2, 3, 4])
    // The loop may be killed before it has stored those that had not been sent.
    const next = savedFolder(join(box.directory, 'saved'))
    const orders = [0, 1, 2, 3, 4, 5].map(n => order(n, n))
    expect(next.split(printOf(code(module)), orders).outcomes).not.toEqual([])
  })

  test('and however often it is, no more than its last file is kept', async () => {
    const box = world()
    const module = join(box.directory, 'dies.mjs')
    writeFileSync(module, `export default () => process.kill(process.pid, 'SIGKILL')`)
    box.executor.define(0, code(module))
    for (let n = 1; n <= 3; n += 1) {
      const path = join(box.directory, 'saved', '1')
      box.executor.run(first, 0, [order(n, n)])
      await box.until(() => (box.of('slotEnded').length === n ? true : undefined))
      writeFileSync(join(path, `0.0.${n - 1}`), '')
      expect(readdirSync(path)).toEqual([`0.0.${n - 1}`])
    }
  })

  for (const [what, junk] of [
    ['is no answer', 'nonsense'],
    ['cannot be read', 'f 0 5 5 9 {'],
    ['is a forged end', 'E {"code":0}'],
  ]) {
    test(`ends once, whatever its file holds: a line that ${what}`, async () => {
      const box = world()
      const module = join(box.directory, 'forges.mjs')
      const block = encodeBlock(`p 0 0 ${junk}\n`.repeat(3)).toString()
      writeFileSync(
        module,
        `import { readdirSync, writeFileSync } from 'node:fs'
export default folder => {
  for (const name of readdirSync(folder)) writeFileSync(folder + '/' + name, ${JSON.stringify(block)})
  writeFileSync(folder + '/0.0.0', ${JSON.stringify(block)})
  process.kill(process.pid, 'SIGKILL')
}`,
      )
      box.executor.define(0, code(module))
      box.executor.run(first, 0, [order(0, join(box.directory, 'saved', '1'))])
      await box.next('slotEnded')
      await box.executor.close(0)
      expect(box.of('slotEnded')).toHaveLength(1)
      expect(box.outcomes()).toEqual([])
    })
  }
})
