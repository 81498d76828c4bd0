import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { bundleOwnEntry } from '../../../src/adapter/modules/bundle.ts'
import { code, first, handler, order, second, world } from './harness.ts'

/** Runs one harmful item in the first slot; its neighbour must answer whatever happens. */
function harm(does: string, more: Parameters<typeof order>[2] = {}) {
  const box = world()
  box.executor.define(0, code('faults.mjs'))
  box.executor.run(first, 0, [order(0, { do: does }, more)])
  return box
}

describe('a slot that dies ends once, with the reason', () => {
  test.each([
    ['segfault', { kind: 'crash', code: 'SIGSEGV' }, 'bad memory access'],
    ['abort', { kind: 'crash', code: 'SIGABRT' }, 'native code gave up'],
    ['killed', { kind: 'crash', code: 'SIGKILL' }, 'killed from outside'],
    ['exit', { kind: 'crash', code: 'EXIT' }, 'process.exit(3)'],
    ['closes', { kind: 'crash', code: 'PROTOCOL' }, 'closed its pipes'],
    ['garbage', { kind: 'crash', code: 'PROTOCOL' }, 'outside the protocol'],
    ['heap', { kind: 'out-of-memory', code: 'HEAP' }, 'heap is full'],
  ])('%s', async (does, failure, words) => {
    const box = harm(does)
    const ended = await box.next('slotEnded')
    expect(ended).toMatchObject({ slot: first, failure })
    expect(ended.failure.message).toContain(words)
    box.executor.run(first, 0, [order(1, { do: 'nothing' })])
    expect(await box.answered(1)).toMatchObject([{ attempt: 1, result: '"fine"' }])
    expect(box.of('slotEnded')).toHaveLength(1)
  })

  test('native memory above the limit of what runs is out of memory', async () => {
    const box = harm('leak', { memoryLimit: 300e6 })
    const { failure } = await box.next('slotEnded')
    expect(failure).toMatchObject({ kind: 'out-of-memory', code: 'LIMIT' })
  })

  test('native memory that items before it left in the slot is not held against an item', async () => {
    const box = world()
    box.executor.define(0, code('faults.mjs'))
    box.executor.define(1, code('faults.mjs', { name: 'another' }))
    const item = (n: number) => order(n, { do: 'takes', millis: 1_000 }, { memoryLimit: 250e6 })
    box.executor.run(first, 0, [order(0, { do: 'leaves', bytes: 300e6 }, { memoryLimit: 1e9 })])
    box.executor.run(first, 1, [item(1)])
    const { failure, peakBytes } = await box.next('slotEnded')
    expect(failure).toMatchObject({ kind: 'lost' })
    expect(failure.message).toMatch(/the 250 MB its needs allow: items before it had left \d+ MB/)
    expect(peakBytes).toBeUndefined()
    box.executor.run(first, 1, [item(2)])
    expect(await box.answered(2)).toMatchObject([{ attempt: 0 }, { attempt: 2 }])
    expect(box.of('slotEnded')).toHaveLength(1)
  })

  test.each(['process', 'thread'] as const)(
    'JavaScript may hold what the task may, above what the engine allows by itself: %s',
    async isolation => {
      const box = world()
      box.executor.define(0, code('faults.mjs', { isolation }))
      const heap = async (n: number, memoryLimit?: number) => {
        box.executor.run(first, 0, [order(n, { do: 'heapSize' }, { memoryLimit })])
        const outcomes = await box.answered(n + 1)
        return Number(outcomes[n].result)
      }
      expect(await heap(0)).toBeLessThan(8e9)
      expect(await heap(1, 9e9)).toBeGreaterThan(9e9)
      expect(await heap(2, 8e9)).toBeGreaterThan(9e9)
      expect(box.of('loaded')).toHaveLength(2)
    },
  )

  test('its neighbour notices nothing', async () => {
    const box = world()
    box.executor.define(0, code('faults.mjs'))
    box.executor.run(second, 0, [order(1, { do: 'nothing' })])
    await box.answered(1)
    box.executor.run(first, 0, [order(0, { do: 'segfault' })])
    box.executor.run(second, 0, [order(2, { do: 'nothing' })])
    await box.next('slotEnded')
    await box.answered(2)
    expect(box.of('loaded').filter(({ slot }) => slot.slot === 1)).toHaveLength(1)
  })
})

