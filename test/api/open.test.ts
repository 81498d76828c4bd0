import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Dray, type JobDefinition, open } from '../../dist/index.js'

const library = new URL('../../dist/index.js', import.meta.url).href

const opened = async (handler: string): Promise<{ dray: Dray; folder: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-open-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'work.js'), handler)
  return { dray: await open({ dir: join(folder, '.dray'), folder }), folder }
}

const stream = (name: string): JobDefinition => ({
  name,
  input: { open: true },
  stages: [{ name: 'work', map: './work.js' }],
})

describe('a stream', () => {
  test('answers each pushed item, and closes when nothing is in flight', async () => {
    const { dray } = await opened('export default n => n * 2\n')
    // As many items a task as wait, at most: nobody waits for two more.
    const stages = [{ name: 'work', map: './work.js', chunk: 3 }]
    const handle = await dray.stream({ ...stream('doubles'), stages })
    const first = await handle.push(4)
    expect(await first.result()).toBe(8)
    const second = await handle.push(5, { key: 'five' })
    expect(await second.result()).toBe(10)
    const summary = await handle.close()
    expect(summary).toMatchObject({ state: 'done', items: { total: 2, done: 2 } })
    const answers = []
    for await (const answer of handle.results) answers.push(answer)
    expect(answers).toEqual([
      { index: 0, key: '0', result: 8 },
      { index: 1, key: 'five', result: 10 },
    ])
    await dray.close()
  })

  test('refuses a key it has, and anything after it is closed', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('once'))
    await handle.push(1, { key: 'a' })
    await expect(handle.push(2, { key: 'a' })).rejects.toThrow('duplicate key "a"')
    await handle.close()
    await expect(handle.push(3)).rejects.toThrow('closed')
    await dray.close()
  })

  test('refuses items that JSON would turn into something else, and keys that name nothing', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('exact'))
    await expect(handle.push(Number.NaN)).rejects.toThrow('not a JSON value (it is NaN, which')
    await expect(handle.push(undefined)).rejects.toThrow('JSON has no undefined')
    await expect(handle.push({ page: { dpi: 1 / 0 } })).rejects.toThrow('"dpi" is Infinity')
    await expect(handle.push([new Set([1])])).rejects.toThrow('"[0]" is a Set, which becomes {}')
    const long = 'x'.repeat(16 * 1024 * 1024)
    await expect(handle.push(long)).rejects.toThrow('16777218 bytes; expected at most 16777216')
    await expect(handle.push(1, { key: '' })).rejects.toThrow('key: found ""')
    const notBefore = new Date('tomorrow')
    await expect(handle.push(1, { notBefore })).rejects.toThrow('found Invalid Date; expected')
    await handle.push({ page: null })
    expect((await handle.close()).items).toMatchObject({ total: 1, done: 1 })
    await dray.close()
  })

  test('names an item without a key by its number, or the next that is free', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('numbers'))
    const keys = []
    for (const options of [{ key: '1' }, {}, { key: '3' }, {}])
      keys.push((await handle.push(0, options)).key)
    expect(keys).toEqual(['1', '2', '3', '4'])
    expect((await handle.close()).items.done).toBe(4)
    await dray.close()
  })

  test('rejects the result of an item that fails, with why', async () => {
    const { dray } = await opened("export default () => { throw new Error('no such page') }\n")
    const handle = await dray.stream({
      ...stream('failing'),
      stages: [{ name: 'work', map: './work.js', retry: { attempts: 1 } }],
    })
    const pushed = await handle.push(1)
    await expect(pushed.result()).rejects.toThrow('no such page')
    expect((await handle.close()).state).toBe('failed')
    await dray.close()
  })

  test('goes on in a new process’s place: what was pushed and not answered is run', async () => {
    const { dray, folder } = await opened('export default n => n + 1\n')
    const handle = await dray.stream(stream('again'))
    await (await handle.push(1)).result()
    await dray.close()
    const again = await open({ dir: join(folder, '.dray'), folder })
    const resumed = await again.stream(stream('again'))
    expect(resumed.name).toBe(handle.name)
    expect(await (await resumed.push(2)).result()).toBe(3)
    expect((await resumed.close()).items.done).toBe(2)
    await again.close()
  })
})

