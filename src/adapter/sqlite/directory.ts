import type { Journal, Snapshot } from '../../port/journal.ts'
import { JournalError } from '../../port/journal-error.ts'
import type { Store } from '../../port/store.ts'
import { openJournal } from '../journal/sqlite.ts'
import { openHistory } from '../store/history.ts'
import { openLogs } from '../store/logs.ts'
import { resultWriter } from '../store/result-rows.ts'
import { openRemoval } from '../store/removal.ts'
import { openResults } from '../store/results.ts'
import { openRuns } from '../store/runs.ts'
import { openSpool } from '../store/spool.ts'
import { type Database, openDatabase, readDatabase } from './database.ts'
import { openStages } from './stages.ts'

export type Directory = {
  readonly journal: Journal
  readonly store: Store
  /** Makes ready for many small commits, each waited for. */
  reserveLog(): void
  /** Throws a `JournalError` where the database was deleted, moved or replaced; every commit looks too. */
  checkPlace(): void
  /** Commits pending output, and the last snapshot where one is due, and closes the file. */
  close(last?: Snapshot): void
}

/** Journal and store of a directory over one file, so that an entry and its results are one commit. */
export function openDirectory(dir: string): Directory {
  return directoryOn(openDatabase(dir))
}

/** The same for those who only look: what they would write is refused. */
export function readDirectory(dir: string): Directory {
  return directoryOn(readDatabase(dir))
}

export function directoryOn(db: Database): Directory {
  const stages = db.guard('reading the stages', () => openStages(db))
  const logs = openLogs(db, stages)
  const writeResults = resultWriter(db, stages)
  const history = openHistory(db, stages)
  const { write: writeSpool, ...spool } = openSpool(db)
  const journal = openJournal(db, {
    write(results, spooled) {
      for (const batch of spooled) writeSpool(batch)
      for (const batch of results) writeResults(batch)
      logs.write()
    },
    committed: logs.committed,
    history,
  })
  const { forget, ...results } = openResults(db, stages)
  const removal = openRemoval(db, stages, forget)
  const store: Store = {
    ...results,
    ...openRuns(db),
    ...removal,
    removeRuns(names) {
      // What is written later would be left over.
      history.flush()
      removal.removeRuns(names)
    },
    ...spool,
    history: history.of,
    log: logs.log,
    logs: logs.logs,
  }
  const leave = (last: Snapshot | undefined) => {
    logs.flush()
    history.flush()
    if (last === undefined) return
    // Else a disk without room for the snapshot would have none for the file to grow by what the log has for it.
    db.emptyLog('closing it')
    journal.snapshot(last)
  }
  const close = (last?: Snapshot) => {
    if (!db.handle.isOpen) return
    history.rest()
    try {
      leave(last)
    } catch (error) {
      // A full disk: the fault is the append's to report. Output is kept as far as possible, and the journal
      // without its snapshot says the same.
      if (!(error instanceof JournalError)) throw error
    } finally {
      db.close()
    }
  }
  const reserveLog = () => db.reserveLog()
  const checkPlace = () => db.checkPlace()
  return { journal: { ...journal, close }, store, reserveLog, checkPlace, close }
}
