import { JournalError } from '../../port/journal-error.ts'
import type { Store } from '../../port/store.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/**
 * A run is removed in one small commit that leaves a mark behind; its rows and the room they took follow in
 * slices, each a commit of its own. The loop takes its turns in between, the log stays small however much is
 * freed, and what a death leaves over is found by its mark, which says whether rows are left or only their room.
 */
export function openRemoval(db: Database, stages: Stages, removed: () => void): Removal {
  const documents = db.prepare('SELECT name FROM document')
  const dropDocument = db.prepare('DELETE FROM document WHERE name = ?')
  const dropRun = db.prepare('DELETE FROM run WHERE name = ?')
  const mark = db.prepare("INSERT OR REPLACE INTO document (name, body) VALUES (?, '')")
  const marked = db.prepare(`SELECT name FROM document WHERE name GLOB '${MARK}*' LIMIT ?`)
  const emptied = db.prepare(`SELECT name FROM document WHERE name GLOB '${EMPTIED}*'`)
  const dropEmptied = db.prepare(`DELETE FROM document WHERE name GLOB '${EMPTIED}*'`)
  const dropStages = db.prepare('DELETE FROM stage WHERE run = ?')
  const drops = ['result', 'history', 'log', 'spool'].map(table => db.prepare(dropSome(table)))
  const free = db.prepare('PRAGMA freelist_count')
  const pagesFree = () => free.get()[0] as number
  const marks = (most: number) => marked.all(most).map(([name]) => String(name).slice(MARK.length))
  const emptiedRuns = () => emptied.all().map(([name]) => String(name).slice(EMPTIED.length))

  /** Some rows of a run that is marked; one that has none left is marked so. `undefined`: none has. */
  const bite = (most: number, freed: string[]): number | undefined => {
    const [run] = marks(1)
    if (run === undefined) return undefined
    let rows = 0
    for (const drop of drops) {
      rows += Number(drop.run(run, most).changes)
      if (rows >= most) return rows
    }
    dropStages.run(run)
    dropDocument.run(MARK + run)
    mark.run(EMPTIED + run)
    freed.push(run)
    return rows + RUN
  }

  /** Whether there is more to drop. */
  const dropSlice = (most: number): boolean => {
    const freed: string[] = []
    const isMore = db.transaction('removing runs', () => {
      const before = pagesFree()
      for (let rows = 0; rows < most && pagesFree() - before < SLICE.pages; ) {
        const dropped = bite(Math.min(most, BITE), freed)
        if (dropped === undefined) return false
        rows += dropped
      }
      return true
    })
    for (const run of freed) stages.forget(run)
    removed()
    return isMore
  }

  const handBack = (most: number): boolean =>
    db.guard('freeing space', () => {
      const before = pagesFree()
      if (before > 0) db.handle.exec(`PRAGMA incremental_vacuum(${most})`)
      const now = pagesFree()
      return now > 0 && now < before
    })

  return {
    removeRuns(names) {
      const gone = new Set(names)
      db.transaction(names.length === 1 ? `removing run ${names[0]}` : 'removing runs', () => {
        for (const [name] of documents.all() as [string][])
          if (gone.has(name.slice(name.indexOf(':') + 1))) dropDocument.run(name)
        for (const name of gone) {
          dropRun.run(name)
          mark.run(MARK + name)
        }
      })
      removed()
    },
    removedRuns: () => db.guard('reading removed runs', () => [...marks(-1), ...emptiedRuns()]),
    *freeRemoved() {
      // The file grows by what the log has for it while there is room, not when a slice has taken that.
      db.emptyLog('freeing space')
      yield* inSlices(db, SLICE.rows, dropSlice)
      yield* inSlices(db, SLICE.handedBack, handBack)
      if (emptiedRuns().length > 0) db.transaction('freeing space', () => dropEmptied.run())
    },
  }
}

type Removal = Pick<Store, 'removeRuns' | 'removedRuns' | 'freeRemoved'>

const MARK = 'removed:'
/** Its rows are gone, not yet all the room they took. */
const EMPTIED = 'emptied:'

const dropSome = (table: string): string => {
  const ofRun = table === 'spool' ? 'run = ?' : 'stage IN (SELECT id FROM stage WHERE run = ?)'
  return `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${ofRun} LIMIT ?)`
}

/**
 * A slice takes 1 to 8 ms and mostly 10 to 80 kB of log (measured). Handing back more pages takes far more log:
 * beyond the 2 MB of changed pages that SQLite keeps in memory it writes each page that it frees.
 */
const SLICE = { rows: 1_024, pages: 1_024, handedBack: 256 }
/** So many slices, and the log is written into the file. */
const IN_LOG = 4
/** Rows of one statement: of results mostly 64 kB each. */
const BITE = 16
/** What looking through the tables for a run costs, in rows. */
const RUN = 16

/**
 * A slice of a size after another while there is more; of a smaller size where the disk has no room for its log.
 * None is waited for by an fsync of its own: a slice that a power loss undoes is left over as any other.
 */
function* inSlices(db: Database, size: number, slice: (size: number) => boolean): Generator<void> {
  let most = size
  let inLog = 0
  for (let isMore = true; isMore; ) {
    try {
      isMore = unsynced(db, () => slice(most))
      inLog += 1
    } catch (error) {
      const isFull = error instanceof JournalError && error.kind === 'full'
      if (!isFull || most === 1) throw error
      most >>= 2
    }
    if (most < size || inLog === IN_LOG || !isMore) {
      db.emptyLog('freeing space')
      inLog = 0
    }
    yield
  }
}

function unsynced<T>(db: Database, work: () => T): T {
  db.handle.exec('PRAGMA synchronous = NORMAL')
  try {
    return work()
  } finally {
    db.handle.exec('PRAGMA synchronous = FULL')
  }
}
