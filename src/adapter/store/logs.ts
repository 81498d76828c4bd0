import type { LogLine, Store } from '../../port/store.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/**
 * Captured output rides along with the next commit, so that it costs no fsync of its own. Reading commits
 * what is pending first, and so does a flood: memory stays bounded when nothing else is committed.
 */
export function openLogs(db: Database, stages: Stages): Logs {
  const insert = db.prepare(
    'INSERT INTO log (stage, item, attempt, at, stream, text) VALUES (?, ?, ?, ?, ?, ?)',
  )
  let pending: LogLine[] = []
  const write = () => {
    for (const line of pending) {
      const stage = stages.numberOf(line.run, line.stage)
      insert.get(stage, line.index, line.attempt, line.at, line.stream, whole(line.text))
    }
  }
  const committed = () => {
    pending = []
  }
  const flush = () => {
    if (pending.length === 0) return
    db.transaction('writing captured output', write)
    committed()
  }
  return {
    write,
    committed,
    flush,
    log(lines) {
      for (const line of lines) pending.push(line)
      if (pending.length > maxPending) flush()
    },
    *logs(run, options = {}) {
      flush()
      const { index, stage, after = 0 } = options
      const page = db.prepare(pageQuery(index, stage))
      const names = [
        ...(stage === undefined ? [] : [stage]),
        ...(index === undefined ? [] : [index]),
      ]
      for (let last = after; ; ) {
        const rows = db.guard('reading logs', () => page.all(run, ...names, last)) as LogRow[]
        for (const row of rows) yield lineOf(stages, row)
        if (rows.length < pageRows) return
        last = rows[rows.length - 1][0]
      }
    },
  }
}

type Logs = Pick<Store, 'log' | 'logs'> & {
  /** Inserts what is pending; within a transaction, and followed by `committed` once that is durable. */
  write(): void
  committed(): void
  flush(): void
}

const maxPending = 20_000
const pageRows = 256

type LogRow = [
  id: number,
  stage: number,
  index: number,
  attempt: number,
  at: number,
  stream: LogLine['stream'],
  text: string | Uint8Array,
]

/** The driver ends text at a NUL, which bytes may hold. */
const whole = (text: string): string | Uint8Array =>
  text.includes('\0') ? Buffer.from(text) : text

/** One item's lines come by the index; a run's by id (`+` keeps SQLite from sorting anew per page). */
function pageQuery(index: number | undefined, stage: string | undefined): string {
  const stages = `(SELECT id FROM stage WHERE run = ?${stage === undefined ? '' : ' AND stage = ?'})`
  const chosen = index === undefined ? `+stage IN ${stages}` : `stage IN ${stages} AND item = ?`
  return `SELECT id, stage, item, attempt, at, stream, text FROM log
    WHERE ${chosen} AND id > ? ORDER BY id LIMIT ${pageRows}`
}

function lineOf(stages: Stages, row: LogRow): LogLine & { readonly id: number } {
  const [id, number, index, attempt, at, stream, text] = row
  const { run, stage } = stages.name(number)
  const said = typeof text === 'string' ? text : Buffer.from(text).toString()
  return { id, run, stage, index, attempt, at, stream, text: said }
}
