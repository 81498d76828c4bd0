import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { code, first, handler, order, world } from './harness.ts'

/** A folder outside the checkout, with no package.json above it, under a name that needs escaping. */
const wild = process.platform === 'win32' ? '' : '*'
const folder = mkdtempSync(join(tmpdir(), `dray handlers [a]${wild} ü#%20 `))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, source: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, source)
  return path
}

async function broken(module: string): Promise<string> {
  const box = world()
  box.executor.define(0, code(module))
  box.executor.run(first, 0, [order(0, 1)])
  return (await box.next('stageBroken')).failure.message
}

async function result(module: string, item: unknown, isolation: 'process' | 'thread' = 'process') {
  const box = world()
  box.executor.define(0, code(module, { isolation }))
  box.executor.run(first, 0, [order(0, item)])
  const [{ result, failure }] = await box.answered(1)
  expect(failure).toBeUndefined()
  return JSON.parse(result ?? '')
}

describe('a handler loads from wherever it lies, with no build step', () => {
  test.each(['process', 'thread'] as const)(
    'TypeScript with local imports, in a %s',
    async isolation => {
      expect(await result('typed.ts', { n: 20 }, isolation)).toBe(41)
    },
  )

  test('TypeScript in a folder without a package.json, awaiting at its top', async () => {
    const source =
      'const n: number = await Promise.resolve(2)\nexport default (item: number) => item * n'
    expect(await result(written('bare.ts', source), 4)).toBe(8)
  })

  test('JavaScript of both kinds in such a folder', async () => {
    expect(await result(written('es.js', 'export default item => item + 1'), 1)).toBe(2)
    expect(await result(written('common.cjs', 'module.exports = item => item + 2'), 1)).toBe(3)
  })

  test('an ES module whose package.json says that its files are CommonJS', async () => {
    written('named/package.json', '{ "type": "commonjs" }')
    const module = written('named/handler.js', 'export default n => n + 1')
    expect(await result(module, 1)).toBe(2)
  })

  test('a package beside the handler, and Node itself, are imported at run time', async () => {
    written('node_modules/near/package.json', '{"name":"near","main":"./near.js"}')
    written('node_modules/near/near.js', 'exports.near = 7')
    const source = `
      import { basename } from 'node:path'
      import { near } from 'near'
      export default (item: string): string => basename(item) + near`
    expect(await result(written('packages.ts', source), '/a/b')).toBe('b7')
  })

  test('compiled code still knows where it lies', async () => {
    const source = `
      import { readFileSync } from 'node:fs'
      export default (): string => readFileSync(new URL('./beside.txt', import.meta.url), 'utf8')`
    written('beside.txt', 'beside')
    expect(await result(written('place.ts', source), 1)).toBe('beside')
  })

  test('an error in compiled code names the line of its source', async () => {
    const box = world()
    const source = 'type A = 1\n\nexport default (): A => {\n  throw new Error("here")\n}\n'
    const module = written('throwing.ts', source)
    box.executor.define(0, code(module))
    box.executor.run(first, 0, [order(0, 1)])
    const [{ failure }] = await box.answered(1)
    expect(failure?.detail).toContain(`${module}:4`)
  })
})

describe('a module that cannot run breaks its stage with a message to act on', () => {
  test('a missing one names the nearest file', async () => {
    const message = await broken(handler('doubel.mjs'))
    expect(message).toContain('doubel.mjs does not exist; did you mean')
    expect(message).toContain('double.mjs')
    expect(await broken(handler('tyepd.ts'))).toContain('typed.ts?')
  })

  test.each(['mjs', 'ts'])('a syntax error in .%s: file and line', async extension => {
    const source = 'export const a = 1\nexport default item => {\n  return item +* 2\n}\n'
    const module = written(`wrong.${extension}`, source)
    expect(await broken(module)).toContain(`${module}:3:`)
  })

  test('one without a default export lists what it exports', async () => {
    expect(await broken('no-default.mjs')).toContain('it exports handler, other.')
  })

  test('a setup that throws says so', async () => {
    expect(await broken('setup-throws.mjs')).toContain('threw: no model at /models/x')
  })

  test('an import that cannot be found names where it is asked for', async () => {
    const module = written(
      'asks.ts',
      "import nothing from 'no-such-package'\nexport default nothing",
    )
    const message = await broken(module)
    expect(message).toContain('asks.ts:1')
    expect(message).toContain('no-such-package')
  })

  test('its items answer too, and other stages of the slot run on', async () => {
    const box = world()
    box.executor.define(0, code('no-default.mjs'))
    box.executor.define(1, code('double.mjs'))
    box.executor.run(first, 0, [order(0, 1), order(1, 1)])
    box.executor.run(first, 1, [order(2, 1)])
    const outcomes = await box.answered(3)
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual(['MODULE', 'MODULE', undefined])
  })
})

