import type { StoredResult } from '../../port/store.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'
import * as rows from './result-rows.ts'

/**
 * The newest answer of one item. Rows are grouped by the power of four their span fits in; within a level
 * only rows whose first index lies at most that far before the item can hold it. So a straggler that made
 * one row very wide costs the lookups of other items one more candidate, not a scan.
 */
export function resultLookup(
  db: Database,
  stages: Stages,
): (stage: number, index: number) => StoredResult | undefined {
  const levels = db.prepare('SELECT max(level) FROM result WHERE stage = ?')
  const candidates = db.prepare(
    'SELECT id FROM result WHERE stage = ? AND level = ? AND first > ? AND first <= ? AND last >= ?',
  )
  const indexesOf = db.prepare('SELECT count, first, indexes FROM result WHERE id = ?')
  const whole = db.prepare(`SELECT ${rows.narrowColumns}, payloads FROM result WHERE id = ?`)
  return (stage, index) => {
    const ids: number[] = []
    const highest = levels.get(stage)?.[0] ?? -1
    for (let level = 0; level <= highest; level += 1) {
      const after = index - 4 ** level
      for (const [id] of candidates.all(stage, level, after, index, index)) ids.push(id)
    }
    ids.sort((a, b) => b - a)
    for (const id of ids) {
      const [count, first, indexes] = indexesOf.get(id)
      // Within a batch, too, the last answer counts.
      const position = rows.unpackIndexes({ count, indexes })?.lastIndexOf(index) ?? index - first
      if (position < 0) continue
      const columns = whole.get(id)
      const row = rows.rowOf(columns, columns[8])
      rows.verifyRow(db, stages, stage, id, row)
      return itemAt(row, index, position)
    }
    return undefined
  }
}

function itemAt(row: rows.Row, index: number, position: number): StoredResult {
  return {
    index,
    key: rows.unpackKeys(row)[position],
    version: rows.unpackVersions(row)[position],
    state: rows.resultStates[rows.stateAt(row.states, position)],
    payload: rows.unpackPayloads(row, [position])[0],
  }
}
