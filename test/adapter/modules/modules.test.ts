import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { codeFingerprint } from '../../../src/adapter/modules/fingerprint.ts'
import { importModule } from '../../../src/adapter/modules/import-module.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray modules ö '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, source: string): string {
  writeFileSync(join(folder, name), source)
  return join(folder, name)
}

describe("a user's module is imported from any folder", () => {
  test.each(['job.ts', 'job.mts', 'job.js', 'job.mjs'])('%s, importing dray', async name => {
    const source = "import { defineJob } from 'dray'\nexport default defineJob({ name: 'a' })"
    const imported = await importModule(written(name, source))
    expect(imported).toMatchObject({ kind: 'imported', exports: { default: { name: 'a' } } })
  })

  test('CommonJS that requires dray', async () => {
    const source =
      "const { defineJob } = require('dray')\nmodule.exports = defineJob({ name: 'a' })"
    const imported = await importModule(written('job.cjs', source))
    expect(imported).toMatchObject({ kind: 'imported', exports: { default: { name: 'a' } } })
  })

  test('an ES module whose package.json says that its files are CommonJS', async () => {
    written('package.json', '{ "type": "commonjs" }')
    const source = "import { sep } from 'node:path'\nexport default { name: sep && 'a' }"
    const imported = await importModule(written('job.js', source))
    expect(imported).toMatchObject({ kind: 'imported', exports: { default: { name: 'a' } } })
  })

  test('JavaScript that imports TypeScript', async () => {
    written('part.ts', 'export const part: number = 3')
    const imported = await importModule(written('whole.mjs', "export { part } from './part.ts'"))
    expect(imported).toMatchObject({ kind: 'imported', exports: { part: 3 } })
  })

  test('what a process that was killed over an import left in the temporary folder goes with the next', async () => {
    const temporary = mkdtempSync(join(folder, 'tmp '))
    const before = process.env.TMPDIR
    process.env.TMPDIR = temporary
    try {
      const gone = spawnSync(process.execPath, ['-e', '']).pid
      const kept = [`dray-module-${process.pid}-a`, 'dray-module-of-mine', `other-${gone}-b`]
      for (const name of [...kept, `dray-module-${gone}-c`]) mkdirSync(join(temporary, name))
      await importModule(written('job.ts', 'export default { name: "a" as const }'))
      expect(readdirSync(temporary).sort()).toEqual(kept.sort())
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

  test('a syntax error names file and line', async () => {
    const imported = await importModule(written('job.ts', 'export default {\n  name: ,\n}'))
    expect(imported).toMatchObject({ kind: 'broken' })
    expect(JSON.stringify(imported)).toContain('job.ts:2:')
  })

  test('a module that throws says what it threw', async () => {
    const imported = await importModule(written('job.ts', "throw new Error('no such folder')"))
    expect(imported).toMatchObject({ kind: 'broken', failure: { code: 'MODULE' } })
    expect(JSON.stringify(imported)).toContain('no such folder')
  })
})

describe('a fingerprint of code', () => {
  test('is the same after the compiler, a process beside this one, was killed', async () => {
    written('part.ts', 'export const part: number = 3')
    const path = written('whole.ts', "export { part } from './part.ts'")
    const before = await codeFingerprint(path)
    for (const { pid } of compilers()) process.kill(pid, 'SIGKILL')
    while (compilers().length > 0) await setTimeout(10)
    expect(await Promise.all([codeFingerprint(path), codeFingerprint(path)])).toEqual([
      before,
      before,
    ])
    expect(await importModule(path)).toMatchObject({ kind: 'imported', exports: { part: 3 } })
  })

  const main = "import { a } from './a.ts'\nexport default () => a"

  test('changes with the module and with what it imports from its own folder', async () => {
    const module = written('main.ts', main)
    written('a.ts', 'export const a = 1')
    const before = await codeFingerprint(module)
    written('a.ts', 'export const a = 2')
    const imported = await codeFingerprint(module)
    written('main.ts', `${main} + 1`)
    const own = await codeFingerprint(module)
    expect(new Set([before, imported, own]).size).toBe(3)
  })

  test('is the same for the same code in another folder, whatever lies beside it', async () => {
    written('a.ts', 'export const a = 1')
    const before = await codeFingerprint(written('main.ts', main))
    const other = mkdtempSync(join(folder, 'other-'))
    writeFileSync(join(other, 'main.ts'), main)
    writeFileSync(join(other, 'a.ts'), 'export const a = 1')
    writeFileSync(join(other, 'notes.txt'), 'unrelated')
    expect(await codeFingerprint(join(other, 'main.ts'))).toBe(before)
  })

  test('of code that does not compile still changes with it', async () => {
    const before = await codeFingerprint(written('main.ts', 'export default ('))
    expect(await codeFingerprint(written('main.ts', 'export default (('))).not.toBe(before)
  })
})

function compilers(): { pid: number }[] {
  const children = ['-o', 'pid=,stat=,args=', '--ppid', String(process.pid)]
  return execFileSync('ps', children, { encoding: 'utf8' })
    .split('\n')
    .filter(line => /^\s*\d+ [^Z].*esbuild/.test(line))
    .map(line => ({ pid: Number.parseInt(line, 10) }))
}
