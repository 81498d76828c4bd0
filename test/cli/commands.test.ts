import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Folder, folderWith, lines, noting, ran, untilGo } from './harness.ts'

describe('commands look at what a run left', () => {
  let folder: Folder
  let run: string
  let printed: Record<string, unknown>

  beforeAll(async () => {
    folder = folderWith({
      'handle.mjs': noting(
        "console.log('saw', item); if (item === 2) throw new Error('two is bad'); return { twice: 2 * item }",
      ),
    })
    const ended = await folder.dray(
      'map',
      'handle.mjs',
      'range:0..5',
      '-o',
      'out.jsonl',
      '--retries',
      '0',
      '--json',
    )
    expect(ended.code, ended.err).toBe(1)
    printed = JSON.parse(ended.out) as typeof printed
    run = printed.run as string
  })
  afterAll(() => folder.remove())

  test('run --json prints one object with the documented fields; status --json has those and more', async () => {
    const number = expect.any(Number)
    const text = expect.any(String)
    const documented = {
      run,
      job: text,
      state: 'failed',
      items: { total: 5, done: 4, failed: 1, skipped: 0, stopped: 0 },
      attempts: 5,
      retries: 0,
      seconds: number,
      makespan: number,
      lowerBound: number,
      utilisation: number,
      errorRate: 0.2,
      peakRssMB: number,
      outputs: [{ path: join(folder.path, 'out.jsonl'), files: 1, items: 5, bytes: number }],
      machines: [{ id: text, slots: number, tasks: 5, busySeconds: number }],
    }
    expect(printed).toEqual(documented)
    const { out } = await folder.dray('status', run, '--json')
    expect(JSON.parse(out)).toMatchObject({ ...documented, stages: [{ name: 'map', done: 4 }] })
  })

  test('ls names every run with its job and state', async () => {
    const { code, out } = await folder.dray('ls', '--json')
    expect(code).toBe(0)
    const [row] = JSON.parse(out)
    expect(row).toMatchObject({ run, state: 'failed' })
    expect(Date.parse(row.endedAt) - Date.parse(row.createdAt)).toBeGreaterThan(0)
    expect(new Date(row.endedAt).toISOString()).toBe(row.endedAt)
    expect((await folder.dray('ls')).out).toMatch(new RegExp(`${run}.*failed.*4 of 5, 1 failed`))
  })

  test('results are the lines of the output file; --failed leaves the failures', async () => {
    const all = await folder.dray('results', run)
    expect(all.out).toBe(folder.read('out.jsonl'))
    const failed = await folder.dray('results', run, '--failed')
    expect(lines(failed.out)).toEqual([
      '{"index":2,"key":"2","error":{"kind":"error","message":"two is bad"}}',
    ])
  })

  test('logs show what the handler of one item printed', async () => {
    const { out } = await folder.dray('logs', run, '3')
    expect(lines(out)).toEqual([expect.stringMatching(/map\[3\] saw 3$/)])
  })

  test('why tells a failed item’s reason and what would help', async () => {
    const { code, out } = await folder.dray('why', run, '2')
    expect(code).toBe(0)
    expect(out).toContain('failed: error: two is bad')
    expect(out).toContain(`dray retry ${run} --failed`)
  })

  test('why tells where a finished item ran, what it used and by which rule', async () => {
    const { out } = await folder.dray('why', run, '3')
    expect(out).toMatch(
      /done: ran on .*slot \d, in .* \(.*s of processor time, .* MB of memory\); placed by on-demand/,
    )
  })

  test('why of a run groups its failures', async () => {
    const { out } = await folder.dray('why', run, '--json')
    expect(JSON.parse(out)).toMatchObject({
      run,
      failures: [
        { stage: 'map', kind: 'error', message: 'two is bad', items: 1, firstKeys: ['2'] },
      ],
    })
  })

  test('an unknown run, stage or item exits 2 and names the nearest', async () => {
    const wrong = await folder.dray('status', `${run}x`)
    expect(wrong).toMatchObject({ code: 2, out: '' })
    expect(wrong.err).toContain(`did you mean "${run}"`)
    const stage = await folder.dray('results', run, '--stage', 'mop')
    expect(stage.code).toBe(2)
    expect(stage.err).toContain('did you mean "map"')
    expect((await folder.dray('why', run, '77')).code).toBe(2)
  })

  test('doctor finds this box fit', async () => {
    const { code, out } = await folder.dray('doctor', '--json')
    expect(code).toBe(0)
    const { healthy, findings } = JSON.parse(out) as {
      healthy: boolean
      findings: { name: string }[]
    }
    expect(healthy).toBe(true)
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'node',
        'cores',
        'memory',
        'gpu',
        'disk',
        'directory',
        'sqlite',
        'esbuild',
      ]),
    )
  })
})