describe('a stream that', () => {
  test('failed or was cancelled takes no more items: nothing is acknowledged that will not run', async () => {
    const { dray } = await opened("export default () => { throw new Error('no') }\n")
    const failing = await dray.stream({
      ...stream('fails'),
      stages: [{ name: 'work', map: './work.js', retry: { attempts: 1 } }],
      tolerate: { failed: 1 },
    })
    await failing.push(1)
    await failing.push(2)
    expect((await failing.result()).state).toBe('failed')
    await expect(failing.push(3)).rejects.toThrow('the run is failed')
    const cancelled = await dray.stream(stream('stops'))
    const waiting = await cancelled.push(1, { notBefore: new Date(Date.now() + 60_000) })
    await cancelled.cancel()
    await expect(waiting.result()).rejects.toMatchObject({ name: 'ItemError', kind: 'cancelled' })
    expect((await cancelled.result()).state).toBe('cancelled')
    await expect(cancelled.push(2)).rejects.toThrow('the run is cancelled')
    await dray.close()
  })

  test('has several stages answers each item once, however far it came', async () => {
    const { dray } = await opened(
      "export default n => { if (n === 0) throw new Error('no'); return n + 1 }\n",
    )
    const handle = await dray.stream({
      name: 'chain',
      input: { open: true },
      tolerate: { failed: 1 },
      stages: ['a', 'b', 'c'].map(name => ({ name, map: './work.js', retry: { attempts: 1 } })),
    })
    const good = await handle.push(1, { key: 'good' })
    const bad = await handle.push(0, { key: 'bad' })
    expect(await good.result()).toBe(4)
    await expect(bad.result()).rejects.toMatchObject({ name: 'ItemError', key: 'bad', index: 1 })
    await handle.close()
    for (const round of [1, 2]) {
      const keys = []
      for await (const { key } of handle.results) keys.push(key)
      expect(keys.sort(), `round ${round}`).toEqual(['bad', 'good'])
    }
    await dray.close()
  })

  test('was left open under other code goes on as its options say, as a submission does', async () => {
    const { dray, folder } = await opened('export default n => n + 1\n')
    const handle = await dray.stream(stream('older'), { seed: 7 })
    await (await handle.push(1)).result()
    await dray.close()
    writeFileSync(join(folder, 'work.js'), 'export default n => n + 100\n')
    const again = await open({ dir: join(folder, '.dray'), folder })
    const other = { ...stream('older'), stages: [{ name: 'other', map: './work.js' }] }
    await expect(again.stream(other)).rejects.toThrow('has stages work; expected the same')
    await expect(again.stream(stream('older'))).rejects.toMatchObject({ name: 'OlderCode' })
    const kept = await again.stream(stream('older'), { keep: true })
    expect(kept.name).toBe(handle.name)
    expect(await (await kept.push(2)).result()).toBe(102)
    expect((await kept.close()).items.done).toBe(2)
    // An ended stream has nothing that a new one could keep: its code is nobody's concern.
    writeFileSync(join(folder, 'work.js'), 'export default n => n + 200\n')
    const next = await again.stream(stream('older'))
    expect(await (await next.push(3)).result()).toBe(203)
    await again.close()
    const last = await open({ dir: join(folder, '.dray'), folder })
    const fresh = await last.stream(stream('older'), { fresh: true })
    expect([handle.name, next.name]).not.toContain(fresh.name)
    await last.close()
  })

  test.each([
    [{ redo: ['work'] }, 'stream: unknown option "redo"; known: fresh, keep, seed'],
    [{ seed: 0.5 }, 'stream: seed: found 0.5; expected a whole number'],
    [{ fresh: 1 }, 'stream: fresh: found 1; expected true or false'],
  ])('is given %j says so', async (options, expected) => {
    const { dray } = await opened('export default n => n\n')
    await expect(dray.stream(stream('options'), options as object)).rejects.toThrow(expected)
    await dray.close()
  })

  test('is gone on with answers what earlier lives answered, first', async () => {
    const { dray, folder } = await opened('export default n => n + 1\n')
    const handle = await dray.stream(stream('lives'))
    await (await handle.push(1, { key: 'one' })).result()
    await dray.close()
    const again = await open({ dir: join(folder, '.dray'), folder })
    const resumed = await again.stream(stream('lives'))
    await expect(resumed.push(5, { key: 'one' })).rejects.toThrow('duplicate key "one"')
    await resumed.push(2, { key: 'two' })
    await resumed.close()
    const answers = []
    for await (const answer of resumed.results) answers.push(answer)
    expect(answers).toEqual([
      { index: 0, key: 'one', result: 2 },
      { index: 1, key: 'two', result: 3 },
    ])
    await again.close()
  })

  test('takes more pushes than wait in memory runs them all, each under its key', async () => {
    const { dray } = await opened('export default n => n + 1\n')
    const handle = await dray.stream(stream('many'))
    const numbers = [...Array(12_000).keys()]
    await Promise.all(numbers.map(n => handle.push(n, { key: `k${n}` })))
    expect((await handle.close()).items).toMatchObject({ total: 12_000, done: 12_000 })
    const answers = []
    for await (const answer of handle.results) answers.push(answer)
    answers.sort((a, b) => a.index - b.index)
    expect(answers).toEqual(numbers.map(n => ({ index: n, key: `k${n}`, result: n + 1 })))
    await dray.close()
  })

  test('takes more than waits in memory, out of order, runs each under its key', async () => {
    const { dray } = await opened('export default ({ n }) => n\n')
    const handle = await dray.stream({ ...stream('large'), order: 'priority' })
    const notBefore = new Date(Date.now() + 1_500)
    const pad = 'x'.repeat(4_000_000)
    const priorities = Array.from({ length: 20 }, (_, n) => (n * 7) % 20)
    await Promise.all(
      priorities.map((priority, n) =>
        handle.push({ n, pad }, { key: `k${n}`, priority, notBefore }),
      ),
    )
    expect((await handle.close()).items.done).toBe(20)
    const answers = []
    for await (const answer of handle.results) answers.push(answer)
    answers.sort((a, b) => a.index - b.index)
    expect(answers).toEqual(priorities.map((_, n) => ({ index: n, key: `k${n}`, result: n })))
    await dray.close()
  })

  test('is cancelled by a later owner names what was waiting by its key', async () => {
    const { dray, folder } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('later'))
    const notBefore = new Date(Date.now() + 60_000)
    for (const key of ['x', 'y']) await handle.push(1, { key, notBefore })
    await dray.close()
    const again = await open({ dir: join(folder, '.dray'), folder })
    const resumed = await again.stream(stream('later'))
    await resumed.cancel()
    const answers = []
    for await (const answer of resumed.results) answers.push(answer)
    const error = { kind: 'cancelled', message: 'cancelled by the user' }
    expect(answers).toEqual([
      { index: 0, key: 'x', error },
      { index: 1, key: 'y', error },
    ])
    await again.close()
  })

  test('is open already is not opened twice, and is refused by submit', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('twice'))
    await expect(dray.stream(stream('twice'))).rejects.toThrow('open already')
    await expect(dray.submit(stream('twice'))).rejects.toThrow('stream(job)')
    await handle.close()
    await (await dray.stream(stream('twice'))).close()
    await dray.close()
  })

  test.each([
    ['no JSON', () => 1n, {}, 'not a JSON value'],
    ['a key that is no text', () => 1, { key: 5 }, 'key: found 5; expected text'],
    ['a priority that is no number', () => 1, { priority: Number.NaN }, 'expected a number'],
    ['no date', () => 1, { notBefore: new Date(Number.NaN) }, 'expected a valid Date'],
    ['milliseconds', () => 1, { notBefore: 5 }, 'notBefore: found 5; expected a valid Date'],
    ['an unknown option', () => 1, { keys: 'a' }, 'unknown option "keys"; did you mean "key"?'],
  ])('is given %s says so', async (_, item, options, expected) => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('picky'))
    await expect(handle.push(item(), options as object)).rejects.toThrow(expected)
    await handle.close()
    await dray.close()
  })

  test('writes a file per item refuses keys that would leave its folder', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream({
      name: 'files',
      input: { open: true },
      stages: [{ name: 'work', map: './work.js', output: { each: 'out/{key}.json' } }],
    })
    await expect(handle.push(1, { key: '../evil' })).rejects.toThrow('expected a key that stays')
    await handle.push(2, { key: 'a/b' })
    expect(await handle.close()).toMatchObject({ state: 'done', items: { total: 1, done: 1 } })
    await dray.close()
  })
})

