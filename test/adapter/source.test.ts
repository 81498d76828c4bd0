import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { LineReader } from '../../src/adapter/source/line-reader.ts'
import { type OpenSourceOptions, openSource } from '../../src/adapter/source/open-source.ts'
import type { PlacedSource } from '../../src/adapter/source/row.ts'
import { closedDocument } from '../../src/adapter/source/spooled.ts'
import { uniqueKeys } from '../../src/adapter/source/unique-keys.ts'
import type { InputSpec } from '../../src/model/job.ts'
import type { Source } from '../../src/port/source.ts'
import { simSource } from '../../src/sim/source.ts'
import { emptyStore, simulatedStore } from '../../src/sim/store.ts'
import { keySet } from '../../src/std/key-set.ts'
import { PROBLEM, readAll, type SourceWorld, sourceConformance } from './source.conformance.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function tempFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-source-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const memoryStore = (): OpenSourceOptions['store'] => simulatedStore(emptyStore(), () => {})

function open(spec: InputSpec, options: Partial<OpenSourceOptions> = {}): Source {
  return openSource(spec, {
    folder: '/',
    size: { kind: 'one' },
    params: {},
    run: 'calm-otter',
    store: memoryStore(),
    stdin: undefined,
    importModule: async () => ({}),
    ...options,
  })
}

const jsonl = (path: string, key?: string): InputSpec => ({ kind: 'jsonl', path, key })
const csv = (path: string, key?: string): InputSpec => ({ kind: 'csv', path, key })
async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

const values = [
  { id: 'a', n: 1 },
  { id: 'b', n: 2 },
  { id: 'c', n: 3 },
  { id: 'd', n: 4 },
]
const rows = values.map(value => JSON.stringify(value))

sourceConformance('simulated', () => {
  let second: unknown = values[1]
  return {
    open: () =>
      simSource({
        count: 5,
        item: index => (index === 1 ? second : index),
        problem: index => (index === 3 ? 'torn' : undefined),
        atMost: 2,
      }),
    values: [0, values[1], 2, PROBLEM, 4],
    change: () => (second = 'changed'),
  }
})

sourceConformance('files', () => {
  const folder = tempFolder({
    'in/b.png': 'bb',
    'in/a.png': 'a',
    'in/deep/c.png': 'ccc',
    'x.png': '',
  })
  const spec: InputSpec = { kind: 'files', patterns: [`${folder}/in/**/*.png`, `${folder}/in/a*`] }
  return {
    open: () => open(spec, { folder }),
    values: ['a.png', 'b.png', 'deep/c.png'].map(name => join(folder, 'in', name)),
    change: () => utimesSync(join(folder, 'in/b.png'), 1, 1),
  }
})

const fileWorld =
  (name: string, text: string, of: (path: string) => InputSpec) => (): SourceWorld => {
    const folder = tempFolder({ [name]: text })
    const path = join(folder, name)
    return {
      open: () => open(of(path), { folder }),
      values,
      change: () => writeFileSync(path, text.replace('3', '33')),
    }
  }
