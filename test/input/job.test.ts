import { describe, expect, it } from 'vitest'
import { defineJob } from '../../src/input/define-job.ts'
import { jobJsonSchema } from '../../src/input/job-schema.ts'
import { type ParseJobOptions, parseJob } from '../../src/input/parse-job.ts'

const input = { range: { from: 0, to: 3 } }
const stage = { name: 'a', map: './a.ts' }

const parse = (value: unknown, options: Partial<ParseJobOptions> = {}) =>
  parseJob(value, { file: 'job.ts', folder: '/jobs', ...options })

/** The message of the refusal. */
function refusal(value: unknown, options: Partial<ParseJobOptions> = {}): string {
  try {
    parse(value, options)
  } catch (error) {
    expect((error as Error).name).toBe('InputError')
    return (error as Error).message
  }
  throw new Error('the job was accepted')
}

const stageRefusal = (fields: object): string =>
  refusal({ input, stages: [{ ...stage, ...fields }] })

describe('a complete job', () => {
  it('has every quantity a number and every path absolute', () => {
    const job = parse(
      defineJob({
        name: 'ocr-archive',
        params: { prefix: '2026/' },
        input: { files: 'scans/{prefix}*.png' },
        stages: [
          {
            ...{ name: 'ocr', map: './ocr.ts', needs: { cpu: 1, memory: '900MB', gpu: 2 } },
            ...{ loads: { name: 'pp-ocr', memory: '120MB' }, chunk: 'auto', size: 'bytes' },
            ...{ timeout: '60s', returns: './page.schema.json', isolation: 'process' },
            retry: { attempts: 2, never: ['bad-input'], on: { 'out-of-memory': { memory: 'x2' } } },
            output: { each: 'out/{params.prefix}{key}.json' },
          },
          { name: 'words', reduce: './count.ts', gather: 'tree', output: { jsonl: 'out/w.jsonl' } },
        ],
        ...{
          tolerate: { failed: '0.5%' },
          objective: 'cost',
          due: '2h',
          priority: 3,
          order: 'edd',
          tenant: 'archive',
          share: 2.5,
        },
      }),
    )
    expect(job).toMatchObject({
      name: 'ocr-archive',
      folder: '/jobs',
      input: { kind: 'files', patterns: ['/jobs/scans/2026/*.png'] },
      tolerate: { count: 0, share: 0.005 },
      ...{ objective: 'cost', due: 7_200_000_000, priority: 3, strategy: 'auto', order: 'edd' },
      ...{ tenant: 'archive', share: 2.5 },
    })
    expect(job.stages[0]).toMatchObject({
      ...{ kind: 'map', module: '/jobs/ocr.ts', after: [], chunk: { kind: 'auto' } },
      needs: { cpu: 1, memory: 900_000_000, gpu: 2 },
      loads: { name: 'pp-ocr', memory: 120_000_000 },
      ...{ size: { kind: 'bytes' }, timeout: 60_000_000, returns: '/jobs/page.schema.json' },
      retry: { attempts: 2, never: ['bad-input'], on: { 'out-of-memory': { memory: 2 } } },
      output: { kind: 'each', template: '/jobs/out/2026/{key}.json' },
    })
    expect(job.stages[1]).toMatchObject({
      ...{ kind: 'reduce', after: ['ocr'], gather: { kind: 'tree', fanIn: 16 } },
      output: { kind: 'jsonl', path: '/jobs/out/w.jsonl' },
    })
  })

  it('is completed with defaults', () => {
    const job = parse(
      { input, stages: [stage, { name: 'b', single: 'b.ts' }] },
      { file: 'x/ocr.ts' },
    )
    expect(job).toMatchObject({
      ...{ name: 'ocr', params: {}, tolerate: { count: 0, share: 0 }, objective: 'makespan' },
      ...{ due: undefined, priority: 0, strategy: 'auto', order: undefined },
    })
    expect(job.stages[0]).toMatchObject({
      ...{ needs: { cpu: 1 }, loads: undefined, chunk: { kind: 'auto' }, size: { kind: 'one' } },
      ...{ timeout: undefined, grace: 5_000_000, isolation: 'process', gather: { kind: 'all' } },
      retry: { attempts: 3, delay: 1_000_000, maxDelay: 60_000_000, never: [], on: {} },
      ...{ env: [], output: undefined, returns: undefined },
    })
    expect(job.stages[1]).toMatchObject({ kind: 'single', chunk: { kind: 'fixed', items: 1 } })
  })

  it('takes chunk 1 and a number of tolerated failures at their word', () => {
    const job = parse({ input, stages: [{ ...stage, chunk: 1 }], tolerate: { failed: 5 } })
    expect(job.stages[0].chunk).toEqual({ kind: 'fixed', items: 1 })
    expect(job.tolerate).toEqual({ count: 5, share: 0 })
  })

  it.each([
    [
      { jsonl: 'a.jsonl', key: 'id' },
      { kind: 'jsonl', path: '/jobs/a.jsonl', key: 'id' },
    ],
    [{ csv: '../a.csv' }, { kind: 'csv', path: '/a.csv' }],
    [{ items: [1, { a: 2 }] }, { kind: 'items', items: [1, { a: 2 }] }],
    [{ stdin: 'lines' }, { kind: 'stdin', format: 'lines' }],
    [
      { from: './l.ts', key: 'k', version: 'v' },
      { kind: 'module', path: '/jobs/l.ts', key: 'k' },
    ],
    [{ grid: { lr: [1, 2] } }, { kind: 'grid', axes: { lr: [1, 2] } }],
    [{ open: true }, { kind: 'open' }],
    [{ files: ['a/*.png', '!a/x*'] }, { patterns: ['/jobs/a/*.png', '!/jobs/a/x*'] }],
    [{ files: '../a/*.png' }, { patterns: ['/a/*.png'] }],
  ])('reads the input %j', (given, spec) => {
    expect(parse({ input: given, stages: [stage] }).input).toMatchObject(spec)
  })

  it('keeps brackets in the name of its folder out of the pattern', () => {
    const job = parse({ input: { files: '*.png' }, stages: [stage] }, { folder: '/jobs/(old) [1]' })
    expect(job.input).toMatchObject({ patterns: ['/jobs/\\(old\\) \\[1\\]/*.png'] })
  })
})

