import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Folder, folderWith, lines, noting } from './harness.ts'

/** Each thing a user may get wrong: the place, what was expected, exit 2; or the one item's failure. */

const job = (stage = '', top = '') => `
name: bad
input: { jsonl: rows.jsonl, key: id }
${top}
stages:
  - { name: only, map: ./handle.mjs, retry: { attempts: 1 }, output: { jsonl: out.jsonl } ${stage} }
`
const good = {
  'job.yaml': job(),
  'handle.mjs': noting('return item'),
  'rows.jsonl': '{"id":"a","n":1}\n{"id":"b","n":2}\n',
}

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  [
    'an unknown field',
    { 'job.yaml': job(', timout: 5s') },
    ['job.yaml:', 'timout', 'did you mean "timeout"'],
  ],
  ['an unknown strategy', { 'job.yaml': job('', 'strategy: mtc') }, ['strategy', 'mct']],
  ['a wrong type', { 'job.yaml': job(', timeout: 5') }, ['job.yaml:', 'timeout']],
  [
    'a missing module',
    { 'job.yaml': job().replace('handle.mjs', 'handel.mjs') },
    ['handel.mjs', 'handle.mjs'],
  ],
  ['a missing input', { 'job.yaml': job().replace('rows.jsonl', 'row.jsonl') }, ['row.jsonl']],
  [
    'cyclic stages',
    {
      'job.yaml': `name: bad\ninput: { range: { from: 0, to: 2 } }\nstages:\n  - { name: a, map: ./handle.mjs, after: b }\n  - { name: b, map: ./handle.mjs, after: a }\n`,
    },
    ['job.yaml:', 'stages', 'a -> b -> a'],
  ],
  [
    'what is not built yet',
    { 'job.yaml': job('', 'budget: { usd: 20 }') },
    ['budget', 'not available yet'],
  ],
  [
    'an alias without its anchor',
    { 'job.yaml': job().replace('./handle.mjs', '*handler') },
    ['job.yaml:', 'alias', 'handler'],
  ],
])('%s exits 2, names the place and leaves no output', async (_name, files, said) => {
  const folder = folderWith({ ...good, ...files })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  for (const text of said) expect(err).toContain(text)
  expect(lines(err).length).toBeLessThan(24)
  expect(folder.has('out.jsonl')).toBe(false)
  folder.remove()
})

test.each([
  ['a BigInt', 'input: { items: [1, { n: 2n }] }', '"n" is a BigInt'],
  ['a cycle', 'input: { items: (() => { const a = {}; a.self = a; return [a] })() }', 'circular'],
  ['a getter that throws', 'get input() { throw new Error("no input today") }', 'no input today'],
])(
  'a job of JavaScript that holds %s exits 2 with that, not with a stack',
  async (_, input, said) => {
    const folder = folderWith({
      ...good,
      'job.mjs': `export default { name: 'held', ${input}, stages: [{ name: 'only', map: './handle.mjs' }] }`,
    })
    const { code, err } = await folder.dray('run', 'job.mjs')
    expect(code, err).toBe(2)
    expect(err).toContain(said)
    expect(lines(err).length).toBeLessThan(4)
    folder.remove()
  },
)

test('a pattern that the shell has filled in is told what to do', async () => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', '--input', 'a.png', 'b.png', 'c.png')
  expect(code).toBe(2)
  expect(err).toContain('run: found 3 jobs: job.yaml b.png c.png; expected one.')
  expect(err).toContain("a pattern in quotes: dray run --input 'scans/*.png'")
  folder.remove()
})

test.each([
  ['{\n "name": "a",\n "stages": [1],\n}', 'job.json:4:1: not JSON: found "}"'],
  ['{ name: a, input: { items: [1] } }', 'job.json:1:3: not JSON: found "name"'],
  ['{ "name": "a", "name": "b" }', 'job.json:1:16: the field "name" is given a second time'],
])('a job file of broken JSON is told in the words of JSON: %j', async (text, said) => {
  const folder = folderWith({ ...good, 'job.json': text })
  const { code, err } = await folder.dray('run', 'job.json')
  expect(code).toBe(2)
  expect(err).toContain(said)
  folder.remove()
})