sourceConformance('jsonl', fileWorld('a.jsonl', rows.join('\n'), jsonl))
sourceConformance(
  'jsonl with a key',
  fileWorld('a.jsonl', rows.join('\n'), path => jsonl(path, 'id')),
)
sourceConformance('jsonl, damaged', () => {
  const text = `\uFEFF${rows[0]}\r\n\r\n{ oops\r\n  ${rows[1]}\n[1,\n${rows[0]}\n{"n":1}\n`
  const folder = tempFolder({ 'a.jsonl': text })
  return {
    open: () => open(jsonl(join(folder, 'a.jsonl'), 'id'), { folder }),
    values: [values[0], PROBLEM, values[1], PROBLEM, PROBLEM, PROBLEM],
  }
})
sourceConformance('csv', () => {
  const text = 'id,n,"a ""note"""\r\na,1,"x, y\ninches: 5"""\nb,2\n\nc,"3",5" disk\nd,"4"x,\ne,,é\n'
  const folder = tempFolder({ 'a.csv': text })
  const path = join(folder, 'a.csv')
  const note = 'a "note"'
  return {
    open: () => open(csv(path, 'id'), { folder }),
    values: [
      { id: 'a', n: '1', [note]: 'x, y\ninches: 5"' },
      PROBLEM,
      { id: 'c', n: '3', [note]: '5" disk' },
      PROBLEM,
      { id: 'e', n: '', [note]: 'é' },
    ],
    change: () => writeFileSync(path, text.replace('é', 'ê!')),
  }
})
sourceConformance('range', () => ({
  open: () => open({ kind: 'range', from: -2, to: 3 }),
  values: [-2, -1, 0, 1, 2],
}))
sourceConformance('items', () => {
  let items: unknown[] = [1, 'b', { c: [null] }, 4n, false]
  return {
    open: () => open({ kind: 'items', items, key: undefined }),
    values: [1, 'b', { c: [null] }, PROBLEM, false],
    change: () => (items = items.with(1, 'bb')),
  }
})
sourceConformance('grid', () => ({
  open: () => open({ kind: 'grid', axes: { lr: [0.1, 0.2], 2: ['x', 'y'] } }),
  values: [
    { lr: 0.1, 2: 'x' },
    { lr: 0.2, 2: 'x' },
    { lr: 0.1, 2: 'y' },
    { lr: 0.2, 2: 'y' },
  ],
}))
sourceConformance('stdin', () => {
  const store = memoryStore()
  let stdin: AsyncGenerator<Uint8Array> | undefined = pieces(
    'on',
    'e\r\ntw',
    'o\n\nthree\nfo',
    'ur',
  )
  return {
    open: () => {
      const given = stdin
      stdin = undefined
      return open({ kind: 'stdin', format: 'lines', key: undefined }, { store, stdin: given })
    },
    values: ['one', 'two', 'three', 'four'],
  }
})
sourceConformance('open', () => {
  const store = memoryStore()
  store.spool('calm-otter', 0, [
    { key: 'x', payload: '1' },
    { key: 'y', payload: '{"a":2}' },
  ])
  store.spool('calm-otter', 2, [
    { key: 'x', payload: '3' },
    { key: 'z', payload: '4' },
  ])
  store.put(closedDocument('calm-otter'), '')
  return { open: () => open({ kind: 'open' }, { store }), values: [1, { a: 2 }, PROBLEM, 4] }
})

const moduleWorld = (generate: unknown, expected: readonly unknown[]) => (): SourceWorld => ({
  open: () =>
    open(
      { kind: 'module', path: '/list.ts', key: undefined, version: undefined },
      { params: { to: 5 }, importModule: async () => ({ default: generate }) },
    ),
  values: expected,
})
sourceConformance(
  'module without cursors',
  moduleWorld(
    async function* ({ params }: { params: { to: number } }) {
      for (let i = 0; i < params.to; i += 1) yield i === 2 ? undefined : { page: i }
    },
    [{ page: 0 }, { page: 1 }, PROBLEM, { page: 3 }, { page: 4 }],
  ),
)
sourceConformance(
  'module with some cursors',
  moduleWorld(
    async function* ({ cursor = 0 }: { cursor: number | undefined }) {
      for (let page = cursor; page < 3; page += 1) {
        yield { item: `${page}a`, key: `k${page}a` }
        yield { item: `${page}b`, key: `k${page}b`, version: '7', cursor: page + 1 }
      }
    },
    ['0a', '0b', '1a', '1b', '2a', '2b'],
  ),
)