describe('what is wrong is named with its place and what was expected', () => {
  it('an unknown field has its nearest name', () => {
    expect(stageRefusal({ chunck: 1 })).toContain(
      'stages[0]: unknown field "chunck"; did you mean "chunk"?',
    )
    expect(refusal({ input, stages: [stage], zzzzzzz: 1 })).toMatch(
      /"zzzzzzz"; known: name, params/,
    )
    expect(stageRefusal({ retry: { attemps: 1 } })).toMatch(
      /retry: unknown field "attemps"; did you mean "attempts"/,
    )
  })

  it('an unknown kind of input has its nearest name and the list', () => {
    const text = refusal({ input: { file: '*.png' }, stages: [stage] })
    expect(text).toMatch(
      /input: found {"file":"\*.png"}; expected one of { files }.*did you mean "files"\?/,
    )
  })

  it('several faults are shown together', () => {
    const text = refusal({ input, stages: [{ name: 'a', map: 5, timeout: 60 }], priority: 'high' })
    expect(text).toContain('job.ts: 3 problems')
    expect(text).toContain('stages[0].map: found 5; expected the path of a handler module')
    expect(text).toContain("stages[0].timeout: found 60; expected a duration such as '60s'")
    expect(text).toContain('priority: found "high"; expected a number')
  })

  it('one screen is enough for any number of them', () => {
    const stages = Array.from({ length: 100 }, () => ({ name: 'a' }))
    expect(refusal({ input, stages }).split('\n').length).toBeLessThan(20)
  })

  it.each([
    [{ memory: '900' }, 'needs.memory: found "900"; expected a size'],
    [{ memory: '60s' }, 'needs.memory: found "60s"; expected a size'],
    [{ cpu: '2GB' }, 'needs.cpu: found "2GB"; expected a number of cores'],
    [{ cpu: -1 }, 'needs.cpu: found -1; expected a number of cores'],
    [{ gpu: '2 cards' }, 'needs.gpu: found "2 cards"; expected a number'],
  ])('needs %j have the wrong unit', (needs, text) => {
    expect(stageRefusal({ needs })).toContain(text)
  })

  it.each([
    [{ map: undefined, rounds: './r.ts' }, 'stages[0].rounds: not available yet'],
    [{ map: { python: 'x.py' } }, 'stages[0].map.python: not available yet'],
    [{ map: { command: 'x' } }, 'stages[0].map.command: not available yet'],
    [{ map: { chat: 'x' } }, 'stages[0].map.chat: not available yet'],
    [{ map: { onnx: 'x' } }, 'stages[0].map.onnx: not available yet'],
    [{ each: { model: ['a'] } }, 'stages[0].each: not available yet'],
    [{ anyOf: [] }, 'stages[0].anyOf: not available yet'],
  ])('%j is refused, never ignored', (fields, text) => {
    expect(stageRefusal(fields)).toContain(text)
  })

  it.each([
    [{ share: 0 }, 'share: found 0; expected a weight above 0'],
    [{ share: '2' }, 'share: found "2"; expected a weight above 0'],
    [{ tenant: '' }, 'tenant: found ""; expected the name of a tenant'],
    [{ tennant: 'a' }, 'unknown field "tennant"; did you mean "tenant"?'],
  ])('%j says no share', (fields, text) => {
    expect(refusal({ input, stages: [stage], ...fields })).toContain(text)
  })

  it('a budget and a search are refused, never ignored', () => {
    const text = refusal({ input: { search: {} }, stages: [stage], budget: { usd: 20 } })
    expect(text).toContain('input.search: not available yet')
    expect(text).toContain('budget: not available yet')
  })

  it.each([
    [{ map: undefined }, 'names no module; expected one of map, reduce, single'],
    [{ reduce: './b.ts' }, 'is both map and reduce'],
    [{ by: 'lang' }, 'stages[0].by: has no effect on a map stage'],
    [{ gather: 'tree' }, 'stages[0].gather: has no effect on a map stage'],
    [
      { retry: { on: { timeout: { memory: 'x2' } } } },
      'multiplies needs.memory, which is not given',
    ],
    [{ output: { each: 'out/{kye}.json' } }, 'unknown placeholder "kye"; did you mean "key"?'],
    [
      { output: { jsonl: 'o', csv: 'p' } },
      "stages[0].output: is both jsonl and csv; expected { jsonl: 'out.jsonl' }, {",
    ],
    [{ map: './{m}.ts' }, 'found "./{m}.ts"; unknown param "m": this job declares none'],
    [
      { retry: { never: ['timeout', 'bad-inptu'] } },
      'retry.never[1]: no failure kind is named "bad-inptu"; did you mean "bad-input"?',
    ],
    [
      { needs: { memory: 1 }, retry: { on: { 'Out-Of-Memory': { memory: 'x2' } } } },
      'no failure kind is named "Out-Of-Memory"; did you mean "out-of-memory"?',
    ],
    [
      { needs: { memory: 1 }, retry: { on: { timeout: { memory: 'x0.5' } } } },
      'retry.on.timeout.memory: found "x0.5"; expected more than x1',
    ],
    [{ output: { each: 'out/a.json' } }, 'every item would write this one file'],
    [{ output: { each: 'out/{key}/../../x' } }, '".." after a placeholder leaves the folder'],
    [{ name: '../x' }, 'stages[0].name: found "../x"; expected the name of the stage'],
  ])('a stage with %j', (fields, text) => {
    expect(stageRefusal(fields)).toContain(text)
  })

  it.each([
    [[], 'stages: found []; expected at least one stage'],
    [[stage, stage], 'stages[1].name: stage 0 is named "a" too'],
    [
      [
        { ...stage, name: 'words' },
        { name: 'b', map: 'b', after: 'word' },
      ],
      `no stage is named "word"; did you mean "words"?`,
    ],
    [
      [
        { ...stage, after: 'c' },
        { name: 'b', map: 'b' },
        { name: 'c', map: 'c' },
      ],
      'stages wait for each other: a -> c -> b -> a',
    ],
    [[{ ...stage, after: 'a' }], 'stages wait for each other: a -> a'],
    [
      [stage, { name: 'b', map: 'b', after: [] }, { name: 'c', map: 'c', after: ['a', 'b'] }],
      'a map stage follows at most one stage, this one follows a, b',
    ],
    [
      [
        { ...stage, output: { jsonl: 'o.jsonl' } },
        { name: 'b', map: 'b', output: { csv: './x/../o.jsonl' } },
      ],
      'stages[1].output: "/jobs/o.jsonl" is written by stage "a" too',
    ],
  ])('stages %#: %j', (stages, text) => {
    expect(refusal({ input, stages })).toContain(text)
  })

  it('looks at each stage once, however many ways lead to it', () => {
    const layers = Array.from({ length: 24 }, (_, at) =>
      ['x', 'y'].map(side => ({
        name: `${side}${at}`,
        reduce: './sum.ts',
        after: at === 0 ? ['a'] : [`x${at - 1}`, `y${at - 1}`],
      })),
    )
    const last = { name: 'last', reduce: './sum.ts', after: ['x23', 'lost'] }
    expect(parse({ input, stages: [stage, ...layers.flat()] }).stages).toHaveLength(49)
    expect(refusal({ input, stages: [stage, ...layers.flat(), last] })).toContain('lost')
  }, 5_000)

  it.each([
    [{ range: { from: 3, to: 3 } }, 'input.range: from 3 to 3 holds no item'],
    [{ items: [] }, 'input.items: is empty'],
    [{ stdin: 'lines', key: 'id' }, 'input.key: lines have no fields'],
    [{ jsonl: 'o.jsonl' }, 'stages[0].output: "/jobs/o.jsonl" is the input too'],
  ])('input %j', (given, text) => {
    const stages = [{ ...stage, output: { jsonl: 'o.jsonl' } }]
    expect(refusal({ input: given, stages })).toContain(text)
  })

  it('a strategy is refused with its nearest name where the names are known', () => {
    const job = { input, stages: [stage], strategy: 'min-lod' }
    const text = refusal(job, { strategies: ['mct', 'min-load'] })
    expect(text).toContain('no strategy is named "min-lod"; did you mean "min-load"?')
    expect(parse(job).strategy).toBe('min-lod')
  })

  it('an order given as a strategy, and the reverse, is told as that', () => {
    const job = { input, stages: [stage], strategy: 'spt', order: 'heft' }
    const text = refusal(job, { strategies: ['heft', 'lpt'], orders: ['spt'] })
    expect(text).toContain('no strategy is named "spt"; it is an order')
    expect(text).toContain('no order is named "heft"; it is a strategy')
  })

  it('retry.never takes any error code: only what is written like a kind is taken for a slip', () => {
    const never = ['ETIMEDOUT', 'TimeoutError', 'rate_limit', 'Timeout', 'oom', 'bad-input']
    expect(
      parse({ input, stages: [{ ...stage, retry: { never } }] }).stages[0].retry.never,
    ).toEqual(never)
  })
})