test('why and ls of thousands that failed: of each stage as many as it looked at, and that there are more', async () => {
  const folder = folderWith({
    'one.mjs': "export default n => { if (n < 6000) throw new Error('low'); return n }\n",
    'two.mjs': "export default n => { if (n === 6001) throw new Error('odd'); return n }\n",
    'job.yaml': `name: many
input: { range: { from: 0, to: 6003 } }
tolerate: { failed: 100% }
stages: [{ name: one, map: ./one.mjs, retry: { attempts: 1 } }, { name: two, map: ./two.mjs, retry: { attempts: 1 } }]
`,
  })
  expect((await folder.dray('run')).code).toBe(0)
  const { out } = await folder.dray('why')
  expect(out).toMatch(/one: error: low\n {4}at least 5,000 items such as 0, 1, 2\n/)
  expect(out).toMatch(/two: error: odd\n {4}item 6001\n/)
  expect((await folder.dray('ls')).out).toContain(', 6,001 failed')
  folder.remove()
})

test('map without -o prints the answers as a .jsonl has them, and the report beside them', async () => {
  const folder = folderWith({
    'handle.mjs':
      "export default item => { if (item === 2) throw new Error('bad'); return item }\n",
  })
  const words = ['map', 'handle.mjs', 'range:0..4', '--retries', '0'] as const
  const piped = await folder.dray(...words)
  expect(piped.code).toBe(1)
  expect(piped.err).toContain('3 of 4 items done')
  await folder.dray(...words, '-o', 'out.jsonl', '--fresh')
  expect(piped.out).toBe(folder.read('out.jsonl'))
  expect((await folder.dray(...words, '--quiet')).out).toBe(piped.out)
  const both = await folder.dray(...words, '--json')
  expect(both).toMatchObject({ code: 2, out: '' })
  expect(both.err).toContain('map --json: expected -o OUT')
  folder.remove()
})

test('map without -o prints nothing of an interrupted run, and all of it once it went on', async () => {
  const folder = folderWith({ 'handle.mjs': noting(`${untilGo('item > 2')}return item`) })
  const words = ['map', 'handle.mjs', 'range:0..200', '--chunk', '1'] as const
  const begun = folder.begin(...words)
  await vi.waitUntil(async () => (await folder.dray('status')).out.includes('3 of 200'), 60_000)
  begun.signal('SIGINT')
  await begun.says('stopping')
  folder.write('go', '')
  expect(await begun.ended).toMatchObject({ code: 130, out: '' })
  const { code, out } = await folder.dray(...words)
  expect(code).toBe(0)
  const whole = Array.from({ length: 200 }, (_, item) => item)
  expect(lines(out).map(line => JSON.parse(line).result)).toEqual(whole)
  folder.remove()
})