describe('a slot that hangs', () => {
  test.each(['spin', 'nativeSpin'])('%s: ends when told to', async does => {
    const box = harm(does)
    await box.next('loaded')
    box.executor.kill(first)
    expect((await box.next('slotEnded')).failure.kind).toBe('cancelled')
  })

  test.each(['process', 'thread'] as const)(
    'what it finished before it hung is answered while it hangs: %s',
    async isolation => {
      const box = world()
      box.executor.define(0, code('faults.mjs', { isolation, timeout: 60_000_000 }))
      const quick = Array.from({ length: 20 }, (_, i) => order(i, { do: 'nothing' }))
      box.executor.run(first, 0, [...quick, order(20, { do: 'spin' })])
      expect(await box.answered(20)).toHaveLength(20)
      box.executor.kill(first)
      await box.next('slotEnded')
      expect(box.outcomes()).toHaveLength(20)
    },
  )
})

describe('an error nobody caught', () => {
  test.each(['throwsLater', 'rejectsAside'])('%s: fails the item that runs', async does => {
    const box = harm(does)
    const [{ failure }] = await box.answered(1)
    expect(failure).toMatchObject({ kind: 'error', code: 'TypeError' })
    expect(box.of('slotEnded')).toEqual([])
  })

  test('comes of no thread that starts while its loop is busy: Node then asks for its output late', async () => {
    const box = world()
    box.executor.define(0, code('faults.mjs', { isolation: 'thread' }))
    box.executor.run(first, 0, [order(0, { do: 'nothing' })])
    await box.answered(1)
    box.executor.run(second, 0, [order(1, { do: 'takes', millis: 600 })])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
    const [, late] = await box.answered(2)
    expect(late.failure).toBeUndefined()
    expect(box.of('log')).toEqual([])
  })

  test('between items it is told, and harms none', async () => {
    const box = harm('afterwards')
    const log = await box.next('log')
    expect(log.text).toContain('after the answer')
    expect(box.outcomes()).toMatchObject([{ result: '"answered"' }])
  })
})

describe.each(['process', 'thread'] as const)('what an item leaves behind, in a %s', isolation => {
  const leaving = (does: string) => {
    const box = world()
    box.executor.define(0, code('faults.mjs', { isolation }))
    const next = order(1, { do: 'takes', millis: 300 })
    box.executor.run(first, 0, [order(0, { do: does, after: 50 }), next])
    return box
  }

  test('its late error is told, and the item that runs meanwhile is not failed by it', async () => {
    const box = leaving('rejectsLate')
    const outcomes = await box.answered(2)
    expect(outcomes.map(({ result }) => result)).toEqual(['"answered"', '"took its time"'])
    expect(box.of('log').map(({ text }) => text)).toContainEqual(
      expect.stringContaining('left behind'),
    )
  })

  test('let go of all that keeps its slot alive, it runs on', async () => {
    const box = world()
    box.executor.define(0, code('faults.mjs', { isolation }))
    box.executor.run(first, 0, [order(0, { do: 'unrefs' }), order(1, { do: 'lingers' })])
    const outcomes = await box.answered(2)
    expect(outcomes.map(({ result }) => result)).toEqual(['"answered"', '"lingered"'])
  })

  test('ended streams are as before: what items after it print is kept', async () => {
    const box = world()
    box.executor.define(0, code('faults.mjs', { isolation }))
    box.executor.run(first, 0, [order(0, { do: 'endsOutput' }), order(1, { do: 'speaks' })])
    await box.answered(2)
    const said = box.of('log').map(({ index, text }) => `${index} ${text}`)
    expect(said).toEqual(['0 its last word', '1 to stdout\n', '1 to stderr\n'])
  })

  test('its late exit ends the slot, and whoever runs there meanwhile is lost without blame', async () => {
    const box = leaving('exitsLate')
    const { failure } = await box.next('slotEnded')
    expect(failure).toMatchObject({ kind: 'lost', code: 'EXIT' })
    expect(box.outcomes()).toMatchObject([{ attempt: 0, result: '"answered"' }])
  })
})

