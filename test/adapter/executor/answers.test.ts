import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AttemptOrder, StageCode } from '../../../src/port/executor.ts'
import { code, first, order, second, world } from './harness.ts'

async function answers(
  items: readonly unknown[],
  more: Partial<StageCode> = {},
  orders: Partial<AttemptOrder> = {},
) {
  const box = world()
  box.executor.define(0, code('answers.mjs', more))
  box.executor.run(
    first,
    0,
    items.map((item, i) => order(i, item, orders)),
  )
  return { box, outcomes: await box.answered(items.length) }
}

describe('what a handler returns is stored as its JSON text', () => {
  test('a value, a promise of one, and nothing as null', async () => {
    const { outcomes } = await answers([
      { do: 'value', value: 'line\nend é' },
      { do: 'promise', value: { a: [1] } },
      { do: 'nothing' },
    ])
    expect(outcomes.map(({ result }) => result)).toEqual(['"line\\nend é"', '{"a":[1]}', 'null'])
  })

  test('a result larger than any buffer on its way arrives whole', async () => {
    const value = 'é'.repeat(400_000)
    const { outcomes } = await answers([
      { do: 'value', value },
      { do: 'value', value: 1 },
    ])
    expect(outcomes[0].result).toBe(JSON.stringify(value))
    expect(outcomes[1].result).toBe('1')
  })

  test('an early stop is a success that says so', async () => {
    const { outcomes } = await answers([{ do: 'stop' }])
    expect(outcomes[0]).toMatchObject({ result: '{"early":true}', stopped: true })
  })
})

describe('what a handler throws keeps its own name or code', () => {
  test.each([
    ['failed', { kind: 'error', code: 'EMPTY', message: 'no text found' }],
    ['throws', { kind: 'error', code: 'RangeError', message: 'out of range' }],
    ['rejects', { kind: 'error', code: 'ENOENT', message: 'no such file' }],
    ['string', { kind: 'error', message: 'the handler threw just text' }],
    ['unreachable', { code: 'TypeError', message: 'fetch failed: connect ECONNREFUSED ::1:9' }],
    ['causesItself', { kind: 'error', message: 'round' }],
    ['plain', { kind: 'error', code: 'rate-limited', message: expect.stringContaining('slow') }],
    ['throwsFailed', { kind: 'error', code: 'EMPTY', message: 'no text found' }],
    ['failedOfError', { kind: 'error', message: 'no text found' }],
    ['failedOfValue', { kind: 'error', message: '{ page: 3 }' }],
    ['failedOfNothing', { kind: 'error', message: 'the handler gave no reason' }],
  ])('%s', async (does, failure) => {
    const { outcomes } = await answers([{ do: does }])
    expect(outcomes[0].failure).toMatchObject(failure)
  })

  test.each([
    ['text', 'two lines', 'the handler threw '],
    ['object', "{ page: 3, words: [ 'a' ] }", 'the handler threw '],
    ['deepObject', '{ a: { b: { c: { d: 1 } } } }', 'the handler threw '],
    ['circular', '<ref *1> { self: [Circular *1] }', 'the handler threw '],
    ['map', "Map(1) { 'page' => 3 }", 'the handler threw '],
    ['bigint', '10n', 'the handler threw '],
    ['caused', 'fetch failed: connect ECONNREFUSED ::1:9', ''],
    ['silent', 'TypeError', ''],
  ])('%s reads the same thrown and given to ctx.failed', async (why, words, before) => {
    const given = ['throwsWhy', 'failedWhy'].map(does => ({ do: does, why }))
    const { outcomes } = await answers(given)
    expect(outcomes.map(({ failure }) => failure?.message)).toEqual([`${before}${words}`, words])
  })

  test.each([
    ['trap', { kind: 'error', message: expect.stringContaining('cannot be read') }],
    ['revoked', { kind: 'error', message: expect.stringContaining('cannot be read') }],
    ['unreadable', { kind: 'error', message: expect.stringContaining('cannot be read') }],
    ['oddFields', { kind: 'error', message: '{ a: 1 }' }],
    ['oddCode', { kind: 'error', code: '5', message: 'null' }],
    [
      'lostCheckpoint',
      { kind: 'error', message: '"checkpoint" is a Set, which becomes {} in JSON' },
    ],
    ['thenTrap', { kind: 'error', message: 'no then' }],
    ['thenThrows', { kind: 'error', message: 'then threw' }],
    ['resultTrap', { kind: 'bad-result', message: expect.stringContaining('a trap') }],
  ])('%s: what cannot be looked at fails its item, not its slot', async (does, failure) => {
    const { box, outcomes } = await answers([{ do: does }, { do: 'value', value: 1 }])
    expect(outcomes[0].failure).toMatchObject(failure)
    expect(outcomes[1].result).toBe('1')
    expect(box.of('slotEnded')).toEqual([])
  })

  test('its detail is the stack down to the handler, without frames of ours', async () => {
    const { outcomes } = await answers([{ do: 'throws' }])
    expect(outcomes[0].failure?.detail).toContain('answers.mjs')
    expect(outcomes[0].failure?.detail).not.toContain('slot-main')
  })
})