describe('problems name the place and what was expected', () => {
  const problems = async (source: Source): Promise<(string | undefined)[]> =>
    (await readAll(source, 100)).flatMap(item => item.problem ?? [])

  it('in jsonl', async () => {
    const folder = tempFolder({
      'a.jsonl': Buffer.concat([
        Buffer.from('{"id":1}\n\n{"id":2\n{"n":1}\n"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"\n{"id":1}\n{"id":9007199254740993}\n{"id":1e999}\n{"id":3,'),
      ]),
    })
    const found = await problems(open(jsonl(join(folder, 'a.jsonl'), 'id'), { folder }))
    expect(found).toEqual([
      expect.stringMatching(/^a.jsonl:3: not JSON \(.*\); expected one JSON value a line$/),
      'a.jsonl:4: no "id" to identify the item by; expected text or a number',
      'a.jsonl:5: bytes that are not UTF-8; expected UTF-8 text',
      'duplicate key "1": first at a.jsonl:1, again at a.jsonl:6; expected each key once',
      'a.jsonl:7: "id" is beyond what numbers hold exactly (9007199254740991); expected text',
      'a.jsonl:8: "id" is beyond what numbers hold exactly (9007199254740991); expected text',
      expect.stringMatching(/^a.jsonl:9: half-written JSON at the end of the file/),
    ])
  })

  it('in csv, a record being the line it starts on', async () => {
    const folder = tempFolder({ 'a.csv': 'a,b\n1,"x\ny"\n1,2,3\n1\n2,"never closed\n3,4\n' })
    expect(await problems(open(csv(join(folder, 'a.csv')), { folder }))).toEqual([
      'a.csv:4: 3 fields; expected 2 (a, b)',
      'a.csv:5: 1 field; expected 2 (a, b)',
      'a.csv:6: a quoted field is not closed before the end of the file',
    ])
  })

  it('for a file that went away between listing and reading', async () => {
    const folder = tempFolder({ 'a.txt': 'a', 'b.txt': 'b' })
    const source = open({ kind: 'files', patterns: [`${folder}/*.txt`] }, { folder })
    await source.count()
    rmSync(join(folder, 'a.txt'))
    expect(await readAll(source, 10)).toMatchObject([
      { key: 'a.txt', problem: 'a.txt: cannot be read (no such file); expected a file' },
      { key: 'b.txt' },
    ])
  })

  it.skipIf(process.platform !== 'linux')('for a file whose name is not UTF-8', async () => {
    const folder = tempFolder({ 'a.txt': 'a' })
    writeFileSync(Buffer.from(`${folder}/caf\xe9.txt`, 'latin1'), 'b')
    const source = open({ kind: 'files', patterns: [`${folder}/*.txt`] }, { folder })
    expect(await readAll(source, 10)).toMatchObject([
      { key: 'a.txt' },
      { problem: expect.stringContaining('its name is not UTF-8') },
    ])
  })

  it('for a file cut off or written again while it is read, not for one added to', async () => {
    const line = `{"pad":"${'x'.repeat(1000)}"}\n`
    const folder = tempFolder({ 'a.jsonl': line.repeat(3000) })
    const path = join(folder, 'a.jsonl')
    const source = open(jsonl(path), { folder })
    const { cursor } = await source.read(undefined, 10)
    truncateSync(path, line.length * 20)
    const said = /a\.jsonl:\d+: the file was cut off or written again while it was read/
    await expect(readAll(source, 5000, cursor)).rejects.toThrow(said)
    // A reader opened anew, beyond the end.
    const anew = open(jsonl(path), { folder })
    await expect(anew.read(`${line.length * 21}:21:21`, 10)).rejects.toThrow(said)
    expect((await anew.read(`${line.length * 20}:20:20`, 10)).done).toBe(true)
    const begun = await anew.read(undefined, 10)
    appendFileSync(path, line)
    const more = await anew.read(begun.cursor, 100)
    expect([more.items.length, more.done]).toEqual([11, true])
    const last = await anew.read(undefined, 10)
    writeFileSync(path, line.replace('x', 'y').repeat(30))
    await expect(anew.read(last.cursor, 100)).rejects.toThrow(said)
  })
})