describe('open', () => {
  test.each([
    ['no name', [{ slots: 2 }], 'machines[0].id: missing; expected a name'],
    ['no slot', [{ id: 'a', slots: 0 }], 'machines[0].slots: found 0; expected a whole number'],
    ['an unknown field', [{ id: 'a', slot: 1 }], 'unknown field "slot"; did you mean "slots"?'],
    ['a name twice', [{ id: 'a' }, { id: 'a' }], 'machines[1].id: machine 0 is named "a" too'],
    ['no size', [{ id: 'a', capacity: { memory: 'x' } }], 'machines[0].capacity.memory: found "x"'],
  ])('refuses a machine with %s', async (_, machines, expected) => {
    const { dray, folder } = await opened('')
    await dray.close()
    const opening = open({ dir: join(folder, 'other'), machines: machines as { id: string }[] })
    await expect(opening).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(expected),
    })
  })

  test.each([
    [{ dir: '' }, 'open: dir: found ""; expected a folder'],
    [{ folder: '' }, 'open: folder: found ""; expected a folder'],
    [[], 'open: found []; expected an object of options'],
    [{ dri: 'x' }, 'open: unknown option "dri"; did you mean "dir"?'],
  ])('refuses %j, which names no folder', async (options, expected) => {
    await expect(open(options as object)).rejects.toThrow(expected)
  })

  test('takes machines of which only the name is given', async () => {
    const { dray, folder } = await opened('export default n => n\n')
    await dray.close()
    const small = await open({ dir: join(folder, '.dray'), folder, machines: [{ id: 'small' }] })
    const handle = await small.stream(stream('named'))
    await handle.push(1)
    expect((await handle.close()).machines).toMatchObject([{ id: 'small', slots: 1, tasks: 1 }])
    await small.close()
  })

  test('of a directory that is open already says so, in this process and in another', async () => {
    const { dray, folder } = await opened('')
    const dir = join(folder, '.dray')
    const refused = await open({ dir }).catch((error: Error) => error)
    expect(refused).toMatchObject({ name: 'OwnedError', dir, owner: { pid: process.pid } })
    expect((refused as Error).message).toMatch(/in use by this process.*close it first/)
    const code = `import(${JSON.stringify(library)}).then(({ open }) => open({ dir: process.argv[1] }))
      .catch(error => console.log(error.name, error.message))`
    const { stdout } = spawnSync(process.execPath, ['-e', code, dir], { encoding: 'utf8' })
    expect(stdout).toContain(`OwnedError ${dir}: in use by process ${process.pid} on `)
    expect(stdout).toContain('choose another folder (--dir, or dir of open)')
    await dray.close()
  })
})

