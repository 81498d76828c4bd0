import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Folder,
  folderWith,
  lines,
  noting,
  type Prepared,
  preparedWith,
  ran,
} from './harness.ts'

/** What runs again when something changes: each line of the table in the design, by what the handlers noted. */
test('items that ended early are kept as that, also after a restart', async () => {
  const folder = folderWith({
    'rows.jsonl': '{"id":"a"}\n{"id":"b"}\n',
    'job.yaml': `name: early
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: first, map: ./first.mjs, output: { jsonl: out.jsonl } }
`,
    'first.mjs': noting("return item.id === 'b' ? ctx.stop(1) : 2"),
  })
  const counts = async () => {
    const { items } = JSON.parse((await folder.dray('run', '--json')).out) as { items: object }
    return items
  }
  expect(await counts()).toMatchObject({ total: 2, done: 1, stopped: 1 })
  folder.write('rows.jsonl', '{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n')
  expect(await counts()).toMatchObject({ total: 3, done: 2, stopped: 1 })
  const { out } = await folder.dray('status', '--json')
  expect(JSON.parse(out)).toMatchObject({ items: { total: 3, done: 2, stopped: 1 } })
  expect(ran(folder)).toHaveLength(3)
  folder.remove()
})

test('an item that has failed since loses its file; one that is gone keeps it', async () => {
  const rows = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([id, n]) => `${JSON.stringify({ id, n })}\n`)
      .join('')
  const folder = folderWith({
    'rows.jsonl': rows({ a: 1, b: 1, c: 1 }),
    'job.yaml': `name: files
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: first, map: ./first.mjs, retry: { attempts: 1 }, output: { each: 'out/{key}.json' } }
`,
    'first.mjs': noting("if (item.n === 0) throw new Error('no'); return item.n"),
  })
  const files = () => readdirSync(join(folder.path, 'out')).sort()
  expect((await folder.dray('run')).code).toBe(0)
  expect(files()).toEqual(['a.json', 'b.json', 'c.json'])
  folder.write('rows.jsonl', rows({ a: 0, b: 0 }))
  expect((await folder.dray('run')).code).toBe(1)
  expect(files()).toEqual(['c.json'])
  folder.write('rows.jsonl', rows({ a: 2, b: 0 }))
  expect((await folder.dray('run')).code).toBe(1)
  expect(files()).toEqual(['a.json', 'c.json'])
  expect(folder.read('out/a.json')).toBe('2\n')
  folder.remove()
})