describe('an input that cannot be used at all is refused', () => {
  const folder = tempFolder({
    'blank.jsonl': '\n\n',
    'zero.jsonl': '',
    'same.csv': 'a,a\n1,2\n',
    'head.csv': 'a,b\n',
    'mac.csv': 'a,b\r1,2\r',
    'mac.jsonl': '{"a":1}\r{"a":2}\r',
    'packed.gz': gzipSync('{"a":1}\n'),
    'wide.csv': Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'),
    'in/a.png': '',
  })
  const at = (name: string): string => join(folder, name)
  it.each<[InputSpec, string]>([
    [jsonl(at('none.jsonl')), 'none.jsonl: no such file'],
    [jsonl(at('in')), 'in: not a file'],
    [jsonl(at('zero.jsonl')), 'zero.jsonl: empty; expected at least one item'],
    [jsonl(at('blank.jsonl')), 'no items; expected at least one'],
    [csv(at('same.csv')), 'same.csv:1: two columns named "a"'],
    [csv(at('head.csv')), 'no items; expected at least one'],
    [csv(at('head.csv'), 'id'), 'head.csv:1: no column "id"; expected the key among a, b'],
    [csv(at('mac.csv')), 'mac.csv:1: lines that end with CR alone; expected LF or CR LF'],
    [jsonl(at('mac.jsonl')), 'mac.jsonl:1: lines that end with CR alone; expected LF or CR LF'],
    [jsonl(at('packed.gz')), 'packed.gz: packed by gzip; expected UTF-8 text: unpack it'],
    [csv(at('wide.csv')), 'wide.csv: UTF-16; expected UTF-8 text: save or convert it as UTF-8'],
    [{ kind: 'files', patterns: [at('in/*.jpg')] }, 'no file matches "in/*.jpg": the folder'],
    [{ kind: 'files', patterns: [at('scans/*.png')] }, 'scans does not exist'],
    // A slip in one name among several: its file would be missing without a word.
    [
      { kind: 'files', patterns: [at('mac.csv'), at('in/*.gif'), at('mca.csv')] },
      'no file matches "mca.csv": the folder',
    ],
    [{ kind: 'items', items: [], key: undefined }, 'no items; expected at least one'],
    [
      { kind: 'module', path: at('l.ts'), key: undefined, version: undefined },
      'l.ts: no generator; expected export default async function*',
    ],
    [{ kind: 'stdin', format: 'lines', key: undefined }, 'pipe all of it in'],
  ])('%j', async (spec, text) => {
    const source = open(spec, { folder })
    await expect(source.read(undefined, 10)).rejects.toThrow(text)
    await expect(source.read(undefined, 10)).rejects.toMatchObject({ name: 'InputError' })
    await source.close()
  })

  it.each([() => ['a', 'b'], async () => ['a', 'b'], ['a', 'b'], async () => new Set(['a', 'b'])])(
    'a list, or a function that answers one, is as good as a generator: %s',
    async given => {
      const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
      const source = open(spec, { importModule: async () => ({ default: given }) })
      expect((await readAll(source, 10)).map(({ payload }) => payload)).toEqual(['"a"', '"b"'])
    },
  )

  it.each([() => 5, async () => 5])('a function that answers %s is refused', async given => {
    const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
    const source = open(spec, { importModule: async () => ({ default: given }) })
    await expect(source.read(undefined, 10)).rejects.toThrow('its default export yields nothing')
  })

  it('a generator that throws names its item', async () => {
    const generate = function* () {
      yield 1
      throw new Error('no more pages')
    }
    const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
    const source = open(spec, { importModule: async () => ({ default: generate }) })
    await expect(source.read(undefined, 10)).rejects.toThrow(
      'l.ts: threw while making item 1 (Error: no more pages)',
    )
  })

  it('a cursor is kept as it was when its item came, though the generator goes on changing it', async () => {
    const generate = async function* ({ cursor }: { cursor: { page: number } | undefined }) {
      const at = cursor ?? { page: 0 }
      while (at.page < 3) {
        const page = at.page
        at.page += 1
        if (page === 1) await new Promise(resolve => setTimeout(resolve, 400))
        yield { item: page, cursor: at }
      }
    }
    const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
    const opened = () => open(spec, { importModule: async () => ({ default: generate }) })
    const source = opened()
    const { items, cursor } = await source.read(undefined, 10)
    await source.close()
    expect(items.map(({ payload }) => payload)).toEqual(['0'])
    expect((await readAll(opened(), 10, cursor)).map(({ payload }) => payload)).toEqual(['1', '2'])
  })

  it.each([
    ['a big integer', 1n, 'it is a BigInt'],
    ['a function', () => 1, 'JSON has no function'],
    ['a map', new Map(), 'it is a Map'],
  ])('%s as a cursor names its item', async (_, cursor, why) => {
    const generate = () => [{ item: 1 }, { item: 2, cursor }]
    const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
    const source = open(spec, { importModule: async () => ({ default: generate }) })
    const reading = source.read(undefined, 10)
    await expect(reading).rejects.toThrow('l.ts: item 1: its cursor: not a JSON value')
    await expect(reading).rejects.toThrow(why)
  })

  it('an item that throws when it is looked at fails alone', async () => {
    const trap = () => {
      throw new Error('a trap')
    }
    const generate = () => [new Proxy({}, { has: trap, ownKeys: trap, get: trap }), 2]
    const spec: InputSpec = { kind: 'module', path: '/l.ts', key: undefined, version: undefined }
    const source = open(spec, { importModule: async () => ({ default: generate }) })
    expect(await readAll(source, 10)).toMatchObject([
      { problem: expect.stringContaining('l.ts: item 0: not a JSON value (a trap)') },
      { payload: '2' },
    ])
  })
})