describe('close', () => {
  test('lets what runs end and keeps its answer; whoever waits for more hears of it', async () => {
    const { dray, folder } = await opened(
      `import { writeFileSync } from 'node:fs'
export default ms => {
  writeFileSync(new URL('begun', import.meta.url), '')
  return new Promise(done => setTimeout(done, ms, ms))
}
`,
    )
    const one = [{ id: 'this', slots: 1 }]
    await dray.close()
    const narrow = await open({ dir: join(folder, '.dray'), folder, machines: one })
    const handle = await narrow.stream(stream('slow'))
    const running = await handle.push(300)
    const waiting = await handle.push(301, { notBefore: new Date(Date.now() + 60_000) })
    const ends = [running.result(), waiting.result(), handle.result()]
    await vi.waitUntil(() => existsSync(join(folder, 'begun')), 30_000)
    await narrow.close()
    await narrow.close()
    const [first, second, whole] = await Promise.allSettled(ends)
    expect(first).toMatchObject({ status: 'fulfilled', value: 300 })
    expect(second).toMatchObject({ reason: { name: 'ClosedError' } })
    expect(whole).toMatchObject({ reason: { name: 'ClosedError' } })
    await expect(handle.push(1)).rejects.toThrow('closed in this process')
    expect(handle.status).toMatchObject({ state: 'interrupted', items: { total: 2, done: 1 } })
    await expect(narrow.stream(stream('slow'))).rejects.toThrow('closed in this process')
    const again = await open({ dir: join(folder, '.dray'), folder })
    expect((await again.stream(stream('slow'))).status.items.done).toBe(1)
    await again.close()
  })
})

