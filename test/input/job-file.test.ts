import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importModule } from '../../src/adapter/modules/import-module.ts'
import { parseInputFlag, parseOutputFlag } from '../../src/input/input-flag.ts'
import { loadJobFile } from '../../src/input/job-file.ts'
import { loadMachines } from '../../src/input/machines-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-job-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const load = (path: string) =>
  loadJobFile(path, {
    cwd: folder,
    importModule: async module => {
      const imported = await importModule(module)
      if (imported.kind === 'imported') return imported.exports
      throw new Error(imported.failure.message)
    },
  })

const refusal = async (path: string): Promise<string> => {
  const error: unknown = await load(path).then(
    () => new Error('the job was accepted'),
    error => error,
  )
  expect((error as Error).name).toBe('InputError')
  return (error as Error).message
}

const yaml = `name: pages
input: { range: { from: 0, to: 3 } }
stages:
  - name: a
    map: ./a.ts
    timeout: 60s
`
const handler = 'export default (item: number) => item'

describe('a job file', () => {
  it('is the same job in TypeScript, YAML and JSON', async () => {
    const value = {
      ...{ name: 'pages', input: { range: { from: 0, to: 3 } } },
      stages: [{ name: 'a', map: './a.ts', timeout: '60s' }],
    }
    put({
      'a.ts': handler,
      'job.yaml': yaml,
      'job.json': JSON.stringify(value),
      'job.ts': `const job: object = ${JSON.stringify(value)}\nexport default job\n`,
    })
    const job = await load('job.yaml')
    expect(job).toMatchObject({ name: 'pages', folder, stages: [{ module: join(folder, 'a.ts') }] })
    expect(await load('job.json')).toEqual(job)
    expect(await load('job.ts')).toEqual(job)
    expect(await load('.')).toEqual(job)
  })

  it('in YAML is refused with the line of the fault', async () => {
    put({ 'a.ts': handler, 'job.yaml': yaml.replace('60s', '60') })
    expect(await refusal('job.yaml')).toMatch(
      /job.yaml: one problem\n {2}line 6, stages\[0\].timeout: found 60/,
    )
    const slips = yaml.replace('name: a', 'nmae: a').replace('timeout:', 'timeuot:')
    put({ 'job.yaml': `${slips}toleratee:\n  failed: 1\ndue:\n  - 5\n` })
    const told = await refusal('job.yaml')
    expect(told).toContain('line 4, stages[0]: unknown field "nmae"; did you mean "name"?\n')
    expect(told).toContain('line 6, stages[0]: unknown field "timeuot"; did you mean "timeout"?\n')
    expect(told).toContain('line 7, unknown field "toleratee"; did you mean "tolerate"?')
    expect(told).toContain('line 9, due: found [5]')
  })

  it('that is not YAML, JSON or TypeScript names file and line', async () => {
    put({
      'a.yaml': 'name: x\nstages: [\n',
      'b.json': '{ "name": "x",\n  oops }',
      'c.ts': 'export default {\n  name: "x",,\n}\n',
    })
    expect(await refusal('a.yaml')).toMatch(/a\.yaml:\d/)
    expect(await refusal('b.json')).toContain('b.json')
    expect(await refusal('c.ts')).toMatch(/c\.ts:2:\d+/)
  })

  it('that throws says what and where', async () => {
    put({ 'job.mjs': 'const x = 1\nthrow new Error("no weights")\n' })
    expect(await refusal('job.mjs')).toContain('no weights')
  })

  it('that is missing, a folder without one, or of another kind', async () => {
    put({ 'job.ts': 'export const job = {}', 'notes.txt': '', 'empty/x.txt': '' })
    expect(await refusal('jbo.ts')).toContain('no such job file; did you mean "job.ts"?')
    expect(await refusal('empty')).toContain('a folder without a job file')
    expect(await refusal('notes.txt')).toContain('not a job file; expected one of .ts')
    expect(await refusal('job.ts')).toContain('no default export')
    expect(await refusal('.')).toMatch(/^job\.ts: no default export/)
  })

  it('names modules that exist; the nearest name is given', async () => {
    put({ 'ocr.ts': handler, 'job.yaml': yaml.replace('./a.ts', './orc.ts') })
    expect(await refusal('job.yaml')).toContain(
      'stages[0].map: no file orc.ts; did you mean "ocr.ts"?',
    )
  })

  it('has its returns schema read and checked', async () => {
    put({ 'a.ts': handler, 'job.yaml': `${yaml}    returns: page.json\n` })
    expect(await refusal('job.yaml')).toContain('stages[0].returns: no file page.json')
    put({ 'page.json': '{ "type": ' })
    expect(await refusal('job.yaml')).toMatch(/returns: page\.json: .*; expected JSON/)
    put({ 'page.json': '{ "type": "strnig" }' })
    expect(await refusal('job.yaml')).toContain('stages[0].returns: page.json: not a JSON Schema')
    put({ 'page.json': '{ "type": "string" }' })
    expect((await load('job.yaml')).stages[0].returns).toEqual({ type: 'string' })
    const draft = 'https://json-schema.org/draft/2020-12/schema'
    put({ 'page.json': JSON.stringify({ $schema: draft, type: 'string' }) })
    expect((await load('job.yaml')).stages[0].returns).toMatchObject({ $schema: draft })
  })
})