describe.each(['process', 'thread'] as const)('what a module leaves behind, in a %s', isolation => {
  const withItemsOfAnother = (module: string) => {
    const box = world()
    const file = join(box.directory, 'leaves.mjs')
    writeFileSync(file, `${module}\nexport default () => 'answered'\n`)
    box.executor.define(0, code(file, { isolation }))
    box.executor.define(1, code('faults.mjs', { isolation, name: 'another' }))
    box.executor.run(first, 0, [order(0, {})])
    box.executor.run(first, 1, [order(1, { do: 'takes', millis: 300 })])
    return box
  }

  test.each([
    ['its top', `setTimeout(() => { throw new Error('left by it') }, 100)`],
    [
      'its setup',
      `export const setup = async () => { setTimeout(() => Promise.reject(new Error('left by it')), 100) }`,
    ],
  ])('an error of %s is told, and fails no item of another stage', async (_, module) => {
    const box = withItemsOfAnother(module)
    const outcomes = await box.answered(2)
    expect(outcomes.map(({ result }) => result)).toEqual(['"answered"', '"took its time"'])
    expect(box.of('log').map(({ text }) => text)).toContainEqual(
      expect.stringContaining('left by it'),
    )
  })

  test('its exit ends the slot, and an item of another stage is lost without blame', async () => {
    const box = withItemsOfAnother('setTimeout(() => process.exit(4), 100)')
    const { failure } = await box.next('slotEnded')
    expect(failure).toMatchObject({ kind: 'lost', code: 'EXIT' })
    expect(failure.message).toContain('process.exit(4)')
  })
})

describe('a lying or noisy handler', () => {
  test.each(['twice', 'forges', 'halfLine'])(
    '%s: what it writes beside its answers ends its slot',
    async does => {
      const box = world()
      box.executor.define(0, code('faults.mjs'))
      const next = order(1, { do: 'takes', millis: 300 })
      box.executor.run(first, 0, [order(0, { do: does, seq: 1 }), next])
      const { failure } = await box.next('slotEnded')
      expect(failure).toMatchObject({ kind: 'crash', code: 'PROTOCOL' })
      expect(box.outcomes().filter(({ result }) => result === '"forged"')).toEqual([])
    },
  )

  test.each(['closesInput', 'closesOutput'])(
    '%s: its slot ends before the next item could be harmed by it, and nobody else is blamed',
    async does => {
      const box = harm(does)
      expect(await box.answered(1)).toMatchObject([{ attempt: 0, result: '"own"' }])
      const { failure } = await box.next('slotEnded')
      expect(failure).toMatchObject({ kind: 'lost' })
      expect(failure.message).toContain('closed a file that is not its own')
      box.executor.run(first, 0, [order(1, { do: 'nothing' })])
      expect((await box.answered(2))[1].result).toBe('"fine"')
    },
  )

  test('closes a file that is not its own and runs on: it is to blame, and told what it did', async () => {
    const { failure } = await harm('closesAndSays').next('slotEnded')
    expect(failure).toMatchObject({ kind: 'crash', code: 'PROTOCOL' })
    expect(failure.message).toContain('the handler closed a file that is not its own')
  })

  test.each(['closesAnswers', 'closesAll'])(
    '%s: the pipe of its answers is told as closed by it, the slot not as killed from outside',
    async does => {
      const { failure } = await harm(does).next('slotEnded')
      expect(failure).toMatchObject({ kind: 'crash', code: 'PROTOCOL' })
      expect(failure.message).toBe('the handler closed the pipe of its answers')
    },
  )

  test.each([
    'breaksJson',
    'breaksMaps',
    'breaksArrays',
    'breaksText',
    'poisons',
    'inherits',
    'inheritsUnseen',
  ])(
    '%s: what it changed of what all items share changes no other result: its slot ends, nobody is blamed',
    async does => {
      const box = harm(does)
      box.executor.run(first, 0, [order(1, { do: 'nothing' })])
      const { failure } = await box.next('slotEnded')
      expect(failure).toMatchObject({ kind: 'lost' })
      expect(failure.message).toContain('changed what all items of its process share')
      expect(box.outcomes().map(({ attempt }) => attempt)).toEqual([0])
      expect(box.of('log').map(({ text }) => text)).toContainEqual(
        expect.stringContaining('changed what every item of its process shares'),
      )
      box.executor.run(first, 0, [order(2, { do: 'nothing' })])
      expect((await box.answered(2))[1].result).toBe('"fine"')
    },
  )

  test('changes the folder: the item after it is where the slot was', async () => {
    const box = harm('moves')
    box.executor.run(first, 0, [order(1, { do: 'where' })])
    expect((await box.answered(2))[1].result).toBe(JSON.stringify(process.cwd()))
  })

  test.each(['flood', 'nativeFlood'])('%s: is cut short with a note', async does => {
    const box = harm(does)
    await box.answered(1)
    const text = await box.until(() => {
      const all = box
        .of('log')
        .map(log => log.text)
        .join('')
      return all.includes('... truncated') ? all : undefined
    })
    expect(text.length).toBeLessThan(70_000)
    expect(text.match(/truncated/g)).toHaveLength(1)
  })
})