describe('a job that ran and is run again', () => {
  let folder: Prepared

  const rows = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([id, n]) => `${JSON.stringify({ id, n })}\n`)
      .join('')

  const job = (
    change: { readonly top?: string; readonly stage?: string; readonly output?: string } = {},
  ) => `
name: again
input: { jsonl: rows.jsonl, key: id }
params: { scale: 1 }
${change.top ?? ''}
stages:
  - name: first
    map: ./first.mjs
    output: { jsonl: ${change.output ?? 'out.jsonl'} }
    ${change.stage ?? ''}
  - name: second
    map: ./second.mjs
    after: first
    output: { jsonl: second.jsonl }
`

  beforeAll(async () => {
    const files = {
      'rows.jsonl': rows({ a: 1, b: 2, c: 3 }),
      'job.yaml': job(),
      'first.mjs': noting('return { n: item.n }'),
      'second.mjs': noting('return { n: item.n + 1 }').replace(
        'ctx.key +',
        "'second ' + ctx.key +",
      ),
    }
    folder = await preparedWith(files, async at => {
      const ended = await at.dray('run', 'job.yaml')
      expect(ended.code, ended.err).toBe(0)
      expect(ran(at)).toHaveLength(6)
      at.write('ran.txt', '')
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  const again = async (...words: string[]) => {
    const ended = await folder.dray('run', 'job.yaml', ...words)
    return { ...ended, ran: ran(folder).sort() }
  }

  test('unchanged: says so, runs nothing, exits 0', async () => {
    const ended = await again()
    expect(ended).toMatchObject({ code: 0, ran: [] })
    expect(ended.err).toContain('nothing to do')
  })

  test.each([
    ['timeout', { stage: 'timeout: 60s' }],
    ['retry', { stage: 'retry: { attempts: 5 }' }],
    ['needs', { stage: 'needs: { cpu: 1 }' }],
    ['chunk', { stage: 'chunk: 2' }],
    ['size', { stage: 'size: bytes' }],
    ['priority', { top: 'priority: 3' }],
    ['strategy', { top: 'strategy: mct' }],
  ])('another %s: nothing runs', async (_name, change) => {
    folder.write('job.yaml', job(change))
    expect(await again()).toMatchObject({ code: 0, ran: [] })
  })

  test('other machines: nothing runs', async () => {
    folder.write('machines.json', JSON.stringify({ machines: [{ id: 'm0', slots: 1 }] }))
    expect(await again('--machines', 'machines.json')).toMatchObject({ code: 0, ran: [] })
  })

  test('another output path: nothing runs, and the output is there', async () => {
    folder.write('job.yaml', job({ output: 'elsewhere.jsonl' }))
    expect(await again()).toMatchObject({ code: 0, ran: [] })
    expect(folder.read('elsewhere.jsonl')).toBe(folder.read('out.jsonl'))
  })

  test('a changed item: that item, through every stage', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 20, c: 3 }))
    expect(await again()).toMatchObject({ code: 0, ran: ['b', 'second b'] })
    expect(lines(folder.read('second.jsonl'))[1]).toContain('"n":21')
  })

  test('new items: those', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3, d: 4 }))
    expect(await again()).toMatchObject({ code: 0, ran: ['d', 'second d'] })
    expect(lines(folder.read('second.jsonl'))).toHaveLength(4)
  })

  test('a run that continues says how much it keeps; why of an item from which run, and of what code', async () => {
    const before = /continues (\w+-\w+): \d of \d items are done/
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3, d: 4 }))
    const [, first] = before.exec((await again()).err) ?? []
    const why = async () => (await folder.dray('why', 'again', 'a')).out
    expect(await why()).toContain(`kept from ${first}: neither item nor code changed`)
    const logs = (await folder.dray('logs', 'again', 'a')).err
    expect(logs).toContain(
      `nothing was printed or logged; it continues ${first}: dray logs ${first} a`,
    )
    folder.write('first.mjs', noting('return { n: item.n * 10 }'))
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3, d: 4, e: 5 }))
    const [, second] = before.exec((await again('--keep')).err) ?? []
    expect(await why()).toContain(`kept from ${second} though older code may have made it`)
  })

  describe.each([
    [
      'handler code',
      'code of first or its local imports',
      (at: Folder) => at.write('first.mjs', noting('return { n: item.n * 10 }')),
    ],
    [
      'params',
      'params.scale',
      (at: Folder) => at.write('job.yaml', job().replace('scale: 1', 'scale: 2')),
    ],
    [
      'returns',
      'returns of first',
      (at: Folder) => at.write('job.yaml', job({ stage: 'returns: { type: object }' })),
    ],
    [
      'loads',
      'loads of first',
      (at: Folder) => at.write('job.yaml', job({ stage: 'loads: { name: m, memory: 1MB }' })),
    ],
  ])('other %s', (_name, told, change) => {
    test('exits 2 with how many finished items, how long they took and what changed; nothing runs', async () => {
      change(folder)
      const ended = await again()
      expect(ended).toMatchObject({ code: 2, ran: [] })
      expect(ended.err).toMatch(
        /\d finished items \(.+\) came from older code: --keep or --redo first\n/,
      )
      expect(ended.err).toContain(`; changed since: ${told}\n`)
    })

    test('--keep: nothing runs, and that results came from older code is not forgotten', async () => {
      change(folder)
      for (const words of [['--keep'], [], ['--explain']]) {
        const ended = await again(...words)
        expect(ended).toMatchObject({ code: 0, ran: [] })
        expect(ended.out + ended.err).toMatch(/finished; results of first.* kept from older code/)
      }
    })
  })

  test('a local import of the handler counts as its code', async () => {
    const code = `import { by } from './by.mjs'\n${noting('return { n: item.n * by }')}`
    folder.write('by.mjs', 'export const by = 2\n')
    folder.write('first.mjs', code)
    expect((await again('--redo', 'first')).code).toBe(0)
    folder.write('by.mjs', 'export const by = 3\n')
    expect((await again()).code).toBe(2)
  })

  test('--redo runs the stage and what follows it', async () => {
    folder.write('first.mjs', noting('return { n: item.n * 10 }'))
    const all = ['a', 'b', 'c', 'second a', 'second b', 'second c']
    expect(await again('--redo', 'first')).toMatchObject({ code: 0, ran: all })
  })

  test('--redo of a stage that the job does not have is refused, on its first run too', async () => {
    for (const dir of ['.dray', 'never']) {
      const { code, ran: begun } = await again('--redo', 'frist', '--dir', dir)
      expect({ code, begun }).toEqual({ code: 2, begun: [] })
    }
  })

  test('what was redone and failed is not replaced by what it was before', async () => {
    folder.write('first.mjs', noting("if (item.id === 'b') throw new Error('no'); return { n: 7 }"))
    folder.write('job.yaml', job({ stage: 'retry: { attempts: 1 }' }))
    expect((await again('--redo', 'first')).code).toBe(1)
    folder.write('ran.txt', '')
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3, d: 4 }))
    expect(await again()).toMatchObject({ code: 1, ran: ['b', 'd', 'second d'] })
  })

  test('--redo of a later stage leaves the earlier one', async () => {
    expect((await again('--redo', 'second')).ran).toEqual(['second a', 'second b', 'second c'])
  })

  test('older code is not forgotten by a run that continues, until it runs again', async () => {
    folder.write('first.mjs', noting('return { n: item.n * 10 }'))
    expect((await again('--keep')).code).toBe(0)
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3, d: 4 }))
    const grown = await again()
    expect(grown).toMatchObject({ code: 0, ran: ['d', 'second d'] })
    expect(grown.err).toContain(
      'its input changed, or was written again; results of first are kept from older code',
    )
    expect((await again()).err).toContain('finished; results of first are kept from older code')
    expect((await again('--redo', 'first')).err).not.toContain('older code')
    expect((await again()).err).toContain('nothing it was made from changed')
  })

  test('--redo of a later stage does not take older results of an earlier one along unasked', async () => {
    folder.write('first.mjs', noting('return { n: item.n * 10 }'))
    const refused = await again('--redo', 'second')
    expect(refused).toMatchObject({ code: 2, ran: [] })
    expect(refused.err).toContain('came from older code: --keep or --redo first')
    const kept = await again('--redo', 'second', '--keep')
    expect(kept.ran).toEqual(['second a', 'second b', 'second c'])
    expect(kept.err).toContain('results of first are kept from older code')
  })

  test('--redo of no stage exits 2', async () => {
    expect((await again('--redo', 'frist')).code).toBe(2)
  })

  test.each([
    ['--fresh', '--keep'],
    ['--fresh', '--redo', 'first'],
    ['--json', '--events'],
  ])('%s with %s exits 2: neither wins silently', async (...words) => {
    const ended = await again(...words)
    expect(ended).toMatchObject({ code: 2, ran: [], out: '' })
    expect(ended.err).toContain(`${words[0]} with ${words[1]}`)
  })

  test('another source of a stage counts as its code', async () => {
    folder.write('job.yaml', job().replace('after: first', 'after: []'))
    expect(await again()).toMatchObject({ code: 2, ran: [] })
  })

  test('the same rows under another key are other items', async () => {
    folder.write('job.yaml', job().replace(', key: id', ''))
    const ended = await again()
    expect(ended.ran).toHaveLength(6)
    expect(ended.err).toContain('its items have other keys')
  })

  test('a lost folder of an each output is written again; nothing runs', async () => {
    folder.write('job.yaml', job().replace('jsonl: out.jsonl', "each: 'out/{key}.json'"))
    expect(await again()).toMatchObject({ code: 0, ran: [] })
    rmSync(join(folder.path, 'out'), { recursive: true })
    expect(await again()).toMatchObject({ code: 0, ran: [] })
    expect(folder.read('out/a.json')).toContain('"n": 1')
  })

  test('--fresh runs everything', async () => {
    expect((await again('--fresh')).ran).toHaveLength(6)
  })

  test('--explain says what would run and runs nothing', async () => {
    folder.write('rows.jsonl', rows({ a: 1, b: 20, d: 4 }))
    const ended = await again('--explain')
    expect(ended).toMatchObject({ code: 0, ran: [] })
    expect(ended.out).toContain('its input changed')
    expect(lines(ended.out).slice(1)).toEqual([
      '  first   1 kept, 1 changed, 1 new, 1 gone',
      '  second  1 kept, 1 again if first comes out otherwise, 1 new',
    ])
    const { stages } = JSON.parse((await again('--explain', '--redo', 'second', '--json')).out) as {
      stages: unknown[]
    }
    expect(stages).toMatchObject([
      { stage: 'first', kept: 1, runs: 2 },
      { stage: 'second', kept: 0, runs: 3 },
    ])
    expect(ran(folder)).toEqual([])
    expect((await again()).ran).toEqual(['b', 'd', 'second b', 'second d'])
  })

  test('the time that older results took is told though a later run only kept them', async () => {
    folder.write(
      'first.mjs',
      noting('await new Promise(done => setTimeout(done, 30)); return item'),
    )
    expect((await again('--redo', 'first')).code).toBe(0)
    folder.write('rows.jsonl', rows({ a: 1, b: 2, c: 3 }).replace('}', ' }'))
    expect((await again()).code).toBe(0)
    folder.write('first.mjs', noting('return 7'))
    const { err } = await again()
    expect(Number(/\((\d+)(?:\.\d+)? ms\) came from older code/.exec(err)?.[1])).toBeGreaterThan(80)
    // A run that only keeps results learns nothing of the code that did not run.
    folder.write('rows.jsonl', rows({ a: 1, b: 2 }).replace('}', ' }'))
    expect((await again('--keep')).code).toBe(0)
    const { out } = await folder.dray('plan', 'job.yaml', '--time-limit', '0', '--json')
    expect(JSON.parse(out).changedStages).toEqual(['first'])
  })
})

