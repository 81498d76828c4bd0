import { removedMeanwhile } from '../../port/journal-error.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'
import { type Row, unpackedFrom, unpackIndexes, unpackTextsOf, verifyRow } from './result-rows.ts'

/** A result row, unpacked as far as it is asked for. */
export type Answers = {
  keyAt(position: number): string
  versionAt(position: number): string
  payloadAt(position: number): string
}

export type ReadAnswers = (stage: number, id: number) => Answers

/** Reads and verifies whole rows, or (`keys`) leaves the payloads on the disk unread and unverified. */
export function answersReader(db: Database, stages: Stages, part: 'whole' | 'keys'): ReadAnswers {
  const payloads = part === 'whole' ? 'payloads' : 'NULL'
  const select = db.prepare(
    `SELECT count, first, last, checksum, indexes, states, keys, versions, ${payloads}
     FROM result WHERE id = ?`,
  )
  return (stage, id) => {
    const found = select.get(id)
    if (found === undefined) throw removedMeanwhile(`result row ${id} of ${db.path}`)
    const [count, first, last, checksum, indexes, states, keys, versions, bytes] = found
    const row: Row = {
      count,
      first,
      last,
      checksum,
      indexes,
      states,
      keys,
      versions,
      payloads: bytes,
    }
    if (part === 'whole') verifyRow(db, stages, stage, id, row)
    return unpackedFrom(db, id, () => unpack(row))
  }
}

function unpack(row: Row): Answers {
  const indexes = row.keys === null ? unpackIndexes(row) : undefined
  const keyAt = row.keys === null ? undefined : unpackTextsOf(row.keys)
  return {
    keyAt: keyAt ?? (position => String(indexes ? indexes[position] : row.first + position)),
    versionAt: unpackTextsOf(row.versions),
    payloadAt: row.payloads === null ? () => '' : linesOf(row.payloads, row.count),
  }
}

/**
 * Each line is a text of its own: a slice of the row's text would keep the whole row in memory for as long
 * as one of its items.
 */
function linesOf(payloads: Uint8Array, count: number): (position: number) => string {
  const bytes = Buffer.from(payloads.buffer, payloads.byteOffset, payloads.length)
  const ends = new Int32Array(count)
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) ends[lines++] = at
  ends[lines++] = bytes.length
  return position => {
    const line = lines === 1 ? 0 : position
    return bytes.toString('utf8', line === 0 ? 0 : ends[line - 1] + 1, ends[line])
  }
}