describe('what a slot loaded can be dropped', () => {
  test('an unloaded stage is set up again when it next runs', async () => {
    const box = world()
    box.executor.define(0, code('double.mjs'))
    box.executor.run(first, 0, [order(0, 1)])
    await box.answered(1)
    box.executor.unload(first, 0)
    box.executor.run(first, 0, [order(1, 1)])
    await box.answered(2)
    expect(box.of('loaded')).toHaveLength(2)
  })

  test('a replaced slot ends without a word, and what comes next has a new process', async () => {
    const box = world()
    const module = written('pid.mjs', 'export default () => process.pid')
    box.executor.define(0, code(module))
    box.executor.run(first, 0, [order(0, 1)])
    const [{ result: before }] = await box.answered(1)
    box.executor.replace(first)
    box.executor.run(first, 0, [order(1, 1)])
    const [, { result: after }] = await box.answered(2)
    expect(after).not.toBe(before)
    expect(() => process.kill(Number(after), 0)).not.toThrow()
    expect(box.of('slotEnded')).toEqual([])
  })

  test('two stages of one model share what its setup returned; the last to go tears it down', async () => {
    const box = world()
    const source = `
      let up = 0
      let down = 0
      export const setup = () => ({ up: ++up })
      export const teardown = () => { down += 1 }
      export default (item, ctx) => [ctx.loaded.up, down]`
    const module = written('model.mjs', source)
    const loads = { name: 'oak', memory: 5 }
    box.executor.define(0, code(module, { loads }))
    box.executor.define(1, code(module, { loads }))
    box.executor.run(first, 0, [order(0, 1)])
    box.executor.run(first, 1, [order(1, 1)])
    await box.answered(2)
    box.executor.unload(first, 0)
    box.executor.run(first, 1, [order(2, 1)])
    await box.answered(3)
    box.executor.unload(first, 1)
    box.executor.run(first, 1, [order(3, 1)])
    const answers = await box.answered(4)
    expect(answers.map(({ result }) => result)).toEqual(['[1,0]', '[1,0]', '[1,0]', '[2,1]'])
    expect(box.of('loaded').map(({ frees }) => frees)).toEqual([true, true, true])
  })

  test('what is dropped is torn down to its end before anything else is set up', async () => {
    const box = world()
    const source = `
      let story = ''
      export const setup = () => { story += 'up ' }
      export const teardown = async () => {
        await new Promise(done => setTimeout(done, 50))
        story += 'down '
      }
      export default () => story`
    box.executor.define(0, code(written('slow-down.mjs', source)))
    box.executor.run(first, 0, [order(0, 1)])
    await box.answered(1)
    box.executor.unload(first, 0)
    box.executor.run(first, 0, [order(1, 1)])
    expect((await box.answered(2))[1].result).toBe('"up down up "')
  })

  test('a number given to another stage runs the other code', async () => {
    const box = world()
    box.executor.define(0, code('double.mjs'))
    box.executor.run(first, 0, [order(0, 4)])
    await box.answered(1)
    box.executor.forget(0)
    box.executor.define(0, code('echo.mjs'))
    box.executor.run(first, 0, [order(1, 4)])
    expect((await box.answered(2)).map(({ result }) => result)).toEqual(['{"doubled":8}', '4'])
  })
})