test('retry --failed runs the failed items only, and the run is done', async () => {
  const folder = folderWith({
    'handle.mjs': noting("if (item === 2) throw new Error('bad'); return item"),
  })
  folder.write(
    'job.yaml',
    `name: bad
input: { range: { from: 0, to: 4 } }
stages: [{ name: s, map: ./handle.mjs, needs: { memory: 20MB }, retry: { attempts: 1 }, output: { jsonl: out.jsonl } }]
`,
  )
  const { out } = await folder.dray('run', 'job.yaml', '--json')
  const { run } = JSON.parse(out) as { run: string }
  folder.write('handle.mjs', noting('return item'))
  folder.write('small.json', '{ "machines": [{ "id": "m0", "capacity": { "memory": "10MB" } }] }')
  const small = await folder.dray('retry', run, '--failed', '--machines', 'small.json')
  expect(small.code, small.err).toBe(3)
  expect(small.err).toContain('needs 20 MB memory')
  folder.write('ran.txt', '')
  const explained = await folder.dray('retry', run, '--failed', '--explain')
  expect(explained).toMatchObject({ code: 0, err: '' })
  expect(explained.out).toContain('1 item would be tried again')
  expect(explained.out).toMatch(/^ {2}s {2}1 failed$/m)
  expect(ran(folder)).toEqual([])
  const again = await folder.dray('retry', run, '--failed', '--json')
  expect(again.code, again.err).toBe(0)
  expect(JSON.parse(again.out)).toMatchObject({ run, state: 'done', items: { done: 4, failed: 0 } })
  const none = await folder.dray('results', run, '--failed')
  expect(none).toEqual({ code: 0, out: '', err: `${run}: nothing failed\n` })
  expect(folder.read('ran.txt')).toBe('2\n')
  expect(folder.read('out.jsonl')).toContain('{"index":2,"key":"2","result":2}')
  folder.remove()
})

test('after retry with mended code a stage of which all had failed does not come from older code', async () => {
  const folder = folderWith({
    'one.mjs': 'export default item => item\n',
    'two.mjs': "export default () => { throw new Error('bad') }\n",
    'job.yaml': `name: two
input: { range: { from: 0, to: 3 } }
stages: [{ name: a, map: ./one.mjs }, { name: b, map: ./two.mjs, after: a, retry: { attempts: 1 } }]
`,
  })
  expect((await folder.dray('run', 'job.yaml')).code).toBe(1)
  folder.write('two.mjs', 'export default item => item\n')
  expect((await folder.dray('retry', 'two', '--failed')).code).toBe(0)
  const again = await folder.dray('run', 'job.yaml')
  expect(again.code, again.err).toBe(0)
  folder.remove()
})

test('retry --failed goes on with a run that was interrupted, or that its output stopped', async () => {
  const folder = folderWith({
    'handle.mjs': noting(`console.log('saw', item)
  const { existsSync } = await import('node:fs')
  const isHeld = item > 5 && !existsSync(new URL('./go', import.meta.url))
  await new Promise(r => setTimeout(r, isHeld ? 60_000 : 20))
  return item`),
  })
  const words = ['map', 'handle.mjs', 'range:0..20', '-o', 'out/o.jsonl'] as const
  const begun = folder.begin(...words, '--events')
  await begun.hasEnded(4)
  const follower = folder.begin('logs', '-f')
  await follower.says('saw')
  folder.write('out', 'a file where the folder should be')
  folder.write('go', '')
  begun.signal('SIGKILL')
  await begun.ended
  const followed = await follower.ended
  expect(followed.code, followed.err).toBe(130)
  expect(followed.err).toContain('interrupted: nobody works on it now')
  const [{ run }] = JSON.parse((await folder.dray('ls', '--json')).out) as { run: string }[]
  const blocked = await folder.dray('retry', run, '--failed')
  expect(blocked.code, blocked.err).toBe(2)
  expect(blocked.err).toContain('it was interrupted')
  expect(blocked.out).toContain('a part of its folder is a file')
  rmSync(join(folder.path, 'out'))
  folder.write('ran.txt', '')
  const again = await folder.dray('retry', run, '--failed')
  expect(again.code, again.err).toBe(0)
  expect(again.err).toContain('what stopped it is tried again')
  expect(ran(folder)).toEqual([])
  expect(lines(folder.read('out/o.jsonl'))).toHaveLength(20)
  folder.remove()
})