describe('why a handler should stop', () => {
  test.each([
    [{ kind: 'timeout', message: 'too long' }, 'TimeoutError timeout true\n'],
    [{ kind: 'cancelled', message: 'by the user' }, 'AbortError cancelled true\n'],
  ] as const)('its signal says so: %o', async (why, said) => {
    const box = harm('tellsWhy')
    await box.next('loaded')
    box.executor.abort(first, 0, why)
    expect((await box.next('log')).text).toBe(said)
  })

  test('the end of the process that runs it is a reason of its own', async () => {
    const box = world()
    const file = join(box.directory, 'why')
    box.executor.define(0, code('faults.mjs'))
    box.executor.run(first, 0, [order(0, { do: 'writesWhy', file })])
    await box.next('loaded')
    await box.executor.close(200_000)
    expect(readFileSync(file, 'utf8')).toBe('shutdown')
  })
})

describe('slots do not outlive their loop', () => {
  test.each(['spin', 'waits'])('a slot whose loop is killed is gone: %s', async does => {
    const program = [handler('../loop.ts'), does, world().directory]
    const loop = spawn(process.execPath, ['--import', 'tsx', ...program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: loop.stdout })
    const [pid] = (await once(lines, 'line')) as [string]
    expect(alive(Number(pid))).toBe(true)
    loop.kill('SIGKILL')
    while (alive(Number(pid))) await sleep(20)
  })

  test('one whose watchdog cannot start ends, and says so', async () => {
    const { directory } = world()
    const file = join(directory, 'process-slot.mjs')
    const source = new URL('../../../src/adapter/executor/inside/process-slot.ts', import.meta.url)
    writeFileSync(file, await bundleOwnEntry(source.pathname))
    const begin = `import(${JSON.stringify(file)}).then(slot => slot.startProcessSlot('file:///gone.mjs'))`
    const slot = spawn(process.execPath, ['-e', begin], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    })
    let words = ''
    slot.stderr?.on('data', text => (words += text))
    expect(await once(slot, 'close')).toEqual([null, 'SIGKILL'])
    expect(words).toContain("the slot's watchdog failed: Cannot find module")
  })

  test('after closing, nothing is left of them', async () => {
    const box = harm('spin')
    await box.next('loaded')
    const children = () =>
      execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    expect(children()).toContain('slot-main')
    await box.executor.close(10_000)
    expect(children()).not.toContain('slot-main')
  })
})

function alive(pid: number): boolean {
  if (existsSync(`/proc/${process.pid}/stat`))
    return existsSync(`/proc/${pid}/stat`) && !isZombie(pid)
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function isZombie(pid: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith(
      'Z',
    )
  } catch {
    return true
  }
}
