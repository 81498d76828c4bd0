import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { type Database, openDatabase } from '../../src/adapter/sqlite/database.ts'
import { type Directory, directoryOn } from '../../src/adapter/sqlite/directory.ts'
import type { World } from './journal.conformance.ts'

/** A folder under the system's temporary one; a crash is a copy of its files taken while they are open. */
export function sqliteWorld(options: { readonly reserved?: boolean } = {}): Omit<World, 'open'> & {
  dir(): string
  open(): Directory
} {
  const root = mkdtempSync(join(tmpdir(), 'dray-test-'))
  const open: { db: Database; directory: Directory }[] = []
  let dir = join(root, 'life-0')
  let lives = 0
  return {
    dir: () => dir,
    open() {
      const db = openDatabase(dir)
      const directory = directoryOn(db)
      open.push({ db, directory })
      if (options.reserved) directory.reserveLog()
      return directory
    },
    crash() {
      const copy = join(root, `life-${(lives += 1)}`)
      cpSync(dir, copy, { recursive: true })
      dir = copy
    },
    damage: (damage, sequence) => damageRows(join(dir, 'dray.db'), damage, sequence),
    failNextAppend() {
      const { handle } = open[open.length - 1].db
      // A full disk, as SQLite sees one: the file may not grow by a single page.
      const [pages] = handle.prepare('PRAGMA page_count').get()
      handle.exec(`PRAGMA max_page_count = ${pages}`)
      handle.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON entry
        BEGIN INSERT INTO document VALUES ('filler', zeroblob(1000000)); END`)
    },
    discard() {
      for (const { directory } of open.splice(0)) directory.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

function damageRows(path: string, damage: Parameters<World['damage']>[0], sequence: number): void {
  const handle = new DatabaseSync(path, { returnArrays: true })
  const body = (row: number): Uint8Array =>
    handle.prepare('SELECT body FROM entry WHERE sequence = ?').get(row)[0]
  const put = (row: number, bytes: Uint8Array) =>
    handle.prepare('UPDATE entry SET body = ? WHERE sequence = ?').run(bytes, row)
  const [mine, next] = [body(sequence), damage === 'drop' ? undefined : body(sequence + 1)]
  if (damage === 'drop') handle.prepare('DELETE FROM entry WHERE sequence = ?').run(sequence)
  if (damage === 'flip') put(sequence, mine.with(3, mine[3] ^ 4))
  if (damage === 'repeat') put(sequence + 1, mine)
  if (damage === 'swap' && next !== undefined) {
    put(sequence, next)
    put(sequence + 1, mine)
  }
  handle.close()
}