describe('--explain of a job of which items failed', () => {
  let folder: Prepared

  const broken = (...keys: readonly string[]): void => folder.write('broken.txt', keys.join())
  const rows = (...keys: readonly string[]): string =>
    keys.map(key => (key === '?' ? 'not json\n' : `${JSON.stringify({ id: key })}\n`)).join('')

  /** Both stages note what they handle; the first fails for the keys of a file that is no part of the job. */
  const handler = (stage: string): string =>
    noting(`const { readFileSync } = await import('node:fs')
  const broken = readFileSync(new URL('./broken.txt', import.meta.url), 'utf8').split(',')
  if ('${stage}' === 'first' && broken.includes(ctx.key)) throw new Error('broken')
  return 1`).replace('ctx.key +', `'${stage} ' + ctx.key +`)

  beforeAll(async () => {
    const files = {
      'rows.jsonl': rows('a', 'b', 'c', '?'),
      'job.yaml': `
name: breaks
input: { jsonl: rows.jsonl, key: id }
stages:
  - { name: first, map: ./first.mjs, retry: { attempts: 1 } }
  - { name: second, map: ./second.mjs }
  - { name: all, single: ./all.mjs }
tolerate: { failed: 3 }
`,
      'broken.txt': 'b',
      'first.mjs': handler('first'),
      'second.mjs': handler('second'),
      'all.mjs': noting('return 1').replace('ctx.key +', `'all' +`),
    }
    folder = await preparedWith(files, async at => {
      const ended = await at.dray('run', 'job.yaml')
      expect(ended.code, ended.err).toBe(0)
      at.write('ran.txt', '')
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  /** What is foretold, then what happens, by what the handlers noted. */
  const foretold = async (...words: string[]) => {
    const { out, err } = await folder.dray('run', 'job.yaml', '--explain', ...words)
    expect(ran(folder), err).toEqual([])
    await folder.dray('run', 'job.yaml', ...words)
    const noted = ran(folder).sort()
    folder.write('ran.txt', '')
    return { stages: lines(out).slice(1), ran: noted }
  }

  test('the log of an item tells what its last attempt failed of', async () => {
    const { out } = await folder.dray('logs', 'breaks', 'b')
    expect(out).toMatch(/first\[b\] attempt 1 failed: error: broken; not tried again\n$/)
  })

  test('continued: what failed is not new, nor what was skipped after it', async () => {
    folder.write('rows.jsonl', rows('a', 'b', 'd'))
    broken()
    expect(await foretold()).toEqual({
      stages: [
        '  first   1 kept, 1 failed before, 1 new, 2 gone',
        '  second  1 kept, 1 skipped before, 1 new',
        '  all     runs where what it gathers has changed',
      ],
      ran: ['all', 'first b', 'first d', 'second b', 'second d'],
    })
  })

  test('continued again: what failed once more, of a stage that was asked for again', async () => {
    folder.write('rows.jsonl', rows('a', 'b', 'c'))
    broken('c')
    expect((await foretold('--redo', 'first')).stages[0]).toBe(
      '  first   0 kept, 2 to redo, 1 failed before, 1 gone',
    )
    folder.write('rows.jsonl', rows('c', 'b', 'a'))
    broken()
    const { stages, ran: noted } = await foretold()
    expect(stages).toEqual([
      '  first   2 kept, 1 failed before',
      '  second  2 kept, 1 again if first comes out otherwise',
      '  all     runs where what it gathers has changed',
    ])
    expect(noted).toEqual(['all', 'first c'])
  })

  test('gone on with: what failed is tried again, what cannot be read is not', async () => {
    const second = '  - { name: second, map: ./second.mjs }\n'
    const job = folder.read('job.yaml').replace('failed: 3', 'failed: 1').replace(second, '')
    folder.write('job.yaml', job)
    folder.write('machines.json', JSON.stringify({ machines: [{ id: 'm0', slots: 1 }] }))
    broken('c')
    await folder.dray('run', 'job.yaml', '--fresh', '--machines', 'machines.json')
    folder.write('ran.txt', '')
    broken()
    const { stages, ran: noted } = await foretold()
    expect(stages).toEqual([
      '  first  2 kept, 1 failed before, 1 without a result, not tried again',
      '  all    to run',
    ])
    expect(noted).toEqual(['all', 'first c'])
  })
})