describe('a bad result fails its item alone and says why', () => {
  test.each([
    ['function', 'a function does not serialise'],
    ['method', '"words" is a function'],
    ['bigint', '"n" is a BigInt'],
    ['bigintInside', '"counts[1]" is a BigInt'],
    ['circular', '"self" is circular'],
    ['deep', 'nested too deeply'],
    ['map', 'it is a Map, which becomes {} in JSON'],
    ['mapInside', '"byPage" is a Map, which becomes {} in JSON'],
    ['response', '"page" is a Response, which becomes {} in JSON'],
    ['private', '"page" is a Page, which becomes {} in JSON'],
    ['errorInside', '"why" is an Error, which becomes {"code":"ENOENT"} in JSON'],
    ['saysMap', '"page" is a Map, which becomes {} in JSON'],
    ['embedding', '"vector" is a Float32Array, which becomes {"0": ...} in JSON; Array.from'],
    ['noDate', '"at" is an invalid Date'],
    ['forgotten', '"page" is a Promise, which becomes {} in JSON'],
    ['notANumber', '"mean" is NaN'],
    ['infinite', 'it is -Infinity'],
    ['failedInside', 'ctx.failed(...) is an answer by itself'],
    ['stoppedInside', 'ctx.stop(...) is an answer by itself'],
    ['saysNothing', 'an object whose toJSON returns nothing'],
  ])('%s', async (does, reason) => {
    const { outcomes } = await answers([{ do: does }, { do: 'value', value: 1 }])
    expect(outcomes[0].failure).toMatchObject({ kind: 'bad-result' })
    expect(outcomes[0].failure?.message).toContain(reason)
    expect(outcomes[1].result).toBe('1')
  })

  test('dates, null, empty objects, instances with fields and what has toJSON are none', async () => {
    const { outcomes } = await answers([{ do: 'aDate' }, { do: 'instance' }])
    expect(outcomes[0].result).toBe('{"at":"1970-01-01T00:00:00.000Z","none":null,"empty":{}}')
    expect(outcomes[1].result).toBe(
      '{"size":{"type":"Buffer","data":[97]},"url":"http://a/","page":{"words":3}}',
    )
  })

  test('one longer than the limit, counted in bytes', async () => {
    const items = [
      { do: 'value', value: 'é'.repeat(50) },
      { do: 'value', value: 'e'.repeat(50) },
    ]
    const { outcomes } = await answers(items, { maxResultBytes: 80 })
    expect(outcomes[0].failure?.message).toContain('102 bytes; the limit is 80')
    expect(outcomes[1].failure).toBeUndefined()
  })

  test('one that breaks `returns`: the path, what was expected, what was found', async () => {
    const returns = {
      type: 'object',
      properties: { words: { type: 'array', items: { type: 'string' } } },
      required: ['words'],
    }
    const good = { do: 'value', value: { words: ['a'] } }
    const { outcomes } = await answers([{ do: 'value', value: { words: ['a', 12] } }, good], {
      returns,
    })
    expect(outcomes[0].failure).toEqual({
      kind: 'bad-result',
      message: 'at /words/1: must be string, found 12',
    })
    expect(outcomes[1].result).toBe('{"words":["a"]}')
  })
})

