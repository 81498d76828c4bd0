import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { open } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeOutput } from '../../src/adapter/output/write-output.ts'
import { parse } from 'csv-parse/sync'
import type { StoredResult } from '../../src/port/store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-output-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const done = (index: number, key: string, result: unknown): StoredResult => ({
  ...{ index, key, version: '1', state: 'done' },
  payload: JSON.stringify(result),
})
const failed = (index: number, key: string): StoredResult => ({
  ...{ index, key, version: '1', state: 'failed' },
  payload: JSON.stringify({ kind: 'timeout', code: 'T1', message: 'took 60 s', detail: 'stack' }),
})

const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const at = (name: string): string => join(folder, name)

/** Every file below the folder, temporary ones included. */
const filesBelow = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

/** Results that end in an error, as a damaged store would. */
function* breaking(first: StoredResult): Generator<StoredResult> {
  yield first
  throw new Error('damaged row')
}

describe('jsonl', () => {
  it('is a line per item in the order given: its result or its error, without stacks', async () => {
    const spec = { kind: 'jsonl', path: at('out/a.jsonl') } as const
    const stopped: StoredResult = { ...done(2, 'c', [1]), state: 'stopped' }
    const indented = { ...done(3, 'd', 0), payload: '{\n  "n": 1\n}' }
    const written = await writeOutput(spec, [
      done(0, 'a"b', { n: 'é' }),
      failed(1, 'b'),
      stopped,
      indented,
    ])
    expect(text('out/a.jsonl')).toBe(
      [
        '{"index":0,"key":"a\\"b","result":{"n":"é"}}',
        '{"index":1,"key":"b","error":{"kind":"timeout","code":"T1","message":"took 60 s"}}',
        '{"index":2,"key":"c","result":[1]}',
        '{"index":3,"key":"d","result":{"n":1}}\n',
      ].join('\n'),
    )
    expect(written).toMatchObject({ path: spec.path, files: 1, items: 4 })
    expect(written.bytes).toBe(statSync(spec.path).size)
  })

  it('of more than fits one piece is whole', async () => {
    const results = Array.from({ length: 20_000 }, (_, index) =>
      done(index, `k${index}`, { index }),
    )
    await writeOutput({ kind: 'jsonl', path: at('a.jsonl') }, results)
    const lines = text('a.jsonl').trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).result.index)).toEqual(
      results.map(({ index }) => index),
    )
  })

  it('that cannot be finished leaves the old file and nothing beside it', async () => {
    writeFileSync(at('a.jsonl'), 'old')
    const spec = { kind: 'jsonl', path: at('a.jsonl') } as const
    await expect(writeOutput(spec, breaking(done(0, 'a', 'x'.repeat(300_000))))).rejects.toThrow(
      'damaged row',
    )
    expect(filesBelow()).toEqual(['a.jsonl'])
    expect(text('a.jsonl')).toBe('old')
  })

  it('where a folder or a file is in the way says so', async () => {
    mkdirSync(at('a.jsonl'))
    const spec = { kind: 'jsonl', path: at('a.jsonl') } as const
    await expect(writeOutput(spec, [done(0, 'a', 1)])).rejects.toThrow(
      /a.jsonl: not written \(a folder has this name\)/,
    )
    writeFileSync(at('b'), '')
    const inside = { kind: 'jsonl', path: at('b/c.jsonl') } as const
    await expect(writeOutput(inside, [])).rejects.toMatchObject({ name: 'OutputError' })
    expect(filesBelow()).toEqual(['b'])
  })

  it.skipIf(!existsSync('/dev/full'))('on a full disk says so', async () => {
    const { outputError } = await import('../../src/adapter/output/output-error.ts')
    const { open } = await import('node:fs/promises')
    const full = await open('/dev/full', 'w')
    const error = await full.write('x').then(
      () => undefined,
      (error: unknown) => error,
    )
    await full.close()
    expect(outputError(error, 'out/a.jsonl', 1500).message).toBe(
      'out/a.jsonl: not written (the disk is full) after 1.5 kB; nothing partial was left. ' +
        'The results are kept: make room or access, and run again',
    )
  })

  it('is on the disk before it has its name, and the name before it counts as written', async () => {
    const handle = await open(folder)
    const synced = vi.spyOn(Object.getPrototypeOf(handle), 'sync')
    const visible: boolean[] = []
    synced.mockImplementation(async () => {
      visible.push(existsSync(at('a.jsonl')))
    })
    await writeOutput({ kind: 'jsonl', path: at('a.jsonl') }, [done(0, 'a', 1)])
    synced.mockRestore()
    await handle.close()
    expect(visible).toEqual([false, true])
  })

  it('removes what a killed writer left, and leaves a living one alone', async () => {
    writeFileSync(at('.x.999999999.dray-tmp'), '')
    writeFileSync(at(`.x.${process.ppid}.dray-tmp`), '')
    await writeOutput({ kind: 'jsonl', path: at('a.jsonl') }, [done(0, 'a', 1)])
    expect(filesBelow()).toEqual([`.x.${process.ppid}.dray-tmp`, 'a.jsonl'])
  })
})

