import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lines, noting, type Prepared, preparedWith, ran, untilGo } from './harness.ts'

/** Down a chain only what was made from something that changed runs again: told by what the handlers noted. */
describe('downstream of a result that came out as before', () => {
  let folder: Prepared

  const handler = (stage: string, body: string): string =>
    noting(body).replace('ctx.key +', `'${stage} ' + ctx.key +`)

  const rows = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([id, n]) => `${JSON.stringify({ id, n })}\n`)
      .join('')

  beforeAll(async () => {
    const files = {
      'rows.jsonl': rows({ a: 1, b: 2, c: 3 }),
      'job.yaml': `
name: chain
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: odd, map: ./odd.mjs }
  - { name: sign, map: ./sign.mjs, output: { each: 'signs/{key}.json' } }
  - { name: text, map: ./text.mjs, output: { jsonl: text.jsonl } }
  - { name: count, reduce: ./count.mjs, by: text, output: { jsonl: count.jsonl } }
`,
      'odd.mjs': handler('odd', 'return { odd: item.n % 2, large: item.n > 99 }'),
      'sign.mjs': handler('sign', 'return { sign: item.odd === 1 ? "-" : "+" }'),
      'text.mjs': handler('text', 'return { text: "n" + item.sign }'),
      'count.mjs': handler('count', 'return { of: ctx.key, count: item.length }'),
    }
    folder = await preparedWith(files, async at => {
      const ended = await at.dray('run', 'job.yaml')
      expect(ended.code, ended.err).toBe(0)
      expect(ran(at)).toHaveLength(11)
      at.write('ran.txt', '')
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  const again = async (...words: string[]) => {
    const ended = await folder.dray('run', 'job.yaml', ...words)
    const noted = ran(folder).sort()
    folder.write('ran.txt', '')
    return { ...ended, ran: noted }
  }

  test('a changed item with the result it had: its first stage runs, nothing after it', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 4, c: 3 }))
    expect(await again()).toMatchObject({ code: 0, ran: ['odd b'] })
    expect(lines(folder.read('text.jsonl'))).toHaveLength(3)
    expect(folder.read('signs/b.json')).toContain('"+"')
    expect(await again()).toMatchObject({ code: 0, ran: [] })
  })

  test('a chain runs again as far as results change', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 103 }))
    expect(await again()).toMatchObject({ code: 0, ran: ['odd c', 'sign c'] })
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 4 }))
    const all = ['count n+', 'count n-', 'odd c', 'sign c', 'text c']
    expect(await again()).toMatchObject({ code: 0, ran: all })
    expect(lines(folder.read('text.jsonl'))[2]).toContain('n+')
  })

  test('--redo of a stage whose results come out as before: that stage alone', async () => {
    const odd = ['odd a', 'odd b', 'odd c']
    expect(await again('--redo', 'odd')).toMatchObject({ code: 0, ran: odd })
    folder.write('odd.mjs', handler('odd', 'return { odd: item.n % 2, large: item.n > 99 } // new'))
    expect((await again()).err).toContain('came from older code: --keep or --redo odd')
    expect(await again('--redo', 'odd')).toMatchObject({ code: 0, ran: odd })
    expect(await again()).toMatchObject({ code: 0, ran: [] })
  })

  test('--redo of a stage runs what follows it too where that has other code', async () => {
    folder.write('text.mjs', handler('text', 'return { text: "m" + item.sign }'))
    const text = ['text a', 'text b', 'text c']
    const all = ['count m+', 'count m-', 'odd a', 'odd b', 'odd c', ...text]
    expect(await again('--redo', 'odd')).toMatchObject({ code: 0, ran: all })
    expect((await again()).err).toContain('nothing it was made from changed')
  })

  test('what had failed downstream runs, though what it follows is kept', async () => {
    folder.write('sign.mjs', handler('sign', "if (ctx.key === 'c') throw new Error('no')"))
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 102 }))
    expect((await again('--keep')).code).toBe(1)
    folder.write('sign.mjs', handler('sign', 'return { sign: "?" }'))
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 102, d: 5 }))
    const explained = await again('--keep', '--explain')
    expect(explained.out).toContain(
      '  odd    3 kept, 1 new\n  sign   2 kept, 1 failed before, 1 new\n',
    )
    const { ran: noted } = await again('--keep')
    expect(noted.filter(name => !name.startsWith('count'))).toEqual([
      ...['odd d', 'sign c', 'sign d'],
      ...['text c', 'text d'],
    ])
  })

  test('--explain says what depends on results that are still to come', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 4, d: 5 }))
    const { out } = await again('--explain')
    expect(lines(out).slice(1)).toEqual([
      '  odd    1 kept, 1 changed, 1 new, 1 gone',
      '  sign   1 kept, 1 again if odd comes out otherwise, 1 new',
      '  text   1 kept, 1 again if sign comes out otherwise, 1 new',
      '  count  runs where what it gathers has changed',
    ])
    const { stages } = JSON.parse((await again('--explain', '--json', '--redo', 'sign')).out) as {
      stages: unknown[]
    }
    expect(stages.slice(1, 3)).toMatchObject([
      { stage: 'sign', kept: 0, undecided: 0, redone: 2, runs: 3 },
      { stage: 'text', kept: 0, undecided: 2, runs: 1 },
    ])
  })

  test('kill -9 in the middle of such a run: it goes on, and keeps as before', async () => {
    folder.write(
      'odd.mjs',
      handler('odd', `${untilGo("ctx.key === 'c'")}return { odd: item.n % 2, large: false }`),
    )
    const begun = folder.begin('run', 'job.yaml', '--redo', 'odd', '--events')
    await begun.hasEnded(2)
    // Its slot may be about to begin, and would note it after the list was emptied.
    await expect.poll(() => ran(folder), { timeout: 10_000 }).toContain('odd c')
    begun.signal('SIGKILL')
    await begun.ended
    folder.write('go', '')
    folder.write('ran.txt', '')
    expect(await again()).toMatchObject({ code: 0, ran: ['odd c'] })
    expect(lines(folder.read('count.jsonl'))).toHaveLength(2)
  })
})