test('results --failed without a stage has the failures of every stage', async () => {
  const folder = folderWith({
    'handle.mjs': noting("if (item === 1) throw new Error('one'); return item"),
    'sum.mjs': 'export default items => items.length\n',
    'job.yaml': `name: two
input: { range: { from: 0, to: 3 } }
stages:
  - { name: first, map: ./handle.mjs, retry: { attempts: 1 } }
  - { name: sum, reduce: ./sum.mjs, after: first }
`,
  })
  expect((await folder.dray('run', '--quiet')).code).toBe(1)
  const failed = lines((await folder.dray('results', '--failed')).out)
  expect(failed).toEqual(['{"index":1,"key":"1","error":{"kind":"error","message":"one"}}'])
  expect((await folder.dray('results', '--failed', '--stage', 'sum')).out).toBe('')
  folder.remove()
})

test('failures that differ only in their item are one group', async () => {
  const folder = folderWith({
    'handle.mjs': noting(
      "throw new Error('page ' + item + ' of \"scan ' + item + '\" is ' + item * 7 + ' wide')",
    ),
  })
  await folder.dray('map', 'handle.mjs', 'range:0..9', '-o', 'o.jsonl', '--retries', '0', '--quiet')
  const { failures } = JSON.parse((await folder.dray('why', '--json')).out) as {
    failures: object[]
  }
  expect(failures).toEqual([
    expect.objectContaining({
      items: 9,
      firstKeys: ['0', '1', '2'],
      message: 'page 0 of "scan 0" is 0 wide',
    }),
  ])
  folder.remove()
})

test('clean removes an ended run and refuses a job’s name; --older spares the young', async () => {
  const folder = folderWith({ 'handle.mjs': noting('return item') })
  const { out } = await folder.dray('map', 'handle.mjs', 'range:0..2', '-o', 'out.jsonl', '--json')
  const { run, job } = JSON.parse(out) as { run: string; job: string }
  expect((await folder.dray('clean', job)).code).toBe(2)
  expect((await folder.dray('clean', '--older', '1d')).out).toContain('nothing')
  expect((await folder.dray('clean', '--older', 'soon')).code).toBe(2)
  expect((await folder.dray('clean', run)).out).toContain(run)
  expect(JSON.parse((await folder.dray('ls', '--json')).out)).toEqual([])
  folder.remove()
})

test('init says how to run a folder of any name, and the job runs', async () => {
  const folder = folderWith()
  const name = `my ${'long'.repeat(40)} job's`
  const { out } = await folder.dray('init', name)
  expect(out).toContain(`  dray run '${name.replace("'", "'\\''")}'\n`)
  expect((await folder.dray('run', name, '--quiet')).code).toBe(0)
  folder.remove()
})

test('a key with line ends stays in its line wherever it is told', async () => {
  const folder = folderWith({
    'handle.mjs': `export default (item, ctx) => { ctx.log('seen'); return ctx.failed('no') }`,
    'rows.jsonl': `${JSON.stringify({ id: 'one\ntwo' })}\n`,
  })
  const words = ['map', 'handle.mjs', 'rows.jsonl', '--key', 'id', '-o', 'out.jsonl'] as const
  const { err } = await folder.dray(...words, '--retries', '0')
  expect(err).toContain('[one\\ntwo] failed: no')
  for (const said of lines((await folder.dray('logs')).out))
    expect(said).toMatch(/^\S+ \S+\[one\\ntwo\] /)
  const why = await folder.dray('why', '--', 'handle', 'one\ntwo')
  expect(why.out + why.err).not.toContain('one\ntwo')
  folder.remove()
})

test('init writes a job that runs, and overwrites nothing', async () => {
  const folder = folderWith()
  expect((await folder.dray('init', 'mine')).code).toBe(0)
  const ended = await folder.dray('run', 'mine', '--json')
  expect(ended.code, ended.err).toBe(0)
  expect(lines(folder.read('mine/out/scores.jsonl'))).toHaveLength(4)
  const again = await folder.dray('init', 'mine')
  expect(again.code).toBe(2)
  expect(again.err).toContain('job.ts')
  folder.remove()
})