describe('csv', () => {
  const spec = () => ({ kind: 'csv', path: at('a.csv') }) as const

  it('has a column per field in the order first seen, rows before it empty there', async () => {
    const results = [
      done(0, 'a', { n: 1, t: 'x, "y"\nz' }),
      failed(1, 'b'),
      done(2, 'c', { more: [1, { p: null }], n: null, key: 'k' }),
      done(3, ' d', 'plain'),
    ]
    expect(await writeOutput(spec(), results)).toMatchObject({ files: 1, items: 4 })
    const records: string[][] = parse(text('a.csv'))
    expect(records).toEqual([
      ['index', 'key', 'error', 'n', 't', 'more', 'result.key', 'result'],
      ['0', 'a', '', '1', 'x, "y"\nz', '', '', ''],
      ['1', 'b', 'timeout: took 60 s', '', '', '', '', ''],
      ['2', 'c', '', '', '', '[1,{"p":null}]', 'k', ''],
      ['3', ' d', '', '', '', '', '', 'plain'],
    ])
    expect(filesBelow()).toEqual(['a.csv'])
  })

  it('of no results is its header', async () => {
    await writeOutput(spec(), [])
    expect(text('a.csv')).toBe('index,key,error\n')
  })

  it('that cannot be finished leaves nothing', async () => {
    await expect(writeOutput(spec(), breaking(done(0, 'a', 1)))).rejects.toThrow('damaged row')
    expect(filesBelow()).toEqual([])
  })
})

