import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canMount } from '../fixtures/can-mount.ts'
import { type Ended, type Folder, folderWith } from './harness.ts'

const job = `export default {
  name: 'j', input: { items: [1, 2] },
  stages: [{ name: 's', map: './h.ts', output: { jsonl: 'out.jsonl' } }],
}
`

describe('a folder for temporary files that takes none is named, with what to do', () => {
  let folder: Folder
  beforeEach(() => {
    folder = folderWith({
      'job.ts': job,
      'h.ts': 'export default (n: number) => n',
      'full/.keep': '',
      'own/.keep': '',
    })
  })
  afterEach(() => folder.remove())

  const under = (temporary: string, ...words: string[]): Promise<Ended> =>
    folder.drayUnder(['env', `TMPDIR=${temporary}`], ...words)

  function refused({ code, err }: Ended, temporary: string, why: string): void {
    expect(err).toContain(`${temporary}, the folder for temporary files: ${why}`)
    expect(err).toContain('set TMPDIR to')
    expect(err).not.toMatch(/mkdtemp|XXXXXX|\n {4}at /)
    expect(code).toBe(2)
  }

  test.each(['run', 'plan', 'simulate', 'compare'])(
    '%s of a job in TypeScript, where it is not there',
    async word => {
      const gone = join(folder.path, 'gone')
      refused(await under(gone, word, 'job.ts'), gone, 'it is not there')
    },
  )

  test('where it is a file', async () => {
    const file = join(folder.path, 'job.ts')
    refused(await under(file, 'run'), file, 'it is no folder')
  })

  test('whose owner has to listen in it, where the path of the directory is long', async () => {
    const gone = join(folder.path, 'gone')
    const long = `${'long'.repeat(25)}/d`
    folder.write('h.mjs', 'export default n => n')
    const words = ['map', 'h.mjs', 'range:0..2', '-o', 'out.jsonl', '--dir', long] as const
    refused(await under(gone, ...words), gone, 'it is not there')
    expect((await folder.dray(...words)).code).toBe(0)
  })

  test.skipIf(!canMount())('where its disk is full; what needs nothing of it goes on', async () => {
    await onFullDisk('full', async disk => {
      for (const word of ['run', 'plan'])
        refused(await under(disk, word, 'job.ts'), disk, 'its disk is full')
      folder.write('p.csv', '1,2\n3,4\n')
      const compare = ['compare', 'p.csv', '--strategies', 'mct', '--html', 'c.html'] as const
      expect((await under(disk, ...compare)).code).toBe(0)
      expect((await folder.dray('run', 'job.ts')).code).toBe(0)
      expect((await under(disk, 'report', '--html', 'r.html')).code).toBe(0)
    })
  })

  test.skipIf(!canMount())('where a directory on a full disk is to be copied into it', async () => {
    const status = ['status', '--dir', 'own/d'] as const
    await onFullDisk('full', async disk => {
      const run = async () =>
        expect((await folder.dray('run', 'job.ts', '--dir', 'own/d')).code).toBe(0)
      await onFullDisk(
        'own',
        async () => {
          refused(await under(disk, ...status), disk, 'its disk is full')
          expect((await folder.dray(...status)).code).toBe(0)
        },
        { first: run, size: '20m' },
      )
    })
  })

  /** A disk at that place, filled once what is to be on it is there. */
  async function onFullDisk(
    place: string,
    look: (disk: string) => Promise<void>,
    { first = async () => {}, size = '20k' } = {},
  ): Promise<void> {
    const disk = join(folder.path, place)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk])
    try {
      await first()
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0/filler" 2> /dev/null || true', disk])
      await look(disk)
    } finally {
      execFileSync('umount', [disk])
    }
  }
})