describe('ctx tells the handler where it is', () => {
  test('key, index, attempt, params, what setup loaded, and a key stable over attempts', async () => {
    const box = world()
    box.executor.define(0, code('answers.mjs', { params: { from: 'params' } }))
    box.executor.run(first, 0, [
      order(5, { do: 'context' }),
      order(5, { do: 'context' }, { try: 2 }),
    ])
    const [one, two] = (await box.answered(2)).map(({ result }) => JSON.parse(result ?? ''))
    expect(one).toEqual({
      key: 'k5',
      index: 5,
      attempt: 1,
      idempotencyKey: 'calm-otter/stage/k5',
      params: { from: 'params' },
      loaded: { from: 'params' },
    })
    expect(two).toMatchObject({ attempt: 2, idempotencyKey: one.idempotencyKey })
  })

  test('what it logs and prints is told with its attempt and which try that is, before its answer', async () => {
    const { box } = await answers([{ do: 'nothing' }, { do: 'log' }], {}, { try: 3 })
    const told = box.of('log').map(log => [log.attempt, log.try, log.stream, log.text])
    expect(told).toEqual([
      [1, 3, 'log', 'seen { n: 1 }\n'],
      [1, 3, 'stdout', 'printed\n'],
      [1, 3, 'stderr', 'warned\n'],
    ])
    expect(box.of('progress')).toEqual([{ kind: 'progress', attempt: 1, task: 1, fraction: 0.5 }])
  })

  test('a checkpoint outlives its attempt, not its item', async () => {
    const box = world()
    box.executor.define(0, code('answers.mjs'))
    const again = order(1, { do: 'checkpoint' }, { try: 2, attempt: 2 })
    box.executor.run(first, 0, [order(1, { do: 'checkpoint' }), again])
    const [one, two] = await box.answered(2)
    expect(one.failure?.message).toBe('first attempt')
    expect(two.result).toBe('{"attempt":1}')
    box.executor.run(first, 0, [order(1, { do: 'checkpoint' }, { try: 2, attempt: 3 })])
    const [, , afterwards] = await box.answered(3)
    expect(afterwards.result).toBe('null')
  })

  test('a checkpoint that is not JSON is told in the log, and the item begins without it', async () => {
    const box = world()
    box.executor.define(0, code('answers.mjs'))
    box.executor.run(first, 0, [order(1, { do: 'checkpoint' })])
    await box.answered(1)
    const folder = join(box.directory, 'checkpoints')
    const [file] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.json'),
    )
    truncateSync(join(folder, file), 5)
    box.executor.run(first, 0, [order(1, { do: 'checkpoint' }, { try: 2, attempt: 2 })])
    const [, again] = await box.answered(2)
    expect(again.result).toBe('null')
    expect(box.of('log').map(({ text }) => text)).toEqual([expect.stringContaining('is not JSON')])
  })

  test('of the environment it sees the usual names and those its stage declares, no others', async () => {
    const environment = {
      PATH: '/bin',
      LC_ALL: 'C',
      SECRET: 's',
      TOKEN: 't',
      NODE_OPTIONS: '--inspect',
    }
    const box = world({ environment })
    box.executor.define(0, code('answers.mjs'))
    box.executor.define(1, code('answers.mjs', { env: ['TOKEN'] }))
    box.executor.run(first, 0, [order(0, { do: 'environment' })])
    box.executor.run(first, 1, [order(1, { do: 'environment' })])
    box.executor.run(first, 0, [order(2, { do: 'environment' })])
    const seen = (await box.answered(3)).map(({ result }) => JSON.parse(result ?? ''))
    expect(seen).toEqual([
      { PATH: '/bin', LC_ALL: 'C' },
      { PATH: '/bin', LC_ALL: 'C', TOKEN: 't' },
      { PATH: '/bin', LC_ALL: 'C' },
    ])
  })
})

describe('items of a reduce are arrays of upstream results', () => {
  test('given in line, or in a file with a result per line', async () => {
    const box = world()
    const file = join(box.directory, 'results.ndjson')
    writeFileSync(file, '1\n2\n39\n')
    box.executor.define(0, code('sum.mjs', { kind: 'reduce' }))
    box.executor.run(first, 0, [order(0, { results: [1, 2, 3] }), order(1, { file })])
    expect((await box.answered(2)).map(({ result }) => result)).toEqual(['6', '42'])
  })

  test('a file that is not there is bad input', async () => {
    const box = world()
    box.executor.define(0, code('sum.mjs', { kind: 'reduce' }))
    box.executor.run(first, 0, [order(0, { file: join(box.directory, 'none') })])
    expect((await box.answered(1))[0].failure).toMatchObject({ kind: 'bad-input' })
  })
})

describe('a batch handler takes the items of a task', () => {
  async function batch(numbers: readonly number[]) {
    const box = world()
    box.executor.define(0, code('batch.mjs'))
    const items = numbers.map((n, index) => ({ index, key: `k${index}`, payload: String(n) }))
    box.executor.run(first, 0, [{ task: 1, attempt: 1, try: 1, items }])
    const outcomes = await box.answered(numbers.length)
    return [...outcomes].sort((a, b) => a.index - b.index)
  }

  test('an entry may fail alone', async () => {
    const outcomes = await batch([5, 7])
    expect(outcomes[0].result).toBe('{"item":5,"with":2}')
    expect(outcomes[1].failure).toMatchObject({ kind: 'error', message: 'seven' })
  })

  test('a throwing batch is halved until the bad item stands alone', async () => {
    const outcomes = await batch([1, 2, 13, 4, 5, 6])
    expect(outcomes.map(({ failure }) => failure?.message)).toEqual([
      undefined,
      undefined,
      'thirteen',
      undefined,
      undefined,
      undefined,
    ])
    expect(outcomes[5].result).toBe('{"item":6,"with":3}')
  })

  test('an answer of the wrong length is a bad result of each', async () => {
    const outcomes = await batch([1, 99])
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(['bad-result', 'bad-result'])
  })

  test('an answer that is no list is told as what it is', async () => {
    const [{ failure }] = await batch([98])
    expect(failure?.message).toContain('returned an object; one entry per item')
  })

  test('an entry left out is a bad result of its item alone', async () => {
    const outcomes = await batch([97, 1])
    expect(outcomes[0].result).toBe('"first"')
    expect(outcomes[1].failure).toMatchObject({
      kind: 'bad-result',
      message: 'batch left out the entry of this item; one entry per item is expected',
    })
  })

  test('a list that throws when it is read is a bad result of each', async () => {
    const outcomes = await batch([96, 1])
    for (const { failure } of outcomes) {
      expect(failure?.kind).toBe('bad-result')
      expect(failure?.message).toContain('a trap')
    }
  })
})