test('a module that is missing is told with the nearest name, from the command line and by a slot', async () => {
  const folder = folderWith({
    'first.mjs': `import { renameSync } from 'node:fs'
const at = name => new URL(name, import.meta.url)
export default item => { renameSync(at('./score.mjs'), at('./scorer.mjs')); return item }
`,
    'score.mjs': 'export default item => item\n',
    'job.yaml': `name: moved
input: { items: [1] }
stages: [{ name: first, map: ./first.mjs }, { name: then, map: ./score.mjs, after: first }]
`,
  })
  const typed = await folder.dray('map', 'frist.mjs', 'range:0..1', '-o', 'out.jsonl')
  expect(typed.code).toBe(2)
  expect(typed.err).toContain('handler frist.mjs: no such file; did you mean "first.mjs"?')
  const moved = await folder.dray('run', 'job.yaml')
  expect(moved.code).toBe(2)
  expect(moved.err).toMatch(/score\.mjs does not exist; did you mean \S+scorer\.mjs\?/)
  folder.remove()
})

test('an unknown command exits 2 with the nearest, also where few files may be open: it needs none of theirs', async () => {
  const folder = folderWith()
  const few = ['bash', '-c', 'ulimit -n 60; exec "$@"', '-']
  const { code, err } = await folder.drayUnder(few, 'rnu', '--json')
  expect(err).toContain("unknown command 'rnu'\n(Did you mean run?)")
  expect(code).toBe(2)
  folder.remove()
})

test('an unknown option exits 2 with the nearest, and the help that lists it', async () => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', '--stratgy', 'mct')
  expect(code).toBe(2)
  expect(err).toContain('--strategy')
  expect(err).toContain('dray run --help')
  folder.remove()
})

test.each([
  ['--strategy', 'on-demnd', 'on-demand'],
  ['--order', 'fifi', 'fifo'],
])('an unknown %s exits 2 with the nearest', async (flag, value, nearest) => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', flag, value)
  expect(code, err).toBe(2)
  expect(err).toContain(nearest)
  folder.remove()
})

test.each([
  ['run', '--json', '--events'],
  ['run', '--quiet', '--events'],
  ['run', '--explain', '--events'],
  ['run', '--explain', '--quiet'],
  ['plan', '--mermaid', '--json'],
])(
  '%s with %s and %s, which contradict each other, exits 2 and prints nothing',
  async (command, ...both) => {
    const folder = folderWith(good)
    const { code, out, err } = await folder.dray(command, 'job.yaml', ...both)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    for (const flag of both) expect(err).toContain(flag)
    folder.remove()
  },
)

test('a run is asked for by a name nearly right: the nearest is named once', async () => {
  const folder = folderWith(good)
  await folder.dray('run', 'job.yaml', '--quiet')
  await folder.dray('run', 'job.yaml', '--quiet', '--fresh')
  const [{ run }] = JSON.parse((await folder.dray('ls', '--json')).out) as { run: string }[]
  for (const [asked, meant] of [
    ['badd', 'bad'],
    [run.slice(0, run.indexOf('-') + 1), run],
  ]) {
    const { code, err } = await folder.dray('status', asked)
    expect({ code, err }).toEqual({
      code: 2,
      err: `dray: no run ${asked} here; did you mean "${meant}"? (dray ls lists them)\n`,
    })
  }
  folder.remove()
})

test('what no machine here can run exits 3 with the list, under --json in the one object as well', async () => {
  const folder = folderWith({ ...good, 'job.yaml': job(", needs: { memory: '900TB', gpu: 1 }") })
  const { code, out, err } = await folder.dray('run', 'job.yaml', '--json')
  expect(code).toBe(3)
  expect(JSON.parse(out)).toMatchObject({
    ...{ run: null, state: 'never-here', items: { total: 0, done: 0 }, attempts: 0 },
    refusals: [{ stage: 'only', reason: expect.stringContaining('needs 900 TB memory') }],
  })
  expect(err).toMatch(/only on .*needs 900 TB memory, .*; needs 1 gpu, the machine has 0/)
  folder.remove()
})

const outcome = async (folder: Folder) => {
  const ended = await folder.dray('run', 'job.yaml', '--json')
  const answers = folder.has('out.jsonl')
    ? lines(folder.read('out.jsonl')).map(
        line => JSON.parse(line) as { key: string; error?: { kind: string; message: string } },
      )
    : []
  folder.remove()
  return { ...ended, answers, errors: answers.map(({ error }) => error?.kind) }
}