test.each([
  ['serve', 'not available yet'],
  ['worker', 'not available yet'],
  ['limits', 'not available yet'],
  ['machines', 'not available yet'],
  ['bench', 'npm run bench'],
])('%s is named, and refused with exit 2', async (command, said) => {
  const folder = folderWith()
  const { code, err } = await folder.dray(command)
  expect(code).toBe(2)
  expect(err).toContain(said)
  folder.remove()
})

/** A job whose input has as many rows as each run is told. */
function rowsInto(output: string) {
  const folder = folderWith({
    'job.yaml': `name: edited\ninput: { jsonl: rows.jsonl }\nstages: [{ name: one, map: ./handle.mjs, output: ${output} }]\n`,
    'handle.mjs': noting('return item'),
  })
  const withRows = (count: number, ...flags: string[]) => {
    folder.write('rows.jsonl', '1\n'.repeat(count))
    return folder.dray('run', 'job.yaml', ...flags)
  }
  return { folder, withRows }
}

test('an output that was changed by hand is told to have been, where a run that continues writes it anew', async () => {
  const { folder, withRows } = rowsInto('{ jsonl: out.jsonl }')
  const told = 'out.jsonl had been changed since it was last written'
  await withRows(3)
  folder.write('out.jsonl', 'edited\n')
  expect((await withRows(4)).out).toContain(told)
  expect(folder.read('out.jsonl')).toMatch(/^(.+\n){4}$/)
  expect((await withRows(5)).out).not.toContain(told)
  folder.remove()
})

test('what a run wrote is told again when there is nothing to do; map says --fresh where run says --redo', async () => {
  const folder = folderWith({ 'handle.mjs': noting('return item') })
  const words = ['map', 'handle.mjs', 'range:0..3', '-o', 'out.jsonl'] as const
  const first = JSON.parse((await folder.dray(...words, '--json')).out) as { outputs: unknown[] }
  expect(first.outputs).toHaveLength(1)
  const again = await folder.dray(...words)
  expect(again.out).toContain('out.jsonl  3 items')
  expect(again.out).not.toContain('since')
  const asWritten = folder.read('out.jsonl')
  folder.write('out.jsonl', asWritten.replace('"result":2', '"result":3'))
  expect((await folder.dray(...words)).out).toContain('out.jsonl is touched since it was written;')
  folder.write('out.jsonl', 'edited\n')
  const edited = await folder.dray(...words)
  expect(edited.out).toContain('out.jsonl is no longer what was written: 7 B now; moved away,')
  expect(folder.read('out.jsonl')).toBe('edited\n')
  rmSync(join(folder.path, 'out.jsonl'))
  expect((await folder.dray(...words)).out).not.toContain('moved away')
  expect(folder.read('out.jsonl')).toBe(asWritten)
  expect(JSON.parse((await folder.dray('status', '--json')).out)).toMatchObject({
    outputs: first.outputs,
  })
  folder.write('handle.mjs', noting('return 7'))
  const older = await folder.dray(...words)
  expect(older.code).toBe(2)
  expect(older.err).toContain('came from older code: --keep or --fresh\n')
  expect(older.err).not.toContain('--redo')
  folder.remove()
})

test('so are the files of an output that has one an item, those alone that had been', async () => {
  const { folder, withRows } = rowsInto('{ each: "out/{key}.txt" }')
  await withRows(3)
  folder.write('out/0.txt', 'edited\n')
  folder.write('out/2.txt', 'edited\n')
  const { out } = await withRows(4)
  expect(out).toContain('  out: 2 files had been changed since they were last written\n')
  expect(folder.read('out/2.txt')).toBe('1\n')
  folder.write('handle.mjs', noting('return 10 * item'))
  expect((await withRows(4, '--redo', 'one')).out).not.toContain('had been changed')
  expect(folder.read('out/2.txt')).toBe('10\n')
  folder.remove()
})