describe('--input', () => {
  const png = { kind: 'files', patterns: ['/jobs/scans/*.png', '/jobs/more/*.{jpg,gif}'] } as const
  const rows = { kind: 'jsonl', path: '/x.jsonl', key: 'id' } as const

  it.each([
    ['range:-2..100', { kind: 'range', from: -2, to: 100 }],
    ['-', { kind: 'stdin', format: 'lines', key: undefined }],
    ['jsonl:-', { kind: 'stdin', format: 'jsonl', key: undefined }],
    ['a.jsonl', { kind: 'jsonl', path: '/cwd/a.jsonl', key: undefined }],
    ['csv:a.txt', { kind: 'csv', path: '/cwd/a.txt', key: undefined }],
    ['/x/*.csv', { kind: 'files', patterns: ['/x/*.csv'] }],
    ['files:a.jsonl', { kind: 'files', patterns: ['/cwd/a.jsonl'] }],
    ['../s/*.png', { kind: 'files', patterns: ['/s/*.png'] }],
  ])('%s', (text, spec) => {
    expect(parseInputFlag(text, '/cwd')).toEqual(spec)
  })

  it("keeps the key of the job's own rows", () => {
    expect(parseInputFlag('b.jsonl', '/cwd', rows)).toMatchObject({ key: 'id' })
    expect(parseInputFlag('-', '/cwd', rows)).toEqual({ kind: 'stdin', format: 'jsonl', key: 'id' })
  })

  it("a folder is its files, of the endings of the job's own input", () => {
    put({ 'scans/a.png': '' })
    const inFolder = (name: string): string => `${folder}/scans/**/${name}`
    expect(parseInputFlag('scans', folder)).toEqual({ kind: 'files', patterns: [inFolder('*')] })
    expect(parseInputFlag('scans/', folder, png)).toEqual({
      kind: 'files',
      patterns: ['*.png', '*.PNG', '*.{jpg,gif}', '*.{JPG,GIF}'].map(inFolder),
    })
    const anyToo = { kind: 'files', patterns: ['/x/*.png', '/y/*'] } as const
    expect(parseInputFlag('scans', folder, anyToo)).toMatchObject({ patterns: [inFolder('*')] })
  })

  it.each(['range:5..5', 'range:a..b', 'files:', 'csv:-'])('refuses %s', text => {
    expect(() => parseInputFlag(text, '/cwd')).toThrow(/expected a folder, a pattern/)
  })

  it('outputs go by their ending or their placeholder', () => {
    expect(parseOutputFlag('o.jsonl', '/w')).toEqual({ kind: 'jsonl', path: '/w/o.jsonl' })
    expect(parseOutputFlag('o.csv', '/w')).toEqual({ kind: 'csv', path: '/w/o.csv' })
    expect(parseOutputFlag('o/{key}.txt', '/w')).toEqual({
      kind: 'each',
      template: '/w/o/{key}.txt',
    })
    expect(() => parseOutputFlag('o.xls', '/w')).toThrow(/expected a .jsonl or .csv/)
    expect(() => parseOutputFlag('o/{kee}.txt', '/w')).toThrow(/unknown placeholder {kee}/)
  })
})

describe('a machines file', () => {
  it('has one slot a machine and full speed when not said otherwise', () => {
    const machines = [
      { id: 'm0' },
      { id: 'm1', speed: 0.5, slots: 2, capacity: { cpu: 4, memory: '8GB' }, cost: 3 },
    ]
    put({ 'm.json': JSON.stringify({ machines, network: {} }) })
    expect(loadMachines(join(folder, 'm.json'))).toEqual([
      { id: 'm0', speed: 1, slots: 1, capacity: undefined, cost: 0 },
      { id: 'm1', speed: 0.5, slots: 2, capacity: { cpu: 4, memory: 8e9 }, cost: 3 },
    ])
  })

  it.each([
    ['{ "machines": [] }', 'machines: found []; expected at least one machine'],
    ['{ "machines": [{ "id": "a", "sped": 1 }] }', 'unknown field "sped"; did you mean "speed"?'],
    [
      '{ "machines": [{ "id": "a", "speed": 0 }] }',
      'machines[0].speed: found 0; expected a speed above 0',
    ],
    ['{ "machines": [{ "id": "a", "slots": 1.5 }] }', 'machines[0].slots: found 1.5'],
    [
      '{ "machines": [{ "id": "a" }, { "id": "a" }] }',
      'machines[1].id: machine 0 is named "a" too',
    ],
    [
      '{ "machines": [{ "id": "a", "capacity": { "memory": "8" } }] }',
      'capacity.memory: found "8"',
    ],
    ['{ "machines": [', 'not JSON'],
  ])('%s is refused', (text, expected) => {
    put({ 'm.json': text })
    expect(() => loadMachines(join(folder, 'm.json'))).toThrow(expected)
  })

  it('that is missing is named', () => {
    expect(() => loadMachines(join(folder, 'no.json'))).toThrow(/no.json: no such machines file/)
  })
})
