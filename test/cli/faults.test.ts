import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canMount, succeeds } from '../fixtures/can-mount.ts'
import {
  type Ended,
  type Folder,
  folderWith,
  lines,
  noting,
  type Prepared,
  preparedWith,
  ran,
  untilGo,
} from './harness.ts'

/** Faults of disks and folders as a user meets them: what is said, with which code, and that the remedy works. */

/** That the items without a result ran, each once, but for those whose slot saved the answer when the life before ended. */
const wentOn = (folder: Folder, doneBefore: string, ranBefore: readonly string[]): void => {
  const done = new Set(lines(doneBefore).map(line => (JSON.parse(line) as { key: string }).key))
  const ranAfter = ran(folder)
  expect(ranAfter.filter(key => done.has(key))).toEqual([])
  expect(new Set(ranAfter).size).toBe(ranAfter.length)
  expect(new Set([...ranBefore, ...ranAfter]).size).toBe(60)
}

/** One screen, no stack, and the exit code of bad input. */
const refused = (ended: Ended, ...said: (string | RegExp)[]): void => {
  expect(ended.code, ended.out + ended.err).toBe(2)
  for (const text of said) expect(ended.out + ended.err).toMatch(text)
  expect(lines(ended.err).length).toBeLessThan(12)
  expect(ended.err).not.toMatch(/\n\s+at /)
}

const whole = (folder: Folder, name: string, count: number): void => {
  const indexes = lines(folder.read(name)).map(
    line => (JSON.parse(line) as { index: number }).index,
  )
  expect(indexes).toEqual(Array.from({ length: count }, (_, n) => n))
}

