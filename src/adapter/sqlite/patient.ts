import type { Statement } from './database.ts'

/**
 * Who may not write a directory cannot mend the index that SQLite shares in memory beside the file: a read that
 * finds it half written, because its owner commits just then, is refused as if it were a write. With one commit
 * after another that was one read in 7,000. A moment later the index is whole; and it is looked at only where
 * reading begins, so that nothing has been read by then.
 */
export function patient(statement: Statement): Statement {
  const reads: Pick<Statement, 'get' | 'all' | 'iterate'> = {
    get: (...values: unknown[]) => retried(() => statement.get(...values)),
    all: (...values: unknown[]) => retried(() => statement.all(...values)),
    *iterate(...values: unknown[]) {
      const [rows, first] = retried(() => {
        const opened = statement.iterate(...values)
        return [opened, opened.next()] as const
      })
      if (first.done) return
      yield first.value
      yield* rows
    },
  }
  return reads as Statement
}

const MOST = 100
const pause = new Int32Array(new SharedArrayBuffer(4))

function retried<T>(read: () => T): T {
  for (let tries = 1; ; tries += 1) {
    try {
      return read()
    } catch (error) {
      if (tries === MOST || !passes.has((error as { errcode?: unknown }).errcode)) throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

/** SQLITE_READONLY_RECOVERY, and _CANTINIT where the index is only being made. */
const passes: ReadonlySet<unknown> = new Set([264, 1288])