test('a job file whose top-level await never ends is named', async () => {
  const folder = folderWith({ 'job.ts': 'await new Promise(() => {})\nexport default {}\n' })
  const { code, err } = await folder.dray('run', 'job.ts')
  expect(code, err).toBe(2)
  expect(err).toMatch(/job\.ts: its top-level await waits for what never happens/)
  folder.remove()
})

test.each([
  ['no default export', 'export const x = 1\n', ['no default export', 'it exports x']],
  [
    'a default export that is no function',
    'export default 5\n',
    ['no default export that is a function'],
  ],
  ['a syntax error', 'export default item => {\n  return item +\n}\n', ['handle.mjs:3']],
  ['an import of nothing', "import './gone.mjs'\nexport default item => item\n", ['gone.mjs']],
  [
    'a setup that is no function',
    'export const setup = { model: 1 }\nexport default item => item\n',
    ['exports setup, which is an object, not a function'],
  ],
  [
    'a batch that is no function',
    'export const batch = 100\nexport default item => item\n',
    ['exports batch, which is a number, not a function'],
  ],
  ['a throw while it is imported', "throw new Error('no licence')\n", ['no licence']],
])('a handler with %s exits 2, names the file, and runs once mended', async (_name, code, said) => {
  const folder = folderWith({ ...good, 'handle.mjs': code })
  const ended = await folder.dray('run', 'job.yaml', '--json')
  expect(ended.code, ended.err).toBe(2)
  for (const text of ['handle.mjs', ...said]) expect(ended.err).toContain(text)
  expect(lines(ended.err).length).toBeLessThan(12)
  expect(folder.has('out.jsonl')).toBe(false)
  folder.write('handle.mjs', noting('return item'))
  expect((await outcome(folder)).errors).toEqual([undefined, undefined])
})