describe('files', () => {
  it('are named from the job folder, and from their own where they lie outside it', async () => {
    const folder = tempFolder({ 'job/in/a.png': '', 'imgs/x/b.png': '' })
    const keys = async (pattern: string): Promise<string[]> => {
      const spec: InputSpec = { kind: 'files', patterns: [pattern] }
      const items = await readAll(open(spec, { folder: join(folder, 'job') }), 10)
      return items.map(item => item.key)
    }
    expect(await keys(`${folder}/job/in/*.png`)).toEqual(['in/a.png'])
    expect(await keys(`${folder}/imgs/**/*.png`)).toEqual(['x/b.png'])
  })

  it('with brackets in their name are found by it', async () => {
    const folder = tempFolder({ 'page [1].png': '12', 'page 1.png': '' })
    const spec: InputSpec = { kind: 'files', patterns: [join(folder, 'page [1].png')] }
    expect(await readAll(open(spec, { folder, size: { kind: 'bytes' } }), 10)).toMatchObject([
      { key: 'page [1].png', size: 2 },
    ])
  })

  it('added after a cursor was taken shift nothing before it', async () => {
    const folder = tempFolder({ 'b.txt': '', 'd.txt': '' })
    const spec: InputSpec = { kind: 'files', patterns: [`${folder}/*.txt`] }
    const { cursor } = await open(spec, { folder }).read(undefined, 1)
    writeFileSync(join(folder, 'a.txt'), '')
    const rest = await readAll(open(spec, { folder }), 10, cursor)
    expect(rest.map(item => item.key)).toEqual(['d.txt'])
  })

  const namesOf = async (folder: string, pattern: string): Promise<string[]> => {
    const spec: InputSpec = { kind: 'files', patterns: [pattern] }
    return (await readAll(open(spec, { folder }), 10)).map(item => item.key)
  }

  it('a link to nowhere is no file', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    symlinkSync(join(folder, 'gone'), join(folder, 'b.txt'))
    expect(await namesOf(folder, `${folder}/*.txt`)).toEqual(['a.txt'])
  })

  it('a link to a folder is followed, but not to one above it, unless the pattern names it', async () => {
    const folder = tempFolder({ 'in/a.txt': '', 'in/b/c.txt': '', 'd/e.txt': '', 'up.txt': '' })
    symlinkSync(join(folder, 'd'), join(folder, 'in/to-d'))
    symlinkSync(folder, join(folder, 'in/up'))
    symlinkSync(join(folder, 'in'), join(folder, 'in/b/in'))
    const found = ['in/a.txt', 'in/b/c.txt', 'in/to-d/e.txt']
    expect(await namesOf(folder, `${folder}/in/**/*.txt`)).toEqual(found)
    expect(await namesOf(folder, `${folder}/in`)).toEqual(found)
    expect(await namesOf(folder, `${folder}/in/up/*.txt`)).toEqual(['in/up/up.txt'])
  })

  it('of a folder are all taken, whatever their names and its own', async () => {
    const folder = tempFolder({ '[a] (b)/new\nline': '', '[a] (b)/{c}': '', '[a] (b)/d/é e': '' })
    const found = ['d/é e', 'new\nline', '{c}'].map(name => `[a] (b)/${name}`)
    const escaped = `${folder}/\\[a\\] \\(b\\)`
    for (const pattern of [`${folder}/[a] (b)`, escaped, `${escaped}/**`])
      expect(await namesOf(folder, pattern)).toEqual(found)
    expect(await namesOf(folder, `${escaped}/{c}`)).toEqual(['[a] (b)/{c}'])
  })
})

describe('a key that would leave the output folder', () => {
  it('is a problem before anything is spent on its item, told without a path of this machine', async () => {
    const folder = tempFolder({})
    mkdirSync(join(folder, 'o'))
    symlinkSync(folder, join(folder, 'o', 'link'))
    const keys = ['a/b', '../a', '/etc/passwd', 'a/../../b', 'link/x', '.', 'a/..', './']
    const items = keys.map(id => ({ id }))
    const spec: InputSpec = { kind: 'items', items, key: 'id' }
    const found = await readAll(open(spec, { templates: [`${folder}/o/{key}`] }), 10)
    const inside = "expected a key that stays inside its output's folder"
    expect(found.map(item => item.problem)).toEqual([
      undefined,
      `its key has ".." in it: "../a"; ${inside}`,
      `its key is an absolute path: "/etc/passwd"; ${inside}`,
      `its key has ".." in it: "a/../../b"; ${inside}`,
      `a symbolic link on its way leads to another folder; ${inside}`,
      `its key names the folder itself: "."; ${inside}`,
      `its key has ".." in it: "a/.."; ${inside}`,
      `its key names the folder itself: "./"; ${inside}`,
    ])
    expect((await readAll(open(spec), 10)).every(item => item.problem === undefined)).toBe(true)
  })
})

describe('a combination of a grid', () => {
  it('is known by its values, so that a longer axis makes new items and renames none', async () => {
    const keys = async (seed: readonly unknown[]) =>
      (await readAll(open({ kind: 'grid', axes: { lr: [0.1, 'auto'], seed } }), 10)).map(
        ({ key }) => key,
      )
    expect(await keys([1])).toEqual(['lr=0.1,seed=1', 'lr=auto,seed=1'])
    expect(await keys([1, 2])).toEqual(expect.arrayContaining(await keys([1])))
  })
})

