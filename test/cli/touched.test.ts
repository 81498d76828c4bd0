import { appendFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noting, type Prepared, preparedWith, ran } from './harness.ts'

/** Files have times: one that was touched, copied or checked out again has another, and is the same all the same. */
describe('files with new times', () => {
  let folder: Prepared

  beforeAll(async () => {
    const files = {
      'in/a.txt': 'some text',
      'in/b.txt': 'more text',
      'job.yaml': `
name: files
input: { files: 'in/*.txt' }
stages:
  - { name: one, map: ./one.mjs }
  - { name: many, map: ./many.mjs, after: [], isolation: thread }
  - { name: all, single: ./all.mjs, after: [] }
`,
      'one.mjs': noting('return item.length').replace('ctx.key +', `'one ' + ctx.key +`),
      'many.mjs': `import { appendFileSync } from 'node:fs'
export const batch = items => items.map(item => {
  appendFileSync(new URL('./ran.txt', import.meta.url), 'many ' + item.slice(-8) + '\\n')
  return item.length
})
`,
      'all.mjs': noting('return item.length').replace('ctx.key +', `'all' +`),
    }
    folder = await preparedWith(files, async at => {
      const ended = await at.dray('run', 'job.yaml')
      expect(ended.code, ended.err).toBe(0)
      expect(ran(at)).toHaveLength(5)
      at.write('ran.txt', '')
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  const again = async () => {
    const ended = await folder.dray('run', 'job.yaml')
    const noted = ran(folder).sort()
    folder.write('ran.txt', '')
    return { ...ended, ran: noted }
  }

  const touch = (name: string, seconds: number): void =>
    utimesSync(join(folder.path, name), seconds, seconds)

  test('a touched file does not run again; what takes all files at once does', async () => {
    touch('in/a.txt', 1_700_001_000)
    const { out } = await folder.dray('run', 'job.yaml', '--explain')
    expect(out).toContain('  one   2 kept\n  many  2 kept\n')
    expect(await again()).toMatchObject({ code: 0, ran: ['all'] })
    expect(await again()).toMatchObject({ code: 0, ran: [] })
    touch('in/a.txt', 1_700_002_000)
    expect(await again()).toMatchObject({ code: 0, ran: ['all'] })
  })

  test('a file of the same size with other content runs again', async () => {
    folder.write('in/a.txt', 'SOME TEXT')
    touch('in/a.txt', 1_700_001_000)
    const { out } = await folder.dray('run', 'job.yaml', '--explain')
    expect(out).toContain('  one   1 kept, 1 changed\n')
    const changed = ['all', 'many in/a.txt', 'one in/a.txt']
    expect(await again()).toMatchObject({ code: 0, ran: changed })
  })

  test('a file that changed while its handler ran runs again, for it may have read either', async () => {
    const path = JSON.stringify(join(folder.path, 'in/b.txt'))
    const change = `if (ctx.key === 'in/b.txt') {
    const { utimesSync, writeFileSync } = await import('node:fs')
    writeFileSync(${path}, 'MORE TEXT')
    utimesSync(${path}, 1700003000, 1700003000)
  }
  return 1`
    folder.write('one.mjs', noting(change).replace('ctx.key +', `'one ' + ctx.key +`))
    await folder.dray('run', 'job.yaml', '--redo', 'one')
    folder.write('ran.txt', '')
    expect((await again()).ran).toContain('one in/b.txt')
  })

  test('a file of more than 64 MiB goes by its time', async () => {
    folder.write('in/large.txt', '')
    appendFileSync(join(folder.path, 'in/large.txt'), Buffer.alloc(64 * 1024 * 1024 + 1))
    expect((await again()).ran).toEqual(['all', 'many arge.txt', 'one in/large.txt'])
    touch('in/large.txt', 1_700_001_000)
    expect((await again()).ran).toEqual(['all', 'many arge.txt', 'one in/large.txt'])
  })
})