describe('a file per item', () => {
  it('is written into a folder that was looked through for left files once, not once a file', async () => {
    const template = at('out/{key}.json')
    const left = 'out/.0123.999999999.dray-tmp'
    mkdirSync(at('out'))
    writeFileSync(at(left), 'from before')
    const seen: boolean[] = []
    function* results(): Generator<StoredResult> {
      for (let index = 0; index < 100; index += 1) {
        if (index === 50) {
          seen.push(existsSync(at(left)))
          writeFileSync(at(left), 'from after')
        }
        yield done(index, `k${index}`, index)
      }
    }
    await writeOutput({ kind: 'each', template }, results())
    expect([...seen, existsSync(at(left))]).toEqual([false, true])
  })

  const each = (template: string, results: Iterable<StoredResult>) =>
    writeOutput({ kind: 'each', template: at(template) }, results)

  it('holds text as it is and anything else as indented JSON; a failed item has none', async () => {
    const written = await each('out/{key}.{index}.txt', [
      done(0, 'scans/a.png', 'line\n'),
      done(1, 'b', { n: 1 }),
      failed(2, 'c'),
    ])
    expect(filesBelow()).toEqual(['out/b.1.txt', 'out/scans/a.png.0.txt'])
    expect(text('out/scans/a.png.0.txt')).toBe('line\n')
    expect(text('out/b.1.txt')).toBe('{\n  "n": 1\n}\n')
    expect(written).toMatchObject({
      path: at('out'),
      files: 2,
      items: 2,
      bytes: 18,
      refusedCount: 0,
    })
  })

  it('may be named by the last part of its key', async () => {
    await each('out/{name}.json', [done(0, 'scans/a.tar.gz', 1), done(1, 'b', 2)])
    expect(filesBelow()).toEqual(['out/a.tar.json', 'out/b.json'])
  })

  it.each(['../x', 'a/../../x', '/etc/x', 'C:\\x', '..\\x', '', 'a\0b'])(
    'is refused where the key %j would leave the folder, the rest are written',
    async key => {
      const written = await each('out/{key}', [done(0, key, 1), done(1, 'b', 2)])
      expect(filesBelow()).toEqual(['out/b'])
      expect(written).toMatchObject({ files: 1, refusedCount: 1, refused: [{ index: 0, key }] })
      expect(written.refused[0].reason).toMatch(/its key .*expected a key that stays inside/)
    },
  )

  it.each(['out/{key}', 'out/{name}.json'])(
    'is refused where %s holds half a character: no file has such a name, and two would share one',
    async template => {
      const keys = ['\ud800', '\udc00', 'whole \u{1f600}']
      const results = keys.map((key, index) => done(index, key, 1))
      const written = await each(template, results)
      expect(filesBelow()).toHaveLength(1)
      expect(written).toMatchObject({ files: 1, refusedCount: 2 })
      expect(written.refused.map(({ reason }) => reason)).toEqual([
        expect.stringContaining('its key holds half a character'),
        expect.stringContaining('its key holds half a character'),
      ])
    },
  )

  it('is refused where a symbolic link leads out of the folder', async () => {
    mkdirSync(at('out'))
    mkdirSync(at('secret'))
    symlinkSync(at('secret'), at('out/link'))
    symlinkSync(at('nowhere'), at('out/dangling'))
    const results = ['link/a', 'dangling/a', 'ok'].map((key, index) => done(index, key, 1))
    const written = await each('out/{key}', results)
    expect(filesBelow()).toEqual(['out/ok'])
    expect(written.refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('a symbolic link on its way leads to'),
      expect.stringContaining('a symbolic link on its way leads to'),
    ])
  })

  it('replaces a link in its own place instead of writing through it', async () => {
    mkdirSync(at('out'))
    writeFileSync(at('secret'), 'kept')
    symlinkSync(at('secret'), at('out/a'))
    await each('out/{key}', [done(0, 'a', 1)])
    expect(text('secret')).toBe('kept')
    expect(text('out/a')).toBe('1\n')
  })

  it('is refused where another item writes the same file', async () => {
    const written = await each('out/{name}', [done(0, 'x/a.png', 1), done(1, 'y/a.png', 2)])
    expect(text('out/a')).toBe('1\n')
    expect(written.refused).toMatchObject([{ index: 1, key: 'y/a.png' }])
    expect(written.refused[0].reason).toMatch(/^item 0 writes .*out\/a too; expected .*\{key\}/)
  })

  it('is a file of its own, or refused, where only case sets two keys apart: no result is lost', async () => {
    const keys = ['Foo', 'foo', 'caf\u00e9', 'cafe\u0301']
    for (const _again of [1, 2]) {
      const written = await each(
        'out/{key}',
        keys.map((key, index) => done(index, key, key)),
      )
      expect(filesBelow()).toHaveLength(4 - written.refusedCount)
      expect([0, 2]).toContain(written.refusedCount)
      expect(text('out/Foo')).toBe('Foo')
    }
  })

  it('is refused by itself where its whole path is too long', async () => {
    const deep = `${'a/'.repeat(2100)}b`
    const written = await each('out/{key}', [done(0, deep, 1), done(1, 'c', 2)])
    expect(written).toMatchObject({ files: 1, refusedCount: 1, refused: [{ index: 0 }] })
    expect(text('out/c')).toBe('2\n')
  })

  it('is refused by itself where its name cannot be', async () => {
    const long = 'x'.repeat(300)
    const results = [long, 'a', 'a/b', 'c'].map((key, index) => done(index, key, index))
    const written = await each('out/{key}', results)
    expect(written.refused.map(({ key }) => key)).toContain(long)
    expect(written.files + written.refusedCount).toBe(4)
    expect(text('out/c')).toBe('3\n')
  })

  it('that holds the same already is left alone; another is replaced', async () => {
    await each('out/{key}', [done(0, 'a', 'same'), done(1, 'b', 'old')])
    const before = statSync(at('out/a')).ino
    await each('out/{key}', [done(0, 'a', 'same'), done(1, 'b', 'new')])
    expect(statSync(at('out/a')).ino).toBe(before)
    expect(text('out/b')).toBe('new')
    expect(filesBelow().map(name => dirname(name))).toEqual(['out', 'out'])
  })

  it('of an earlier result goes where its item has failed or was skipped, unless changed since or taken by another', async () => {
    const spec = { kind: 'each', template: at('out/{name}') } as const
    const keys = ['a', 'b', 'c', 'd', 'e']
    const first = await writeOutput(
      spec,
      keys.map((key, index) => done(index, key, 'old')),
    )
    writeFileSync(at('out/e'), 'by hand')
    utimesSync(at('out/e'), new Date(), new Date(Date.now() + 60_000))
    const now = [
      done(0, 'x/a', 'new'),
      { ...failed(1, 'y/a') },
      failed(2, 'b'),
      { ...failed(3, 'c'), state: 'skipped' as const },
      { ...failed(4, 'd'), state: 'cancelled' as const },
      failed(5, 'e'),
    ]
    await writeOutput(spec, now)
    expect(filesBelow()).toEqual(['out/a', 'out/b', 'out/c', 'out/d', 'out/e'])
    await writeOutput(spec, now, [first])
    expect(filesBelow()).toEqual(['out/a', 'out/d', 'out/e'])
    expect(['a', 'd', 'e'].map(name => text(`out/${name}`))).toEqual(['new', 'old', 'by hand'])
  })

  it('that cannot be written for another reason stops the output and leaves no temporary', async () => {
    await expect(each('out/{key}', breaking(done(0, 'a', 1)))).rejects.toThrow('damaged row')
    expect(filesBelow()).toEqual(['out/a'])
  })
})
