import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { folderWith, lines, noting, type Prepared, preparedWith, ran, untilGo } from './harness.ts'

/** Stages that gather: what they are given, and when what they answered is kept. */

describe('the first stage', () => {
  const files = {
    'rows.jsonl': '{"id":"a","n":1}\n{"id":"b","n":2}\n{"id":"c","n":4}\n',
    'sum.mjs': 'export default rows => rows.reduce((sum, { n }) => sum + n, 0)\n',
  }
  const job = (stage: string, input = 'jsonl: rows.jsonl') =>
    `name: first\ninput: { ${input} }\nstages:\n  - { name: sum, ${stage}, output: { jsonl: out.jsonl } }\n`

  test.each(['single', 'reduce'])(
    '%s takes all items of the input, and again where one changed',
    async kind => {
      const folder = folderWith({ ...files, 'job.yaml': job(`${kind}: ./sum.mjs`) })
      expect((await folder.dray('run')).code).toBe(0)
      expect(folder.read('out.jsonl')).toBe('{"index":0,"key":"all","result":7}\n')
      expect((await folder.dray('run')).err).toContain('nothing to do')
      folder.write('rows.jsonl', files['rows.jsonl'].replace('4', '8'))
      expect((await folder.dray('run')).code).toBe(0)
      expect(folder.read('out.jsonl')).toContain('"result":11')
      folder.remove()
    },
  )

  test('may gather the input by a field', async () => {
    const rows = '{"id":"a","n":1}\n{"id":"b","n":2}\n{"id":"a","n":4}\n'
    const folder = folderWith({ ...files, 'job.yaml': job('reduce: ./sum.mjs, by: id') })
    folder.write('rows.jsonl', rows)
    expect((await folder.dray('run')).code).toBe(0)
    expect(lines(folder.read('out.jsonl'))).toEqual([
      '{"index":0,"key":"a","result":5}',
      '{"index":1,"key":"b","result":2}',
    ])
    folder.remove()
  })

  test('that gathers refuses an item it cannot read, with its place', async () => {
    const folder = folderWith({ ...files, 'job.yaml': job('single: ./sum.mjs') })
    folder.write('rows.jsonl', '{"id":"a","n":1}\n{"id":\n')
    const { code, out } = await folder.dray('run')
    expect(code).toBe(2)
    expect(out).toContain('rows.jsonl:2: not JSON')
    folder.remove()
  })

  test.each([
    ['reduce: ./sum.mjs, gather: tree', 'jsonl: rows.jsonl', 'gather: a tree combines results'],
    ['single: ./sum.mjs', 'open: true', 'single: takes the whole input at once'],
  ])('%s of { %s } is refused', async (stage, input, text) => {
    const folder = folderWith({ ...files, 'job.yaml': job(stage, input) })
    const { code, err } = await folder.dray('run')
    expect(code).toBe(2)
    expect(err).toContain(text)
    folder.remove()
  })
})