test('a result that breaks returns is that item’s failure', async () => {
  const returns = ', returns: { type: object, properties: { n: { maximum: 1 } } }'
  const { code, errors } = await outcome(folderWith({ ...good, 'job.yaml': job(returns) }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-result'])
})

test('a result that is no JSON, or too large, is that item’s failure, and says what it is', async () => {
  const results = {
    fine: '1',
    bigint: '{ big: 2n }',
    cycle: '(() => { const a = {}; a.a = a; return a })()',
    function: '() => 1',
    symbol: "Symbol('s')",
    map: 'new Map([[1, 2]])',
    large: "'x'.repeat(17e6)",
    last: '2',
  }
  const { code, answers, errors } = await outcome(
    folderWith({
      ...good,
      'rows.jsonl': Object.keys(results)
        .map(id => `${JSON.stringify({ id })}\n`)
        .join(''),
      'handle.mjs': noting(
        `return { ${Object.entries(results)
          .map(([id, value]) => `${id}: () => (${value})`)
          .join(', ')} }[item.id]()`,
      ),
    }),
  )
  expect(code).toBe(1)
  const bad = 'bad-result'
  expect(errors).toEqual([undefined, bad, bad, bad, bad, bad, bad, undefined])
  const words = ['', 'BigInt', 'circular', 'function', 'symbol', 'Map', 'limit is 16777216']
  for (const [at, word] of words.entries()) expect(answers[at].error?.message ?? '').toContain(word)
})

test('a half-written line is that line’s failure, with its number', async () => {
  const rows = '{"id":"a","n":1}\n{"id":"b","n":\n{"id":"c","n":3}\n'
  const { code, answers, errors } = await outcome(folderWith({ ...good, 'rows.jsonl': rows }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-input', undefined])
  expect(answers[1].error?.message).toMatch(/rows\.jsonl:2: not JSON .*expected one JSON value/)
})

test('duplicate keys fail, the first keeps its result', async () => {
  const rows = '{"id":"a","n":1}\n{"id":"a","n":2}\n'
  const { code, answers, errors } = await outcome(folderWith({ ...good, 'rows.jsonl': rows }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-input'])
  expect(answers[1].error?.message).toMatch(/"a".*rows\.jsonl:1.*rows\.jsonl:2/)
})

test('a last line cut off in the middle is told as half-written', async () => {
  const rows = '{"id":"a","n":1}\n{"id":"b","n"'
  const { code, answers, errors } = await outcome(folderWith({ ...good, 'rows.jsonl': rows }))
  expect(code).toBe(1)
  expect(errors).toEqual([undefined, 'bad-input'])
  expect(answers[1].error?.message).toMatch(/rows\.jsonl:2: half-written JSON/)
})

test.each<[string, string, Readonly<Record<string, string>>, string]>([
  ['a jsonl file', '{ jsonl: rows.jsonl, key: id }', { 'rows.jsonl': '' }, 'rows.jsonl'],
  ['blank lines', '{ jsonl: rows.jsonl, key: id }', { 'rows.jsonl': '\n\n' }, 'rows.jsonl'],
  ['a csv with a header alone', '{ csv: rows.csv, key: id }', { 'rows.csv': 'id,n\n' }, 'rows.csv'],
  ['a pattern', "{ files: 'in/*.png' }", { 'in/.keep': '' }, 'in/*.png'],
  ['a list', '{ items: [] }', {}, 'items'],
  [
    'a generator',
    '{ from: ./list.mjs }',
    { 'list.mjs': 'export default async function* () {}\n' },
    'list.mjs',
  ],
])(
  'an empty input exits 2, names it and leaves outputs as they are: %s',
  async (_name, input, files, named) => {
    const folder = folderWith({
      ...good,
      'job.yaml': job().replace('{ jsonl: rows.jsonl, key: id }', input),
      'out.jsonl': 'of an earlier run\n',
      ...files,
    })
    const { code, err } = await folder.dray('run', 'job.yaml', '--quiet')
    expect(code, err).toBe(2)
    expect(err).toContain(named)
    expect(err).toMatch(/expected|holds|empty/)
    expect(folder.read('out.jsonl')).toBe('of an earlier run\n')
    folder.remove()
  },
)

test('an empty stdin exits 2 and says so', async () => {
  const folder = folderWith(good)
  const { code, err } = await folder.drayFed(
    '',
    'map',
    'handle.mjs',
    '-',
    '-o',
    'out.jsonl',
    '--quiet',
  )
  expect(code, err).toBe(2)
  expect(err).toMatch(/stdin.*no items; expected at least one/)
  expect(folder.has('out.jsonl')).toBe(false)
  folder.remove()
})

test.each([
  ['--timeout', '0s', 'more than 0'],
  ['--chunk', '0', 'from 1'],
  ['--retries', '1.5', 'whole number'],
  ['--needs-memory', 'lots', '900MB'],
  ['--tolerate', '500%', '0.5%'],
  ['--isolation', 'box', "'process' or 'thread'"],
  ['--param', 'x', 'name=value'],
])('map %s %s exits 2 and says what the flag takes', async (flag, value, said) => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray(
    'map',
    'handle.mjs',
    'rows.jsonl',
    '-o',
    'o.jsonl',
    flag,
    value,
  )
  expect(code, err).toBe(2)
  expect(err).toContain(flag)
  expect(err).toContain(said)
  folder.remove()
})

test.each(['../escape', '/tmp/escape', 'link/escape'])(
  'a key %s that would leave the output folder is that item’s failure',
  async key => {
    const folder = folderWith({
      ...good,
      'job.yaml': job().replace('jsonl: out.jsonl', "each: 'out/{key}.json'"),
      'rows.jsonl': `${JSON.stringify({ id: 'a' })}\n${JSON.stringify({ id: key })}\n`,
      'out/keep.txt': '',
      'outside/keep.txt': '',
    })
    symlinkSync(join(folder.path, 'outside'), join(folder.path, 'out/link'))
    const { code, out, err } = await folder.dray('run', 'job.yaml', '--json')
    expect(code, err).toBe(1)
    expect(JSON.parse(out).items.failed).toBe(1)
    expect(folder.has('out/a.json')).toBe(true)
    const why = await folder.dray('why')
    expect(why.out).toContain(key.replace('/escape', ''))
    expect(folder.has('escape.json') || folder.has('outside/escape.json')).toBe(false)
    folder.remove()
  },
)

test('a directory without a name, as of an unset variable, exits 2 and nothing is begun here', async () => {
  const folder = folderWith(good)
  const { code, err } = await folder.dray('run', 'job.yaml', '--dir', '')
  expect(err).toContain('--dir: found ""; expected a folder')
  expect(code).toBe(2)
  expect(folder.has('dray.db')).toBe(false)
  folder.remove()
})

test('where the current folder was deleted every command says so, with exit 2', async () => {
  const folder = folderWith({ ...good, 'gone/.keep': '' })
  const inGone = ['bash', '-c', 'cd gone && rm -r ../gone && exec "$@"', '-']
  for (const words of [['run', 'job.yaml'], ['ls']]) {
    folder.write('gone/.keep', '')
    const { code, err } = await folder.drayUnder(inGone, ...words)
    expect(err).toMatch(/^dray: the current folder is gone.*\n.*expected a folder that exists.*\n$/)
    expect(code).toBe(2)
  }
  folder.remove()
})

test('a directory that is no directory of runs exits 2', async () => {
  const folder = folderWith({
    ...good,
    '.dray/dray.db': 'this is no database, though it is long enough to look like one',
  })
  const { code, err } = await folder.dray('run', 'job.yaml')
  expect(code, err).toBe(2)
  expect(err).toContain('dray.db')
  folder.remove()
})

test('items come from stdin, a line each', async () => {
  const folder = folderWith(good)
  const ended = await folder.drayFed('x\ny\n', 'map', 'handle.mjs', '-', '-o', 'lines.jsonl')
  expect(ended.code, ended.err).toBe(0)
  expect(
    lines(folder.read('lines.jsonl')).map(line => (JSON.parse(line) as { result: unknown }).result),
  ).toEqual(['x', 'y'])
  folder.remove()
})

test('an open input at the command line exits 2 and says who pushes', async () => {
  const folder = folderWith({
    ...good,
    'job.yaml': job().replace('jsonl: rows.jsonl, key: id', 'open: true'),
  })
  const { code, err } = await folder.dray('run')
  expect(code).toBe(2)
  expect(err).toContain('dray.stream(job)')
  folder.remove()
})

test('an open stream is not retried at the command line, where nobody could close it', async () => {
  const folder = folderWith({
    'handle.mjs': 'export default () => { throw new Error("no") }\n',
    'push.mjs': `
import { open } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
const dray = await open({ dir: '.dray' })
const stages = [{ name: 'only', map: './handle.mjs', retry: { attempts: 1 } }]
const stream = await dray.stream({ name: 'pushed', input: { open: true }, stages })
const pushed = await stream.push(1)
await pushed.result().catch(() => {})
await dray.close()
`,
  })
  const push = spawnSync(process.execPath, ['push.mjs'], { cwd: folder.path, encoding: 'utf8' })
  expect(push.status, push.stderr).toBe(0)
  const { code, err } = await folder.dray('retry', 'pushed', '--failed')
  expect(code).toBe(2)
  expect(err).toContain('is an open stream; expected the program that pushes to it')
  folder.remove()
})

test.runIf(process.platform === 'linux')(
  'a folder below one that cannot have any exits 2 and does not hang',
  async () => {
    const folder = folderWith(good)
    const init = await folder.dray('init', '/proc/nowhere/job')
    expect(init.code).toBe(2)
    expect(init.err).toContain('/proc/nowhere/job: no folder can be made there')
    const within = await folder.dray('init', '/proc')
    expect(within.code).toBe(2)
    expect(within.err).toMatch(/^dray: \/proc: job\.ts cannot be written there \(\w+\); nothing/)
    folder.write('job.yaml', job().replace('out.jsonl', '/proc/nowhere/out/out.jsonl'))
    const run = await folder.dray('run')
    expect(run.code).toBe(2)
    expect(run.out + run.err).toContain('/proc/nowhere/out/out.jsonl')
    folder.remove()
  },
)

test('what an input has one of is told in the singular', async () => {
  const folder = folderWith({ ...good, 'rows.jsonl': '{"n":1}\n' })
  folder.write('job.yaml', `${job()}  - { name: sum, reduce: ./handle.mjs }\n`)
  expect((await folder.dray('run')).code).toBe(1)
  const { out } = await folder.dray('why', 'bad', 'all')
  expect(out).toContain('1 item it needs failed')
  folder.remove()
})
