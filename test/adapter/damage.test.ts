import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checksumOf } from '../../src/adapter/sqlite/checksum.ts'
import { openDatabase } from '../../src/adapter/sqlite/database.ts'
import { directoryOn, openDirectory, readDirectory } from '../../src/adapter/sqlite/directory.ts'
import { JournalError } from '../../src/port/journal-error.ts'
import type { RunRecord } from '../../src/port/store.ts'
import { entry, history, results } from './append-data.ts'
import { sqliteWorld } from './sqlite-world.ts'

describe('a damaged or unwilling folder', () => {
  let world: ReturnType<typeof sqliteWorld>
  beforeEach(() => {
    world = sqliteWorld()
  })
  afterEach(() => world.discard())

  const append = (directory: ReturnType<typeof openDirectory>, from: number, to: number) => {
    for (let i = from; i <= to; i += 1)
      directory.journal.append(
        entry(i, 1, JSON.stringify({ filler: 'x'.repeat(2_000), instant: i })),
        [results({ indexes: [2 * i, 2 * i + 1] })],
        [history({ indexes: [2 * i, 2 * i + 1] })],
      )
  }
  /** Everything read back: the last sequence, and the number of items answered and recorded. */
  const readAll = (dir: string) => {
    const directory = openDirectory(dir)
    try {
      const sequences = [...directory.journal.load().entries].map(one => one.sequence)
      const answers = [...directory.store.results('calm-otter', 'ocr')].length
      const rows = [...directory.store.history('calm-otter')].length
      return { last: sequences.at(-1) ?? 0, answers, rows }
    } finally {
      directory.close()
    }
  }
  const faultOf = (work: () => unknown): JournalError => {
    try {
      work()
    } catch (error) {
      expect(error).toBeInstanceOf(JournalError)
      return error as JournalError
    }
    throw new Error('nothing was thrown')
  }

  test('a commit is synced to the disk before append returns', () => {
    const { handle } = openDatabase(join(world.dir(), 'settings'))
    const setting = (name: string) => handle.prepare(`PRAGMA ${name}`).get()[0]
    expect([setting('journal_mode'), setting('synchronous'), setting('fullfsync')]).toEqual([
      'wal',
      2,
      1,
    ])
    handle.close()
  })

  test('a reserved log is as long as it gets, and the commits in it survive a crash', () => {
    const directory = world.open()
    append(directory, 1, 3)
    directory.reserveLog()
    const wal = join(world.dir(), 'dray.db-wal')
    const { size } = statSync(wal)
    append(directory, 4, 20)
    expect(size).toBeGreaterThan(8_000_000)
    expect(statSync(wal).size).toBe(size)
    world.crash()
    expect(readAll(world.dir())).toEqual({ last: 20, answers: 40, rows: 20 })
  })

  test.each([
    { name: 'cut', harm: (wal: string, from: number) => truncateSync(wal, from + 700) },
    { name: 'garbled', harm: garble },
  ])('a WAL whose tail is $name loses only the commits in it, each whole', ({ harm }) => {
    const directory = world.open()
    append(directory, 1, 20)
    const wal = join(world.dir(), 'dray.db-wal')
    const durable = statSync(wal).size
    append(directory, 21, 25)
    world.crash()
    harm(join(world.dir(), 'dray.db-wal'), durable)
    const found = readAll(world.dir())
    expect(found.last).toBe(20)
    expect(found).toEqual({ last: 20, answers: 40, rows: 20 })
    const again = openDirectory(world.dir())
    append(again, 21, 21)
    again.close()
    expect(readAll(world.dir()).last).toBe(21)
  })

  test('a killed process loses nothing it acknowledged', async () => {
    const program = fileURLToPath(new URL('./journal-process.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', program, world.dir()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      said += text
      if (said.length > 400) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const acknowledged = Number(said.split('\n').at(-2))
    expect(acknowledged).toBeGreaterThan(100)
    const { last, answers } = readAll(world.dir())
    expect(last).toBeGreaterThanOrEqual(acknowledged)
    expect(answers).toBe(last)
  })

  test('whichever page of the file has a flipped bit, nothing false is read', () => {
    const directory = openDirectory(world.dir())
    append(directory, 1, 12)
    directory.store.putRun(record)
    directory.close()
    const path = join(world.dir(), 'dray.db')
    const bytes = readFileSync(path)
    const healthy = readAll(world.dir())
    let refused = 0
    // Page headers, cell pointers and content alike: 1031 shares no factor with the page size.
    for (let at = 40; at < bytes.length; at += 1031) {
      const copy = join(world.dir(), '..', `flip-${at}`)
      mkdirSync(copy)
      writeFileSync(join(copy, 'dray.db'), bytes.with(at, bytes[at] ^ 16))
      try {
        expect(readAll(copy), `bit flipped at byte ${at}`).toEqual(healthy)
      } catch (error) {
        if (!(error instanceof JournalError)) throw error
        expect(error.message).toContain(path.slice(path.lastIndexOf('/')))
        refused += 1
      }
    }
    expect(refused).toBeGreaterThan(10)
  })

  test('a result row with a flipped bit is refused by name; the others are read', () => {
    const directory = openDirectory(world.dir())
    append(directory, 1, 3)
    directory.close()
    const handle = new DatabaseSync(join(world.dir(), 'dray.db'))
    handle.exec("UPDATE result SET payloads = CAST('{}\n{}' AS BLOB) WHERE id = 2")
    handle.close()
    const { store } = world.open()
    expect(store.result('calm-otter', 'ocr', 2)?.index).toBe(2)
    const error = faultOf(() => store.result('calm-otter', 'ocr', 4))
    expect(error.message).toMatch(/result row 2 \(calm-otter, stage ocr, items 4 to 5\)/)
    expect(error.kind).toBe('corrupt')
  })

  test('a note kept beside a run with a flipped bit is refused by name, whether it could be read or not', () => {
    const directory = openDirectory(world.dir())
    for (const name of ['times', 'outputs']) directory.store.put(name, '{"count":12}')
    directory.close()
    const handle = new DatabaseSync(join(world.dir(), 'dray.db'))
    handle.exec("UPDATE document SET body = replace(body, '12', '13') WHERE name = 'times'")
    handle.exec("UPDATE document SET body = replace(body, '{', '[') WHERE name = 'outputs'")
    handle.close()
    const { store } = world.open()
    for (const name of ['times', 'outputs']) {
      const error = faultOf(() => store.get(name))
      expect(error.message).toContain(`document ${name} of`)
      expect(error.kind).toBe('corrupt')
    }
    store.put('times', '{"count":14}')
    expect(store.get('times')).toBe('{"count":14}')
  })

  test('a note from before notes had a checksum is read as it is', () => {
    openDirectory(world.dir()).close()
    const handle = new DatabaseSync(join(world.dir(), 'dray.db'))
    handle.exec(`INSERT INTO document VALUES ('times', '{"count":12}'), ('outputs', '["o.jsonl"]')`)
    handle.close()
    const { store } = world.open()
    expect(store.get('times')).toBe('{"count":12}')
    expect(store.get('outputs')).toBe('["o.jsonl"]')
  })

  test('an entry of another journal in the place of one of ours is refused, whole as it is', () => {
    const other = sqliteWorld()
    const foreign = other.open()
    for (const i of [1, 2, 3]) foreign.journal.append(entry(i, 1, `{"other":${i}}`), [], [])
    foreign.close()
    const directory = world.open()
    append(directory, 1, 3)
    directory.close()
    const handle = new DatabaseSync(join(world.dir(), 'dray.db'))
    handle.exec(`ATTACH '${join(other.dir(), 'dray.db')}' AS other`)
    handle.exec(
      `UPDATE entry SET (checksum, body) =
       (SELECT checksum, body FROM other.entry WHERE sequence = 3) WHERE sequence = 3`,
    )
    handle.close()
    other.discard()
    const error = faultOf(() => readAll(world.dir()))
    expect(error.kind).toBe('corrupt')
    expect(error.message).toContain('entry 3')
  })

  test('where one part of a row ends and the next begins is part of its checksum', () => {
    expect(checksumOf(0, 'ab', 'c')).not.toBe(checksumOf(0, 'a', 'bc'))
    expect(checksumOf(1, 'ab')).not.toBe(checksumOf(2, 'ab'))
  })

  test('a file that is no database is refused', () => {
    mkdirSync(world.dir(), { recursive: true })
    writeFileSync(join(world.dir(), 'dray.db'), 'page one of the annual report '.repeat(200))
    const error = faultOf(() => openDirectory(world.dir()))
    expect(error.kind).toBe('corrupt')
    expect(error.message).toContain(join(world.dir(), 'dray.db'))
  })

  test('a journal made by a newer dray is refused and left alone', () => {
    openDirectory(world.dir()).close()
    const path = join(world.dir(), 'dray.db')
    const handle = new DatabaseSync(path)
    handle.exec("UPDATE meta SET value = 7 WHERE name = 'version'")
    handle.close()
    const before = readFileSync(path)
    const error = faultOf(() => openDirectory(world.dir()))
    expect(error.kind).toBe('newer')
    expect(error.message).toContain('made by a newer dray: its journal is version 7 (expected')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('on a full disk the append fails with the path, and what was there stays', () => {
    const db = openDatabase(world.dir())
    const directory = directoryOn(db)
    append(directory, 1, 3)
    const [pages] = db.handle.prepare('PRAGMA page_count').get()
    db.handle.exec(`PRAGMA max_page_count = ${pages + 1}`)
    const error = faultOf(() => append(directory, 4, 100))
    expect(error.kind).toBe('full')
    expect(error.message).toContain(`${db.path}: the disk is full while appending entry`)
    directory.close()
    const { last, answers } = readAll(world.dir())
    expect(last).toBeGreaterThanOrEqual(3)
    expect(answers).toBe(2 * last)
  })

  test('a folder that may not be written is refused with its path', () => {
    mkdirSync(world.dir(), { recursive: true })
    chmodSync(join(world.dir(), '..'), 0o755)
    chmodSync(world.dir(), 0o555)
    // Root may write anywhere: for a moment it is nobody.
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(faultOf(() => openDirectory(world.dir())).message).toContain(world.dir())
    } finally {
      if (isRoot) process.seteuid?.(0)
      chmodSync(world.dir(), 0o755)
    }
  })

  test('a folder that cannot be made is refused with its path', () => {
    mkdirSync(join(world.dir(), '..', 'taken'), { recursive: true })
    const file = join(world.dir(), '..', 'taken', 'file')
    writeFileSync(file, '')
    const error = faultOf(() => openDirectory(join(file, 'below')))
    expect(error.message).toContain(join(file, 'below'))
  })

  test.skipIf(process.platform !== 'linux')('a folder below one that takes none is refused', () => {
    expect(faultOf(() => openDirectory('/proc/dray-test/x')).message).toContain('/proc/dray-test')
  })

  test('a closed folder is whole in one file', () => {
    const directory = openDirectory(world.dir())
    append(directory, 1, 12)
    directory.close()
    const copy = join(world.dir(), '..', 'copy')
    mkdirSync(copy)
    copyFileSync(join(world.dir(), 'dray.db'), join(copy, 'dray.db'))
    expect(readAll(copy)).toEqual({ last: 12, answers: 24, rows: 12 })
  })

  test('a run that is removed is gone at once and gives its space back in slices, after a death among them too', () => {
    const directory = openDirectory(world.dir())
    const payloads = ['x', 'y'].map(letter => JSON.stringify(letter.repeat(2_000_000)))
    directory.store.putRun(record)
    directory.journal.append(entry(1), [results({ indexes: [0, 1], payloads })], [])
    directory.journal.snapshot({ sequence: 1, term: 1, body: '{}' })
    directory.store.removeRuns(['calm-otter'])
    expect(directory.store.runs()).toEqual([])
    const slices = directory.store.freeRemoved()
    const sizes = [0, 1, 2].map(() => {
      slices.next()
      const copy = mkdtempSync(join(tmpdir(), 'dray-copy-'))
      cpSync(world.dir(), copy, { recursive: true })
      const opened = openDirectory(copy)
      expect(opened.store.runs()).toEqual([])
      expect(opened.store.removedRuns()).toEqual(['calm-otter'])
      for (const _slice of opened.store.freeRemoved());
      expect(opened.store.removedRuns()).toEqual([])
      opened.close()
      const { size } = statSync(join(copy, 'dray.db'))
      rmSync(copy, { recursive: true })
      return size
    })
    expect([...slices].length).toBeGreaterThan(1)
    directory.close()
    const { size } = statSync(join(world.dir(), 'dray.db'))
    for (const each of [size, ...sizes]) expect(each).toBeLessThan(1_000_000)
  })

  test('a run that is removed while its results are read is said to be that, by another process too', () => {
    const directory = openDirectory(world.dir())
    const indexes = Array.from({ length: 6_000 }, (_, n) => n)
    directory.journal.append(entry(1), [results({ indexes })], [])
    const looking = readDirectory(world.dir())
    const readers = [directory, looking].map(({ store }) => store.results('calm-otter', 'ocr'))
    for (const reader of readers) expect(reader.next().value.index).toBe(0)
    directory.store.removeRuns(['calm-otter'])
    for (const _slice of directory.store.freeRemoved());
    for (const reader of readers)
      expect(() => [...reader]).toThrow(/: the run was removed while its results were read/)
    looking.close()
    directory.close()
  })

  test('a close without room for its snapshot leaves the journal as it is, and one with room replaces it', () => {
    const snapshot = { sequence: 1, term: 1, body: JSON.stringify('x'.repeat(100_000)) }
    const closed = (most: string) => {
      const db = openDatabase(world.dir())
      const directory = directoryOn(db)
      if (directory.journal.bytesSinceSnapshot() === 0) directory.journal.append(entry(1), [], [])
      db.handle.exec(most)
      directory.close(snapshot)
      const again = openDirectory(world.dir())
      const { snapshot: found, entries } = again.journal.load()
      const left = { found, entries: [...entries], bytes: again.journal.snapshotBytes() }
      again.close()
      return left
    }
    // More pages than the file has are refused as a full disk is.
    const full = closed('PRAGMA max_page_count = 1')
    expect(full).toEqual({ found: undefined, entries: [entry(1)], bytes: 0 })
    const whole = closed('PRAGMA max_page_count = 100000')
    expect(whole).toEqual({ found: snapshot, entries: [], bytes: snapshot.body.length })
  })
})

const record: RunRecord = {
  name: 'calm-otter',
  job: 'ocr',
  state: 'active',
  createdAt: 1,
  endedAt: undefined,
  definition: '{}',
  inputFingerprint: undefined,
  stageFingerprints: {},
  previous: undefined,
}

function garble(wal: string, from: number): void {
  const bytes = readFileSync(wal)
  for (let at = from; at < bytes.length; at += 64) bytes[at] ^= 0x55
  writeFileSync(wal, bytes)
}