describe('the size of an item', () => {
  it('is its bytes, a numeric field, or one', async () => {
    const spec: InputSpec = { kind: 'items', items: [{ n: 5, t: 'é' }, { n: 'x' }], key: undefined }
    const sizes = async (size: OpenSourceOptions['size']): Promise<number[]> =>
      (await readAll(open(spec, { size }), 10)).map(item => item.size)
    expect(await sizes({ kind: 'bytes' })).toEqual([16, 9])
    expect(await sizes({ kind: 'field', field: 'n' })).toEqual([5, 1])
    expect(await sizes({ kind: 'one' })).toEqual([1, 1])
  })
})

describe('stdin', () => {
  const spec: InputSpec = { kind: 'stdin', format: 'jsonl', key: 'id' }
  const text = '{"id":"a"}\n{"id":\n{"id":"b"}\n{"id":"a"}\n'

  it('is read whole and kept before its first item, with the lines of its problems', async () => {
    const store = memoryStore()
    await open(spec, { store, stdin: pieces(text) }).read(undefined, 1)
    const items = await readAll(open(spec, { store }), 2)
    expect(items.map(item => item.key)).toEqual(['a', '#1', 'b', '#3'])
    expect(items[1].problem).toContain('stdin:2: not JSON')
    expect(items[3].problem).toContain('duplicate key "a": first at stdin:1, again at stdin:4')
  })

  it('has lines that are not UTF-8 as problems, keeps one cut anywhere, drops a byte order mark', async () => {
    const bytes = Buffer.concat([
      Buffer.from('\uFEFFé\r\n\n'),
      Buffer.from([255, 10]),
      Buffer.from('b'),
    ])
    const single = (async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte)
    })()
    const lines: InputSpec = { kind: 'stdin', format: 'lines', key: undefined }
    const items = await readAll(open(lines, { stdin: single }), 10)
    expect(items.map(item => item.payload)).toEqual(['"é"', 'null', '"b"'])
    expect(items[1].problem).toBe('stdin:3: bytes that are not UTF-8; expected UTF-8 text')
  })

  it('that broke off is continued by the same input and refuses another', async () => {
    const store = memoryStore()
    store.spool('calm-otter', 0, [{ key: '1', payload: JSON.stringify('{"id":"a"}') }])
    const other = open(spec, { store, stdin: pieces('{"id":"z"}\n') })
    await expect(other.read(undefined, 1)).rejects.toThrow('stdin:1: differs from what this run')
    expect(await readAll(open(spec, { store, stdin: pieces(text) }), 10)).toHaveLength(4)
    expect(store.spooled('calm-otter', 0, 10)).toHaveLength(4)
  })
})

describe('a read of large items', () => {
  const count = 70
  const text = 'x'.repeat(1_000_000)
  const lines = `${JSON.stringify(text)}\n`.repeat(count)
  const sources: Readonly<Record<string, () => Source>> = {
    jsonl: () => {
      const folder = tempFolder({ 'in.jsonl': lines })
      return open({ kind: 'jsonl', path: join(folder, 'in.jsonl'), key: undefined })
    },
    csv: () => {
      const folder = tempFolder({ 'in.csv': `a\n${lines}` })
      return open({ kind: 'csv', path: join(folder, 'in.csv'), key: undefined })
    },
    stdin: () => open({ kind: 'stdin', format: 'jsonl', key: undefined }, { stdin: pieces(lines) }),
    generator: () =>
      open(
        { kind: 'module', path: '/list.ts', key: undefined, version: undefined },
        { importModule: async () => ({ default: () => Array(count).fill(text) }) },
      ),
  }

  it.each(Object.keys(sources))('ends when they are much together: %s', async name => {
    const source = sources[name]()
    let cursor: string | undefined
    const read: number[] = []
    for (let done = false; !done; ) {
      const chunk = await source.read(cursor, 10_000)
      read.push(chunk.items.length)
      cursor = chunk.cursor
      done = chunk.done
    }
    await source.close()
    expect(read.reduce((sum, items) => sum + items, 0)).toBe(count)
    expect(Math.max(...read)).toBeLessThan(40)
  })
})

describe('an open run', () => {
  it('has no end until it is closed', async () => {
    const store = memoryStore()
    const source = open({ kind: 'open' }, { store })
    const none = await source.read(undefined, 10)
    expect(none).toMatchObject({ items: [], done: false })
    store.spool('calm-otter', 0, [{ key: 'x', payload: '1', priority: 2, notBefore: 9 }])
    const one = await source.read(none.cursor, 10)
    expect(one).toMatchObject({ items: [{ key: 'x', priority: 2, notBefore: 9 }], done: false })
    store.put(closedDocument('calm-otter'), '')
    expect(await source.read(one.cursor, 10)).toMatchObject({ items: [], done: true })
  })
})