describe('what a stage gathers decides whether it runs again', () => {
  let folder: Prepared
  const note = (stage: string, result: string) =>
    noting(`return ${result}`).replace('ctx.key +', `'${stage} ' + ctx.key +`)
  const rows = '{"id":"a","of":"x"}\n{"id":"b","of":"y"}\n{"id":"c","of":"x"}\n'
  beforeAll(async () => {
    const files = {
      'rows.jsonl': rows,
      'job.yaml': `
name: kept
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: first, map: ./first.mjs }
  - { name: groups, reduce: ./groups.mjs, by: of }
  - { name: whole, single: ./whole.mjs, output: { jsonl: whole.jsonl } }
`,
      'first.mjs': note('first', 'item'),
      'groups.mjs': note('groups', 'item.length'),
      'whole.mjs': note('whole', 'item'),
    }
    folder = await preparedWith(files, async at => {
      expect((await at.dray('run')).code).toBe(0)
      at.write('ran.txt', '')
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  test('--redo of what follows leaves it', async () => {
    expect((await folder.dray('run', '--redo', 'whole')).code).toBe(0)
    expect(ran(folder)).toEqual(['whole all'])
    expect(folder.read('whole.jsonl')).toContain('[2,1]')
  })

  test('a new item runs its group alone, and what follows', async () => {
    folder.write('rows.jsonl', `${rows}{"id":"d","of":"y"}\n`)
    expect((await folder.dray('run')).code).toBe(0)
    expect(ran(folder)).toEqual(['first d', 'groups y', 'whole all'])
    expect(folder.read('whole.jsonl')).toContain('[2,2]')
  })

  test('an item that comes to the same result runs nothing after it', async () => {
    folder.write('rows.jsonl', rows.replace('"of":"x"}\n', '"of":"x" }\n'))
    expect((await folder.dray('run')).code).toBe(0)
    expect(ran(folder)).toEqual(['first a'])
  })
})

test('stages of one module run side by side', async () => {
  const folder = folderWith({
    'same.ts': 'export default (item: number): number => item\n',
    'job.yaml': `
name: twins
input: { range: { from: 0, to: 4 } }
stages:
${[...'abcdef'].map(name => `  - { name: ${name}, map: ./same.ts, after: [] }`).join('\n')}
  - { name: all, single: ./same.ts, after: [a, b, c, d, e, f], output: { jsonl: out.jsonl } }
`,
  })
  const { code, err } = await folder.dray('run')
  expect(code, err).toBe(0)
  expect(folder.read('out.jsonl')).toContain(`[${Array(6).fill('0,1,2,3').join()}]`)
  folder.remove()
})

test('groups keep their keys through a kill, and what follows them goes on', async () => {
  const folder = folderWith({
    'same.mjs': 'export default item => item\n',
    'slow.mjs': noting(`${untilGo('ctx.index > 2')}return item.length`),
    'job.yaml': `
name: groups
input: { grid: { of: [u, v, w, x, y, z], n: [1, 2] } }
stages:
  - { name: first, map: ./same.mjs }
  - { name: groups, reduce: ./same.mjs, by: of }
  - { name: slow, map: ./slow.mjs, output: { jsonl: out.jsonl } }
`,
  })
  const begun = folder.begin('run', '--events')
  // Two may end in one commit.
  await begun.says('"stage":"slow","items":')
  begun.signal('SIGKILL')
  await begun.ended
  folder.write('go', '')
  const { code, err } = await folder.dray('run')
  expect(code, err).toBe(0)
  expect(lines(folder.read('out.jsonl'))).toEqual(
    [...'uvwxyz'].map((key, index) => JSON.stringify({ index, key, result: 2 })),
  )
  folder.remove()
})

describe('what a reduce stage makes of odd results', () => {
  const files = (stage: string, rest = '') => ({
    'one.mjs':
      "export default row => { if (row.id === 'bad') throw new Error('no'); return row }\n",
    'red.mjs':
      "export default all => { if (all.some(({ id }) => id === 'trap')) throw new Error('broke'); return { ids: all.flatMap(({ id, ids }) => ids ?? id) } }\n",
    'job.yaml': `name: odd\ninput: { jsonl: rows.jsonl, key: id }\nstages:\n  - { name: one, map: ./one.mjs, retry: { attempts: 1 } }\n  - { name: red, reduce: ./red.mjs, retry: { attempts: 1 }, ${stage}, output: { jsonl: out.jsonl } }\n${rest}`,
  })
  const rows = (...values: readonly object[]): string =>
    values.map(value => `${JSON.stringify(value)}\n`).join('')

  test('groups are known by their value as text; null and no such field are one', async () => {
    const folder = folderWith({
      ...files('by: g'),
      'rows.jsonl': rows(
        { id: 'a', g: 1 },
        { id: 'b' },
        { id: 'c', g: '1' },
        { id: 'd', g: null },
        { id: 'e', g: { x: 1 } },
      ),
    })
    expect((await folder.dray('run')).code).toBe(0)
    expect(lines(folder.read('out.jsonl')).map(line => JSON.parse(line))).toMatchObject([
      { key: '1', result: { ids: ['a', 'c'] } },
      { key: 'null', result: { ids: ['b', 'd'] } },
      { key: '{"x":1}', result: { ids: ['e'] } },
    ])
    folder.remove()
  })

  test('a field to gather by that no result has is refused, and once mended the run goes on', async () => {
    const folder = folderWith({ ...files('by: gg'), 'rows.jsonl': rows({ id: 'a', g: 1 }) })
    const { code, out } = await folder.dray('run')
    expect(code).toBe(2)
    expect(out).toContain('none of what it gathers has a field "gg"; the first has fields id, g')
    folder.write('job.yaml', files('by: g')['job.yaml'])
    const mended = await folder.dray('run')
    expect(mended.code, mended.err).toBe(0)
    expect(mended.err).toContain('1 of 1+ items are done')
    folder.remove()
  })

  test('a node of a tree that failed within tolerate is told by why, and by a retry made good', async () => {
    const ids = ['a', 'b', 'trap', 'd', 'e']
    const folder = folderWith({
      ...files('gather: { tree: 2 }', 'tolerate: { failed: 1 }\n'),
      'rows.jsonl': rows(...ids.map(id => ({ id }))),
    })
    const ended = await folder.dray('run')
    expect(ended.code, ended.err).toBe(0)
    expect(ended.out).toContain('1 failed')
    expect(folder.read('out.jsonl')).toContain('["a","b","e"]')
    const { out } = await folder.dray('why')
    expect(out).toContain('tolerate allows what failed')
    expect(out).toContain('red: error: broke')
    const red = files('gather: all')['red.mjs'].replace("'trap'", "'none'")
    folder.write('red.mjs', red)
    expect((await folder.dray('retry', 'odd', '--failed')).code).toBe(0)
    expect(folder.read('out.jsonl')).toContain('["a","b","trap","d","e"]')
    folder.remove()
  })

  test.each([
    ['gather: all', 'process'],
    ['gather: tree', 'process'],
    ['gather: { tree: 2 }', 'thread'],
  ])('of %s, a map stage takes what it came to (%s)', async (stage, isolation) => {
    const folder = folderWith({
      'ids.mjs': 'export default list => ({ ids: list.flatMap(({ ids }) => ids) })\n',
      'one.mjs': 'export default id => ({ ids: [id] })\n',
      'mapped.mjs': 'export default (item, ctx) => ({ item, key: ctx.key })\n',
      'job.yaml': `
name: then
input: { range: { from: 0, to: 5 } }
stages:
  - { name: one, map: ./one.mjs }
  - { name: ids, reduce: ./ids.mjs, ${stage} }
  - { name: mapped, map: ./mapped.mjs, isolation: ${isolation}, output: { jsonl: mapped.jsonl } }
  - { name: again, map: ./mapped.mjs, output: { each: 'again-{key}.json' } }
`,
    })
    expect((await folder.dray('run')).code).toBe(0)
    const mapped = { item: { ids: [0, 1, 2, 3, 4] }, key: 'all' }
    expect(JSON.parse(folder.read('mapped.jsonl'))).toEqual({
      index: 0,
      key: 'all',
      result: mapped,
    })
    expect(JSON.parse(folder.read('again-all.json'))).toEqual({ item: mapped, key: 'all' })
    expect((await folder.dray('run')).err).toContain('nothing to do')
    folder.remove()
  })

  test('of a tree beside groups, a map stage takes each group', async () => {
    const folder = folderWith({
      'ids.mjs': 'export default list => list.length\n',
      'one.mjs': 'export default id => ({ g: id % 2 })\n',
      'mapped.mjs': 'export default n => [n]\n',
      'job.yaml': `
name: then
input: { range: { from: 0, to: 5 } }
stages:
  - { name: one, map: ./one.mjs }
  - { name: ids, reduce: ./ids.mjs, by: g, gather: tree }
  - { name: mapped, map: ./mapped.mjs, output: { jsonl: mapped.jsonl } }
`,
    })
    expect((await folder.dray('run')).code).toBe(0)
    expect(folder.read('mapped.jsonl')).toBe(
      '{"index":0,"key":"0","result":[3]}\n{"index":1,"key":"1","result":[2]}\n',
    )
    folder.remove()
  })

  test.each([
    ['gather: all', '{"index":0,"key":"all","result":{"ids":[]}}\n'],
    ['gather: tree', '{"index":0,"key":"all","result":{"ids":[]}}\n'],
    ['by: g', ''],
  ])(
    'of nothing (%s) is what the handler makes of an empty list; no group has none',
    async (stage, out) => {
      const folder = folderWith({
        ...files(stage, 'tolerate: { failed: 1 }\n'),
        'rows.jsonl': rows({ id: 'bad', g: 1 }),
      })
      expect((await folder.dray('run')).code).toBe(0)
      expect(folder.read('out.jsonl')).toBe(out)
      folder.remove()
    },
  )
})