describe('a submitted job', () => {
  test('tells its state and its files after the directory is closed, as they were', async () => {
    const { dray, folder } = await opened('export default n => n\n')
    const run = await dray.submit({
      name: 'over',
      input: { items: [1] },
      stages: [{ name: 'work', map: './work.js', output: { jsonl: 'out.jsonl' } }],
    })
    const { state, outputs } = await run.result()
    await dray.close()
    expect(run.status).toMatchObject({ state, outputs })
    expect(await run.result()).toEqual(run.status)
    await expect(run.results[Symbol.asyncIterator]().next()).rejects.toThrow('closed in this')
    expect(run.status.outputs).toMatchObject([{ path: join(folder, 'out.jsonl'), items: 1 }])
  })

  test('is checked as the command checks it', async () => {
    const { dray } = await opened('export default n => n\n')
    const job = (more: object): JobDefinition => ({
      name: 'checked',
      input: { range: { from: 0, to: 1 } },
      stages: [{ name: 'work', map: './work.js' }],
      ...more,
    })
    const missing = job({ stages: [{ name: 'work', map: './wrok.js' }] })
    await expect(dray.submit(missing)).rejects.toThrow('no file wrok.js')
    await expect(dray.submit(job({ strategy: 'hefft' }))).rejects.toThrow('did you mean "heft"?')
    const large = job({ stages: [{ name: 'work', map: './work.js', needs: { cpu: 100_000 } }] })
    await expect(dray.submit(large)).rejects.toMatchObject({ name: 'NeverHere' })
    const slip = job({ stages: [{ name: 'work', map: './work.js', needs: { memry: '1GB' } }] })
    const meant = 'no machine has "memry"; did you mean "memory"?'
    await expect(dray.submit(slip)).rejects.toThrow(meant)
    const gpu = job({ stages: [{ name: 'work', map: './work.js', needs: { gpu: 1 } }] })
    const refused = await dray.submit(gpu).catch((error: Error) => error.message)
    expect(refused).toContain('needs 1 gpu')
    expect(refused).not.toContain('did you mean')
    await expect(dray.submit(undefined as never)).rejects.toMatchObject({ name: 'InputError' })
    await expect(dray.submit(job({}), { fersh: true } as object)).rejects.toThrow('"fresh"')
    await dray.close()
    await expect(open({ machines: [] })).rejects.toThrow('at least one machine')
    const text = open({ machines: 'two' as never })
    await expect(text).rejects.toThrow('machines: found "two"; expected a list of machines')
    await expect(dray.close('soon' as never)).rejects.toThrow('expected milliseconds, 0 or more')
  })

  test('of a handler that changed since runs the new one, in slots that knew the old', async () => {
    const { dray, folder } = await opened("export { handle as default } from './by.js'\n")
    const write = (by: string): void =>
      writeFileSync(join(folder, 'by.js'), `export const handle = n => ${by}\n`)
    const job = { name: 'mended', input: { items: [1, 2] } }
    const stages = [{ name: 'work', map: './work.js', retry: { attempts: 1 } }]
    const results = async (redo: boolean) => {
      const run = await dray.submit({ ...job, stages }, redo ? { redo: ['work'] } : {})
      await run.result()
      const found = []
      for await (const answer of run.results)
        found.push('result' in answer ? answer.result : answer.error.kind)
      return found
    }
    write('n * 10')
    expect(await results(false)).toEqual([10, 20])
    write('n === 1 ? n * 100 : missing()')
    expect(await results(true)).toEqual([100, 'error'])
    write('n * 1000')
    const retried = await dray.submit({ ...job, stages }, { keep: true })
    expect((await retried.result()).items).toMatchObject({ done: 2, failed: 0 })
    expect(await results(true)).toEqual([1000, 2000])
    await dray.close()
  })

  test('of a generator that changed since, or what it imports, reads what it yields now', async () => {
    const { dray, folder } = await opened('export default n => n\n')
    const write = (file: string, code: string): void => writeFileSync(join(folder, file), code)
    const job = { name: 'listed', input: { from: './list.js' } }
    const stages = [{ name: 'work', map: './work.js' }]
    const total = async () => (await (await dray.submit({ ...job, stages })).result()).items.total
    write('list.js', "export { list as default } from './by-list.js'\n")
    write('by-list.js', 'export function* list() { yield 1 }\n')
    expect(await total()).toBe(1)
    write('by-list.js', 'export const list = [1, 2]\n')
    expect(await total()).toBe(2)
    write('list.js', 'export default async function* () { yield* [1, 2, 3] }\n')
    expect(await total()).toBe(3)
    await dray.close()
  })

  test('keeps what a run had of which only runs that broke off before they kept anything are left', async () => {
    const { dray, folder } = await opened('export default () => Math.random()\n')
    const job = { name: 'kept', input: { from: './list.js', key: 'id' } }
    const stages = [{ name: 'work', map: './work.js' }]
    const given = async (code: string) => {
      writeFileSync(join(folder, 'list.js'), `export default function* () { ${code} }\n`)
      const run = await dray.submit({ ...job, stages })
      const { state } = await run.result()
      const answers: Record<string, unknown> = {}
      for await (const answer of run.results) answers[answer.key] = answer
      return { state, answers }
    }
    const whole = await given('yield { id: 1 }')
    expect(whole).toMatchObject({ state: 'done', answers: { 1: { key: '1' } } })
    for (const why of ['offline', 'still offline'])
      expect(await given(`throw new Error('${why}')`)).toEqual({ state: 'failed', answers: {} })
    expect(await given('yield* [{ id: 1 }]')).toEqual(whole)
    await dray.close()
  })

  test('interrupted, then cancelled, has every item under its own key', async () => {
    const { dray, folder } = await opened('export default () => new Promise(() => {})\n')
    const items = ['x', 'y', 'z'].map(id => ({ id }))
    const job: JobDefinition = {
      name: 'given-up',
      input: { items, key: 'id' },
      stages: [{ name: 'work', map: './work.js', grace: '10ms' }],
    }
    await dray.submit(job)
    await dray.close(0)
    const again = await open({ dir: join(folder, '.dray'), folder, machines: [{ id: 'one' }] })
    const run = await again.submit(job)
    await run.cancel()
    const keys = []
    for await (const answer of run.results) keys.push(answer.key)
    expect(keys).toEqual(['x', 'y', 'z'])
    await again.close()
  })

  test('submitted twice at once is one run', async () => {
    const { dray } = await opened('export default n => n\n')
    const job: JobDefinition = {
      name: 'same',
      input: { range: { from: 0, to: 3 } },
      stages: [{ name: 'work', map: './work.js' }],
    }
    const [a, b] = await Promise.all([dray.submit(job), dray.submit(job)])
    expect(a.name).toBe(b.name)
    expect(await b.result()).toMatchObject({ state: 'done', items: { total: 3, done: 3 } })
    await dray.close()
  })

  test('has the top of a tree as its result', async () => {
    const { dray, folder } = await opened('export default n => n\n')
    writeFileSync(join(folder, 'sum.js'), 'export default all => all.reduce((a, b) => a + b, 0)\n')
    const run = await dray.submit({
      name: 'tree',
      input: { range: { from: 0, to: 100 } },
      stages: [
        { name: 'work', map: './work.js' },
        { name: 'sum', reduce: './sum.js', gather: { tree: 4 } },
      ],
    })
    const results = []
    for await (const item of run.results) results.push('result' in item ? item.result : item.error)
    expect(results).toEqual([4950])
    await dray.close()
  })

  test('has a result, and its items in order', async () => {
    const { dray } = await opened('export default n => n * n\n')
    const run = await dray.submit({
      name: 'squares',
      input: { range: { from: 0, to: 5 } },
      stages: [{ name: 'square', map: './work.js' }],
    })
    expect(await run.result()).toMatchObject({ state: 'done', items: { done: 5 } })
    const results = []
    for await (const item of run.results) results.push('result' in item ? item.result : item.error)
    expect(results).toEqual([0, 1, 4, 9, 16])
    await dray.close()
  })
})