describe('duplicate keys', () => {
  const keyed = (keys: readonly string[]): PlacedSource => ({
    ...simSource({ count: keys.length, key: index => keys[index] }),
    place: index => `item ${index}`,
  })

  it('are found across windows and after a restart, however it is read', async () => {
    const keys = Array.from({ length: 30_000 }, (_, index) => `k${index}`)
    keys[25_000] = 'k3'
    keys[25_001] = 'k3'
    keys[29_999] = 'k25002'
    const whole = await readAll(uniqueKeys(keyed(keys)), 10_000)
    const problems = whole.flatMap((item, at) => (item.problem === undefined ? [] : [at]))
    expect(problems).toEqual([25_000, 25_001, 29_999])
    expect(whole[25_001].problem).toContain('first at item 3, again at item 25001')
    expect(new Set(whole.map(item => item.key)).size).toBe(30_000 - 3 + 3)
    const { cursor } = await uniqueKeys(keyed(keys)).read(undefined, 24_999)
    expect(await readAll(uniqueKeys(keyed(keys)), 7, cursor)).toEqual(whole.slice(24_999))
  })

  it('a hash that two keys share makes neither a duplicate', async () => {
    const allAlike = {
      add: (_: string, index: number) => (index === 0 ? undefined : 0),
      find: () => 0,
      size: () => 1,
    }
    const items = await readAll(uniqueKeys(keyed(['a', 'x', 'b', 'a']), allAlike), 2)
    expect(items.map(item => item.problem === undefined)).toEqual([true, true, true, false])
  })

  it('a key set suspects exactly what was added', () => {
    const set = keySet()
    for (let i = 0; i < 50_000; i += 1) expect(set.add(`k${i}`, i)).toBeUndefined()
    for (let i = 0; i < 50_000; i += 501) expect(set.add(`k${i}`, 99_999)).toBe(i)
    expect(set.add('other', 50_000)).toBeUndefined()
    expect(set.size()).toBe(50_001)
  })
})

describe('a line reader', () => {
  it('reads on past a line longer than it takes, and past its own block', async () => {
    const long = 'x'.repeat(3_000_000)
    const folder = tempFolder({ 'a.txt': `a\n${long}\nb\n${'é'.repeat(700_000)}\nc` })
    const reader = await LineReader.open(join(folder, 'a.txt'), undefined, 2_000_000)
    const lines: [number, boolean, number][] = []
    for (let state = reader.next(); state !== 'end'; state = reader.next()) {
      if (state === 'more') await reader.fill()
      else lines.push([reader.text.length, reader.tooLong, reader.offset])
    }
    await reader.close()
    expect(lines).toEqual([
      [1, false, 2],
      [0, true, 3_000_003],
      [1, false, 3_000_005],
      [700_000, false, 4_400_006],
      [1, false, 4_400_007],
    ])
  })
})

describe('links to folders', () => {
  it('are followed, but not back into a folder on the way', async () => {
    const folder = tempFolder({ 'a/x.txt': '', 'a/b/y.txt': '', 'other/z.txt': '' })
    symlinkSync('.', join(folder, 'a/self'))
    symlinkSync('..', join(folder, 'a/b/up'))
    symlinkSync('../other', join(folder, 'a/other'))
    const keys = async (pattern: string): Promise<string[]> => {
      const files: InputSpec = { kind: 'files', patterns: [join(folder, pattern)] }
      return (await readAll(open(files, { folder }), 10)).map(item => item.key)
    }
    expect(await keys('a/**/*.txt')).toEqual(['a/b/y.txt', 'a/other/z.txt', 'a/x.txt'])
    expect(await keys('a/self/*.txt')).toEqual(['a/self/x.txt'])
  })

  it('patterns that only leave out are refused', async () => {
    const files: InputSpec = { kind: 'files', patterns: ['!/data/*.tmp'] }
    await expect(open(files, { folder: '/data' }).read(undefined, 1)).rejects.toThrow(
      '"!*.tmp": only a pattern of files to leave out; expected one of files to take as well',
    )
  })
})