describe('a damaged directory is refused with the place, by whoever looks, and nothing is written', () => {
  const words = ['map', 'handle.mjs', 'range:0..40', '-o', 'out.jsonl', '--chunk', '1'] as const
  let folder: Prepared

  beforeAll(async () => {
    folder = await preparedWith({ 'handle.mjs': noting('return { n: item }') }, async at => {
      const ended = await at.dray(...words)
      expect(ended.code, ended.err).toBe(0)
      at.write('kept.jsonl', at.read('out.jsonl'))
      execFileSync('rm', [join(at.path, 'out.jsonl')])
    })
  })
  beforeEach(() => folder.restore())
  afterAll(() => folder.remove())

  const harm = (work: (db: InstanceType<typeof DatabaseSync>) => void): void => {
    const db = new DatabaseSync(join(folder.path, '.dray/dray.db'))
    work(db)
    db.close()
  }
  /** One bit in the middle of a blob. */
  const flip = (table: string, id: string, column: string) => () =>
    harm(db => {
      const row = db
        .prepare(`SELECT ${id} AS id, ${column} AS body FROM ${table} LIMIT 1`)
        .get() as {
        id: number
        body: Uint8Array
      }
      const body = Buffer.from(row.body)
      body[body.length >> 1] ^= 4
      db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${id} = ?`).run(body, row.id)
    })
  const run = (sql: string) => () => harm(db => db.exec(sql))

  test.each<[string, () => void, RegExp]>([
    [
      'a flipped bit in the journal',
      flip('entry', 'sequence', 'body'),
      /entry 1 of .*dray\.db.*checksum/,
    ],
    [
      'a gap in the journal',
      run('DELETE FROM entry WHERE sequence = 3'),
      /entry 3 .*missing.*4 follows 2/,
    ],
    [
      'a flipped bit in a result',
      flip('result', 'id', 'payloads'),
      /result row 1 \(.* items? \d.*checksum/,
    ],
    [
      'a result whose columns no longer unpack',
      run("UPDATE result SET indexes = x'21', payloads = 7 WHERE id = 1"),
      /result row 1 of .*cannot be unpacked/,
    ],
    ['a lost result', run('DELETE FROM result WHERE id = 1'), /item \d+ of .*result is missing/],
    [
      'a changed record of a run',
      run("UPDATE run SET body = replace(body, 'range', 'ranke')"),
      /run .*checksum/,
    ],
    [
      'a newer dray’s journal',
      run("UPDATE meta SET value = 9 WHERE name = 'version'"),
      /newer dray.*version 9.*expected version 1/,
    ],
  ])('%s', async (name, damage, said) => {
    damage()
    const before = readFileSync(join(folder.path, '.dray/dray.db'))
    refused(await folder.dray('results'), said)
    refused(await folder.dray(...words), said)
    // What is wrong with a run's rows is that run's alone: the directory itself is taken over.
    if (name.includes('journal'))
      expect(readFileSync(join(folder.path, '.dray/dray.db')).equals(before)).toBe(true)
    expect(folder.has('out.jsonl')).toBe(false)
    const doctor = await folder.dray('doctor')
    expect(doctor.code).toBe(1)
    expect(doctor.out).toMatch(said)
  })

  test('restored from a backup it works as before', async () => {
    run('DELETE FROM entry WHERE sequence = 3')()
    expect((await folder.dray('status')).code).toBe(2)
    folder.restore()
    expect((await folder.dray('results')).out).toBe(folder.read('kept.jsonl'))
  })

  test('a run that had only its outputs to write goes on with that, and is not failed by who looks first', async () => {
    run('DELETE FROM entry WHERE sequence = (SELECT max(sequence) FROM entry)')()
    expect((await folder.dray('clean', '--older', '0s')).out).toContain('nothing')
    const again = await folder.dray(...words)
    expect(again.code, again.err).toBe(0)
    expect(again.err).toContain('40 of 40 items are done; it was interrupted')
    expect(folder.read('out.jsonl')).toBe(folder.read('kept.jsonl'))
    expect(ran(folder)).toHaveLength(40)
  })
})

test('a torn tail loses the commits in it and no more: the run goes on', async () => {
  const { folder, words, wal } = await killed({ items: 40, pause: 40 })
  truncateSync(wal, statSync(wal).size - 700)
  const again = await folder.dray(...words)
  expect(again.code, again.err).toBe(0)
  whole(folder, 'out.jsonl', 40)
  // In flight on two slots, and what the torn commit had: far fewer than all.
  expect(ran(folder).length).toBeLessThan(40 + 12)
  folder.remove()
})

test('a flipped bit in the log of a killed run is refused, not taken for its end; put right, it goes on', async () => {
  const { folder, words, wal } = await killed({ items: 60, pause: 20 })
  const whole = readFileSync(wal)
  for (const at of [40, 17, Math.floor(whole.length / 2)]) {
    const flipped = Buffer.from(whole)
    flipped[at] ^= 4
    writeFileSync(wal, flipped)
    refused(
      await folder.dray(...words),
      /(frame \d+|its header) of .*dray\.db-wal: the log is damaged/,
    )
    const questions = at === 40 ? ['ls', 'status', 'results', 'logs', 'why'] : []
    for (const question of questions)
      refused(await folder.dray(question), /dray\.db-wal: the log is damaged/)
    expect(readFileSync(wal).equals(flipped)).toBe(true)
  }
  writeFileSync(wal, whole)
  const again = await folder.dray(...words)
  expect(again.code, again.err).toBe(0)
  expect(Number(/goes on: (\d+) of 60/.exec(again.err)?.[1])).toBeGreaterThanOrEqual(20)
  folder.remove()
})

const heavy = noting("await new Promise(r => setTimeout(r, 5)); return 'x'.repeat(100_000)")
const incompressible = `import { randomBytes } from 'node:crypto'
export default () => randomBytes(2_000).toString('hex')`
const big = (output: string, ...more: string[]) =>
  ['map', 'handle.mjs', 'range:0..60', '-o', output, ...more] as const

describe.skipIf(!canMount())('a full disk', () => {
  test('what is on it can be looked at, where not even shared memory has room beside it', async () => {
    const folder = folderWith({ 'handle.mjs': heavy, 'disk/.keep': '' })
    const disk = join(folder.path, 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk])
    try {
      const words = [
        'map',
        'handle.mjs',
        'range:0..5',
        '-o',
        'out.jsonl',
        '--dir',
        'disk/d',
      ] as const
      expect((await folder.dray(...words)).code).toBe(0)
      expect(folder.has('disk/d/dray.db-shm')).toBe(false)
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0/filler" 2> /dev/null || true', disk])
      for (const question of ['ls', 'status', 'results', 'why']) {
        const ended = await folder.dray(question, '--dir', 'disk/d')
        expect(ended.code, ended.err).toBe(0)
      }
    } finally {
      execFileSync('umount', [disk])
      folder.remove()
    }
  })

  test('a report that has no room leaves the older page as it was, and no part of its own', async () => {
    const folder = folderWith({ 'handle.mjs': heavy, 'disk/.keep': '' })
    const disk = join(folder.path, 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20k', 'tmpfs', disk])
    try {
      await folder.dray('map', 'handle.mjs', 'range:0..3', '-o', 'out.jsonl')
      folder.write('disk/page.html', 'the older page')
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0/filler" 2> /dev/null || true', disk])
      const ended = await folder.dray('report', '--html', 'disk/page.html')
      refused(ended, /--html disk\/page.html: cannot be written: the disk is full/)
      expect(folder.read('disk/page.html')).toBe('the older page')
      expect(readdirSync(disk).sort()).toEqual(['filler', 'page.html'])
    } finally {
      execFileSync('umount', [disk])
      folder.remove()
    }
  })

  test('clean says what it takes where there is no room at all, and frees all in a little', async () => {
    const folder = folderWith({ 'handle.mjs': incompressible, 'disk/.keep': '' })
    const disk = join(folder.path, 'disk')
    const mount = (...how: string[]) => execFileSync('mount', [...how, disk])
    mount('-t', 'tmpfs', '-o', 'size=20m', 'tmpfs')
    try {
      const words = ['map', 'handle.mjs', 'range:0..1000', '-o', 'out.jsonl', '--dir', 'disk/d']
      expect((await folder.dray(...words, '--isolation', 'thread')).code).toBe(0)
      const { size } = statSync(join(disk, 'd/dray.db'))
      leaveInLog(join(disk, 'd/dray.db'))
      const { blocks, bfree, bsize } = statfsSync(disk)
      const used = (blocks - bfree) * bsize
      const clean = () => folder.dray('clean', '--older', '0s', '--dir', 'disk/d')
      mount('-o', `remount,size=${used}`)
      refused(await clean(), /the disk is full.*takes a little room itself/)
      expect(readdirSync(join(disk, 'd')).filter(name => name.startsWith('owner'))).toEqual([])
      mount('-o', `remount,size=${used + 300_000}`)
      const ended = await clean()
      expect(ended.code, ended.err).toBe(0)
      expect(statSync(join(disk, 'd/dray.db')).size).toBeLessThan(size / 5)
    } finally {
      execFileSync('umount', [disk])
      folder.remove()
    }
  })

  test.each([
    ['the directory’s', 'disk/.dray', 'out.jsonl'],
    ['a jsonl output’s', '.dray', 'disk/out.jsonl'],
    ['an output of a file each', '.dray', 'disk/out/{index}.txt'],
  ])('%s: exit 2, what was done is seen, and with room it goes on', async (_name, dir, output) => {
    const folder = folderWith({ 'handle.mjs': heavy, 'disk/.keep': '' })
    const disk = join(folder.path, 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk])
    try {
      const words = big(output, '--dir', dir)
      refused(await folder.dray(...words), /disk\/.*the disk is full/)
      expect(folder.has('disk/out.jsonl')).toBe(false)
      const before = await folder.dray('results', '--dir', dir)
      expect(before.code, before.err).toBe(0)
      const done = lines(before.out).length
      expect(done).toBeGreaterThan(5)
      const status = await folder.dray('status', '--dir', dir)
      expect(status.out).toContain(`${done} of 60`)
      const ranBefore = ran(folder)
      folder.write('ran.txt', '')
      execFileSync('mount', ['-o', 'remount,size=60m', disk])
      const again = await folder.dray(...words)
      expect(again.code, again.err).toBe(0)
      expect(again.err).toContain(`goes on: ${done} of 60 items are done`)
      wentOn(folder, before.out, ranBefore)
      if (output.endsWith('.jsonl')) whole(folder, output, 60)
      else expect(folder.read('disk/out/59.txt')).toHaveLength(100_000)
    } finally {
      execFileSync('umount', [disk])
      folder.remove()
    }
  })
})

// Each item keeps a file open. With 200 in all, slots run out of them again and again.
const leaking = `import { openSync } from 'node:fs'
export default item => {
  for (let i = 0; i < (item === 30 ? 1_000 : 3); i += 1) openSync('/dev/null')
  return item
}
`
test.each(['process', 'thread'])(
  'a handler that leaks open files (%s) fails by itself: its slot ends, and the items after it have room',
  async isolation => {
    const folder = folderWith({ 'handle.mjs': leaking })
    const limited = ['bash', '-c', 'ulimit -n 300; exec "$@"', '-']
    const stage = ['--isolation', isolation, '--retries', '4', '--chunk', '50', '--json']
    const ended = await folder.drayUnder(
      limited,
      ...['map', 'handle.mjs', 'range:0..300', '-o', 'out.jsonl', ...stage],
    )
    const failed = lines(folder.read('out.jsonl')).filter(line => line.includes('"error":{'))
    // Threads share one limit: what a neighbour runs at that moment may meet it as well.
    expect(failed.length).toBeLessThanOrEqual(isolation === 'thread' ? 2 : 1)
    expect(failed.map(line => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        index: 30,
        error: expect.objectContaining({ kind: 'error', code: 'EMFILE' }),
      }),
    )
    expect(ended.code).toBe(1)
    folder.remove()
  },
)

test.skipIf(!canMount())(
  'an output on a read-only disk is refused in words before any work, and written once it is writable',
  async () => {
    const folder = folderWith({ 'handle.mjs': noting('return item'), 'disk/.keep': '' })
    const disk = join(folder.path, 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,ro', 'tmpfs', disk])
    try {
      const words = ['map', 'handle.mjs', 'range:0..5', '-o', 'disk/out.jsonl'] as const
      refused(
        await folder.dray(...words),
        /disk cannot be written \(the file system is read-only\)/,
      )
      expect(folder.has('ran.txt')).toBe(false)
      execFileSync('mount', ['-o', 'remount,rw', disk])
      expect((await folder.dray(...words)).code).toBe(0)
      whole(folder, 'disk/out.jsonl', 5)
    } finally {
      execFileSync('umount', [disk])
      folder.remove()
    }
  },
)

test('a file that may not grow is as a full disk: exit 2, and without the limit it goes on', async () => {
  const folder = folderWith({ 'handle.mjs': heavy })
  const limited = ['bash', '-c', 'ulimit -f 2000; exec "$@"', '-']
  refused(await folder.drayUnder(limited, ...big('out.jsonl')), /dray\.db.*free space/)
  const { out: done } = await folder.dray('results')
  const ranBefore = ran(folder)
  folder.write('ran.txt', '')
  const again = await folder.dray(...big('out.jsonl'))
  expect(again.code, again.err).toBe(0)
  wentOn(folder, done, ranBefore)
  whole(folder, 'out.jsonl', 60)
  folder.remove()
})

describe('a directory that goes away while a run works in it', () => {
  // Nine items end before the directory goes, and the next once it has gone: a commit finds it out.
  const held = `export default async (item, ctx) => {
  ${untilGo('ctx.index > 8', 'gone')}${untilGo('ctx.index > 20')}return item
}
`
  const words = ['map', 'handle.mjs', 'range:0..60', '-o', 'out.jsonl', '--dir', 'dir'] as const
  const begun = async () => {
    const folder = folderWith({ 'handle.mjs': held })
    const run = folder.begin(...words, '--events')
    await run.hasEnded(4)
    return { folder, run, dir: join(folder.path, 'dir') }
  }
  const gone = /dir\/dray\.db: it was deleted, moved or replaced .*Put its folder back/

  test('deleted: exit 2, named, and no output', async () => {
    const { folder, run, dir } = await begun()
    rmSync(dir, { recursive: true })
    folder.write('gone', '')
    refused(await run.ended, gone)
    expect(folder.has('out.jsonl')).toBe(false)
    expect(folder.has('dir')).toBe(false)
    folder.remove()
  })

  test('deleted while long items run and nothing is committed: the same, before they end', async () => {
    const folder = folderWith({
      'handle.mjs': `export default async item => {\n  ${untilGo('item > 3')}return item\n}\n`,
    })
    const run = folder.begin(...words, '--events')
    await run.hasEnded(4)
    rmSync(join(folder.path, 'dir'), { recursive: true })
    refused(await run.ended, gone)
    expect(folder.has('out.jsonl')).toBe(false)
    folder.remove()
  })

  test('moved: the same; another run in its place is let be, and moved back it goes on', async () => {
    const { folder, run, dir } = await begun()
    renameSync(dir, `${dir}.moved`)
    const other = folder.begin(
      'map',
      'handle.mjs',
      'range:0..60',
      '-o',
      'other.jsonl',
      '--dir',
      'dir',
      '--events',
    )
    folder.write('gone', '')
    refused(await run.ended, gone)
    expect(folder.has('out.jsonl')).toBe(false)
    await other.hasEnded(1)
    folder.write('go', '')
    expect((await other.ended).code).toBe(0)
    rmSync(dir, { recursive: true })
    renameSync(`${dir}.moved`, dir)
    const again = await folder.dray(...words)
    expect(again.code, again.err).toBe(0)
    expect(again.err).toMatch(/goes on: \d+ of 60 items are done/)
    whole(folder, 'out.jsonl', 60)
    folder.remove()
  })

  test('its database or log deleted under it: exit 2, named', async () => {
    for (const name of ['dray.db', 'dray.db-wal']) {
      const { folder, run, dir } = await begun()
      rmSync(join(dir, name))
      folder.write('gone', '')
      refused(await run.ended, gone)
      folder.remove()
    }
  })
})

describe.skipIf(!canBeNobody())('what this user may not write or read', () => {
  let folder: Folder
  beforeEach(() => {
    folder = folderWith({ 'handle.mjs': 'export default item => item\n', 'out/.keep': '' })
    chmodSync(folder.path, 0o755)
  })
  const asNobody = (...words: string[]) => folder.drayUnder(nobody, ...words)
  const map = ['map', 'handle.mjs'] as const

  test('a read-only folder: exit 2, named; --dir elsewhere works', async () => {
    chmodSync(join(folder.path, 'out'), 0o555)
    refused(
      await asNobody(...map, 'range:0..3', '-o', 'o.jsonl'),
      /\.dray.*cannot be written.*--dir/,
    )
    refused(
      await asNobody(...map, 'range:0..3', '-o', 'out/o.jsonl', '--dir', open('dir')),
      /output .*out\/o\.jsonl.*out cannot be written/,
    )
    expect((await asNobody('ls', '--dir', 'dir', '--json')).out).toBe('[]\n')
    const fine = await asNobody(...map, 'range:0..3', '-o', `${open('w')}/o.jsonl`, '--dir', 'dir')
    expect(fine.code, fine.err).toBe(0)
    folder.remove()
  })

  test('somebody else’s directory can be looked at, and what may not be read is named', async () => {
    const ended = await folder.dray(...map, 'range:0..3', '-o', 'out/o.jsonl')
    expect(ended.code, ended.err).toBe(0)
    chmodSync(join(folder.path, '.dray'), 0o700)
    refused(await asNobody('status'), /\.dray: cannot be read \(EACCES\)/)
    chmodSync(join(folder.path, '.dray'), 0o755)
    chmodSync(join(folder.path, '.dray/dray.db'), 0o600)
    refused(await asNobody('status'), /dray\.db: it cannot be read/)
    chmodSync(join(folder.path, '.dray/dray.db'), 0o644)
    expect((await asNobody('results')).out).toBe(folder.read('out/o.jsonl'))
    expect((await asNobody('status')).out).toContain('3 of 3')
    folder.remove()
  })

  test('somebody else’s run is seen at work, and is only theirs to change', async () => {
    const held = `export default async (n, ctx) => { ${untilGo('ctx.index > 9')}return n }\n`
    folder.write('slow.mjs', held)
    chmodSync(folder.path, 0o755)
    const run = folder.begin('map', 'slow.mjs', 'range:0..1000', '-o', 'out/o.jsonl', '--events')
    await run.hasEnded(2)
    const status = await asNobody('status', '--json')
    expect(status.code, status.err).toBe(0)
    const { run: name, state } = JSON.parse(status.out) as { run: string; state: string }
    expect(state).toBe('active')
    for (const words of [
      ['why'],
      ['results'],
      ['logs'],
      ['report', '--html', `${open('w')}/r.html`],
    ]) {
      const ended = await asNobody(...words)
      expect(ended.code, words + ended.err).toBe(0)
    }
    refused(await asNobody('cancel', name), /owner, process \d+ on .* another user's/)
    run.signal('SIGKILL')
    await run.ended
    expect(JSON.parse((await asNobody('status', '--json')).out)).toMatchObject({
      state: 'interrupted',
    })
    for (const words of [
      ['cancel', name],
      ['run', 'slow.mjs'],
      ['clean', name],
    ])
      refused(await asNobody(...words), words[0] === 'run' ? /slow\.mjs/ : /cannot be written/)
    expect((await asNobody('compare', '--run', name)).code).toBe(0)
    folder.remove()
  })

  test('a job file or a problem that may not be read: exit 2, named', async () => {
    for (const name of ['job.json', 'job.yaml', 'job.ts', 'job.mjs', 'm.csv']) {
      folder.write(name, '')
      chmodSync(join(folder.path, name), 0)
      const named = new RegExp(`^dray: ${name.replace('.', '\\.')}: cannot be read \\(EACCES\\)`)
      refused(await asNobody('plan', name), named)
      if (name !== 'm.csv') refused(await asNobody('run', name, '--dir', open('dir')), named)
    }
    folder.remove()
  })

  test('an unreadable sub-folder of the input is told, and may be left out', async () => {
    for (const name of ['in/a/1.txt', 'in/b/2.txt', 'in/c/3.txt']) folder.write(name, 'x')
    chmodSync(join(folder.path, 'in/b'), 0)
    const words = ['-o', `${open('w')}/o.jsonl`, '--dir', open('dir')]
    refused(await asNobody(...map, 'in/**/*.txt', ...words), /the folder .*in\/b.*cannot be read/)
    expect(folder.has('w/o.jsonl')).toBe(false)
    const fine = await asNobody(...map, 'in/**/*.txt', '!in/b/**', ...words)
    expect(fine.code, fine.err).toBe(0)
    whole(folder, 'w/o.jsonl', 2)
    folder.remove()
  })

  test('an unreadable file is that item’s failure; an unreadable list is the input’s', async () => {
    folder.write('in/1.txt', 'x')
    folder.write('in/2.txt', 'x')
    folder.write('rows.jsonl', '1\n')
    chmodSync(join(folder.path, 'in/1.txt'), 0o600)
    chmodSync(join(folder.path, 'rows.jsonl'), 0o600)
    const words = ['-o', `${open('w')}/o.jsonl`, '--dir', open('dir')]
    const one = await asNobody(...map, 'in/*.txt', ...words)
    expect(one.code, one.err).toBe(1)
    const [first, second] = lines(folder.read('w/o.jsonl')).map(line => JSON.parse(line) as object)
    expect(first).toMatchObject({ key: 'in/1.txt', error: { kind: 'bad-input' } })
    expect(second).toMatchObject({ key: 'in/2.txt' })
    expect(second).not.toHaveProperty('error')
    refused(
      await asNobody(...map, 'rows.jsonl', ...words),
      /rows\.jsonl: cannot be read \(EACCES\)/,
    )
    folder.remove()
  })

  /** A folder of the test's that everybody may write. */
  const open = (name: string): string => {
    mkdirSync(join(folder.path, name), { recursive: true })
    chmodSync(join(folder.path, name), 0o777)
    return name
  }
})

/** Root may write anything: what others may not is tried as nobody. */
const nobody =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []

function canBeNobody(): boolean {
  if (process.platform === 'win32') return false
  if (process.getuid?.() !== 0) return true
  return succeeds(
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    process.execPath,
    '-v',
  )
}

/** As an owner killed before its log was written into the file, which must still grow by it. */
function leaveInLog(database: string): void {
  const insert = "INSERT INTO document VALUES ('left', hex(randomblob(40000)))"
  const script = `import { DatabaseSync } from '@photostructure/sqlite'
    new DatabaseSync(${JSON.stringify(database)}).exec(${JSON.stringify(insert)})
    process.kill(process.pid, 'SIGKILL')`
  spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(statSync(`${database}-wal`).size).toBeGreaterThan(80_000)
}

/** After twenty of its items at least; a pause is milliseconds an item. */
async function killed({ items, pause }: { items: number; pause: number }) {
  const folder = folderWith({
    'handle.mjs': noting(`await new Promise(r => setTimeout(r, ${pause}))
  ${untilGo('ctx.index > 23')}return item`),
  })
  const input = `range:0..${items}`
  const words = ['map', 'handle.mjs', input, '-o', 'out.jsonl', '--chunk', '1'] as const
  const begun = folder.begin(...words, '--events')
  await begun.hasEnded(20)
  begun.signal('SIGKILL')
  await begun.ended
  folder.write('go', '')
  return { folder, words, wal: join(folder.path, '.dray/dray.db-wal') }
}