describe('params', () => {
  const job = {
    ...{ params: { prefix: '2026/', pages: 3, quick: false, tags: ['a'] } },
    ...{ input: { jsonl: '{prefix}a.jsonl' }, stages: [stage] },
  }

  it('given as text are read as the type of their default', () => {
    const params = { prefix: '7', pages: '8', quick: 'true', tags: '["b"]' }
    expect(parse(job, { params }).params).toEqual({
      prefix: '7',
      pages: 8,
      quick: true,
      tags: ['b'],
    })
    expect(parse(job, { params: { prefix: '7/' } }).input).toMatchObject({
      path: '/jobs/7/a.jsonl',
    })
  })

  it('stand in every path and pattern; {params.name} says so where {name} is the item’s own', () => {
    const parsed = parse({
      params: { at: 'here', key: 'all' },
      input: { files: ['{at}/*.png', '!{at}/{a,b}.png'] },
      stages: [
        { ...stage, map: './{at}.ts', returns: '{at}.json' },
        { name: 'b', map: './{at}.ts', output: { each: '{at}/{params.key}/{index}.json' } },
      ],
    })
    expect(parsed.input).toMatchObject({ patterns: ['/jobs/here/*.png', '!/jobs/here/{a,b}.png'] })
    expect(parsed.stages[0]).toMatchObject({ module: '/jobs/here.ts', returns: '/jobs/here.json' })
    expect(parsed.stages[1].output).toMatchObject({ template: '/jobs/here/all/{index}.json' })
  })

  it.each([
    [{ jsonl: '{prefx}a' }, {}, 'input.jsonl: found "{prefx}a"; unknown param "prefx"; did you'],
    [
      { files: ['a', '{p}/*'] },
      {},
      'input.files[1]: found "{p}/*"; unknown param "p" (known: prefix',
    ],
    [{ from: '{p}.ts' }, {}, 'input.from: found "{p}.ts"; unknown param "p"'],
    [{ csv: 'a' }, { csv: '{p}.csv' }, 'output.csv: found "{p}.csv"; unknown param "p"'],
    [
      { csv: 'a' },
      { each: '{index}/{p}' },
      'output.each: found "{index}/{p}"; unknown placeholder "p"',
    ],
  ])('input %j, output %j name none there is', (given, output, text) => {
    const stages = [Object.keys(output).length > 0 ? { ...stage, output } : stage]
    expect(refusal({ ...job, input: given, stages })).toContain(text)
  })

  it('of the name of a placeholder are refused where either could be meant', () => {
    const stages = [{ ...stage, output: { each: 'o/{name}.json' } }]
    const text = refusal({ params: { name: 'x' }, input, stages })
    expect(text).toContain("{name} is a param and the item's own; expected {params.name}")
  })

  it.each([
    [{ prefx: 'x' }, 'unknown param "prefx"; did you mean "prefix"?'],
    [{ pages: 'many' }, 'params.pages: found "many"; expected a number, as the default 3 is'],
    [{ quick: 1 }, 'params.quick: found 1; expected a boolean'],
  ])('%j are refused', (params, text) => {
    expect(refusal(job, { params })).toContain(text)
  })
})

describe('the published JSON Schema', () => {
  it('is in docs, for editors', async () => {
    const text = `${JSON.stringify(jobJsonSchema(), null, 2)}\n`
    await expect(text).toMatchFileSnapshot('../../docs/job.schema.json')
  })

  it('names every field of a job and of a stage', () => {
    const schema = jobJsonSchema() as {
      properties: { stages: { items: { properties: object } } }
      required: string[]
    }
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining([
        'name',
        'input',
        'stages',
        'tolerate',
        'budget',
        'due',
        'tenant',
        'share',
      ]),
    )
    expect(Object.keys(schema.properties.stages.items.properties)).toEqual(
      expect.arrayContaining(['map', 'rounds', 'needs', 'returns', 'output']),
    )
    expect(schema.required).toEqual(['input', 'stages'])
  })
})