describe('measures', () => {
  test('items too quick to be asked tell what their slot held', async () => {
    const { outcomes } = await answers([{ do: 'nothing' }, { do: 'nothing' }])
    for (const { peakBytes } of outcomes) expect(peakBytes).toBeGreaterThan(10_000_000)
  })

  test('an item that worked tells its processor time and memory', async () => {
    const { outcomes } = await answers([{ do: 'burn', micros: 20_000 }])
    expect(outcomes[0].cpuMicros).toBeGreaterThanOrEqual(19_000)
    expect(outcomes[0].peakBytes).toBeGreaterThan(10_000_000)
  })

  test.skipIf(process.platform !== 'linux')(
    'a thread that waits has not used what its neighbour uses meanwhile',
    async () => {
      const box = world()
      box.executor.define(0, code('answers.mjs', { isolation: 'thread' }))
      box.executor.run(second, 0, [order(0, { do: 'burn', micros: 200_000 })])
      box.executor.run(first, 0, [order(1, { do: 'delay', millis: 150 })])
      const outcomes = await box.answered(2)
      const [burnt, waited] = outcomes.sort((a, b) => a.attempt - b.attempt)
      expect(burnt.cpuMicros).toBeGreaterThan(100_000)
      expect(waited.cpuMicros).toBeLessThan(75_000)
    },
  )

  test('on a machine of a third of the speed an item takes three times its processor time', async () => {
    const box = world({
      machines: [
        { id: 'slow', slots: 1, speed: 1 },
        { id: 'fast', slots: 1, speed: 3 },
      ],
    })
    box.executor.define(0, code('answers.mjs', { speeds: [1, 3] }))
    box.executor.run(first, 0, [order(0, { do: 'burn', micros: 20_000 })])
    const [{ micros }] = await box.answered(1)
    expect(micros).toBeGreaterThanOrEqual(59_000)
  })

  test('1 is full speed also where no machine has it: a third of it takes three times as long', async () => {
    const box = world({ machines: [{ id: 'slow', slots: 1, speed: 1 / 3 }] })
    box.executor.define(0, code('answers.mjs', { speeds: [1 / 3] }))
    box.executor.run(first, 0, [order(0, { do: 'burn', micros: 20_000 })])
    const [{ micros }] = await box.answered(1)
    expect(micros).toBeGreaterThanOrEqual(59_000)
  })

  test('so does a batch, shared by its items', async () => {
    const box = world({
      machines: [
        { id: 'slow', slots: 1, speed: 1 },
        { id: 'fast', slots: 1, speed: 3 },
      ],
    })
    box.executor.define(0, code('batch-burn.mjs', { speeds: [1, 3] }))
    const items = [0, 1].map(index => ({ index, key: `k${index}`, payload: '20000' }))
    box.executor.run(first, 0, [order(0, 0, { items })])
    const outcomes = await box.answered(2)
    for (const { micros, cpuMicros } of outcomes) {
      expect(micros).toBeGreaterThanOrEqual(59_000)
      expect(cpuMicros).toBeGreaterThanOrEqual(19_000)
    }
  })

  test('what a part of a halved batch owes for its slow machine is no time of the next part', async () => {
    const box = world({ machines: [{ id: 'slow', slots: 1, speed: 1 / 4 }] })
    box.executor.define(0, code('batch-alone.mjs', { speeds: [1 / 4] }))
    const items = [20_000, 0].map((micros, index) => ({
      index,
      key: `k${index}`,
      payload: String(micros),
    }))
    box.executor.run(first, 0, [order(0, 0, { items })])
    const [long, short] = await box.answered(2)
    expect(long.micros).toBeGreaterThanOrEqual(79_000)
    expect(short.micros).toBeLessThan(long.micros / 4)
  })
})