describe('fields of a csv', () => {
  it('keep the line ends within quotes, and a column of any name', async () => {
    const folder = tempFolder({ 'a.csv': '__proto__,t\r\np,"1\n2\r\n\r\n3"\r\n' })
    const [item] = await readAll(open(csv(join(folder, 'a.csv'), '__proto__')), 10)
    expect(item).toMatchObject({ key: 'p', payload: '{"__proto__":"p","t":"1\\n2\\r\\n\\r\\n3"}' })
  })

  it.each([
    ['a.csv', 'a,b\n1,2\n'],
    ['a.csv', '\ufeffa\tb\n1\t2\n'],
    ['a.csv', 'a;b\r\n1;2\r\n'],
    ['a.csv', 'a|b\n1|2\n'],
    ['a.csv', '"a";b\n1;"2"\n'],
    ['a.tsv', 'a\tb\n1\t2\n'],
  ])('are cut where the header is: %s %j', async (name, text) => {
    const folder = tempFolder({ [name]: text })
    const [item] = await readAll(open(csv(join(folder, name))), 10)
    expect(item).toMatchObject({ payload: '{"a":"1","b":"2"}' })
  })

  it('are cut by what cuts the header most, quoted names aside, or by what is given', async () => {
    const text = '"name, short";price, EUR;note\nx;1,5;a|b\n'
    const spec = csv(join(tempFolder({ 'a.csv': text }), 'a.csv'))
    const payload = async (given: InputSpec) => (await readAll(open(given), 10))[0].payload
    expect(JSON.parse(await payload(spec))).toEqual({
      'name, short': 'x',
      'price, EUR': '1,5',
      note: 'a|b',
    })
    const [item] = await readAll(open({ ...spec, delimiter: '|' } as InputSpec), 10)
    expect(item.problem).toMatch(/a.csv:2: 2 fields; expected 1 /)
  })
})

describe('what a generator gives with an item', () => {
  const spec: InputSpec = { kind: 'module', path: '/g.mjs', key: undefined, version: undefined }
  const yielding = (...entries: unknown[]) =>
    readAll(open(spec, { importModule: async () => ({ default: () => entries }) }), 10)

  it('as a key is text, a number or true and false; anything else is the problem of that item', async () => {
    const items = await yielding(
      { item: 1, key: 'a' },
      { item: 2, key: null },
      { item: 3, key: { of: 3 } },
      { item: 4, key: 4 },
    )
    expect(items.map(({ key, problem }) => problem ?? key)).toEqual([
      'a',
      expect.stringContaining('item 1: its key is null; expected text or a number'),
      expect.stringContaining('item 2: its key is {"of":3}; expected text or a number'),
      '4',
    ])
  })

  it('as an item is what JSON has: what it would turn into null or {} is the problem of that item', async () => {
    const odd = [
      { dpi: Number.NaN },
      { by: new Map([['a', 1]]) },
      { of() {} },
      10n,
      { dpi: null, by: {} },
    ]
    const expected = [
      expect.stringContaining('item 0: not a JSON value'),
      expect.stringContaining('("by" is a Map, which becomes {} in JSON)'),
      expect.stringContaining('item 2: not a JSON value ("of" is a function'),
      expect.stringContaining('item 3: not a JSON value'),
      '{"dpi":null,"by":{}}',
    ]
    const listed = open({ kind: 'items', items: odd, key: undefined })
    for (const items of [await yielding(...odd), await readAll(listed, 10)])
      expect(items.map(({ problem, payload }) => problem ?? payload)).toEqual(expected)
  })

  it('may be as long as a line of a file, and no longer', async () => {
    const long = ['é'.repeat(8 * 1024 * 1024 - 1), 'é'.repeat(8 * 1024 * 1024)]
    const listed = open({ kind: 'items', items: long, key: undefined })
    for (const items of [await yielding(...long), await readAll(listed, 10)])
      expect(items.map(({ problem }) => problem)).toEqual([
        undefined,
        expect.stringContaining('item 1: its JSON takes 16777218 bytes; expected at most 16777216'),
      ])
  })

  it('that cannot be kept fails under its own key', async () => {
    const items = await yielding({ item: () => 1, key: 'f' }, { item: 1n, key: '' }, { item: 2n })
    expect(items.map(({ key, problem }) => [key, problem !== undefined])).toEqual([
      ['f', true],
      ['#1', true],
      ['2', true],
    ])
  })

  it('as a version may be a date or an object, and differs where they do', async () => {
    const versions = (
      await yielding(
        { item: 0, version: new Date(1) },
        { item: 0, version: new Date(2) },
        { item: 0, version: { etag: 1 } },
        { item: 0, version: { etag: 2 } },
        { item: 0, version: 'v1' },
      )
    ).map(({ version }) => version)
    expect(new Set(versions).size).toBe(5)
    expect(versions[4]).toBe('v1')
  })
})
