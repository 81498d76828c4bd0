import type { ResultBatch, ResultState } from '../../port/journal.ts'
import { JournalError } from '../../port/journal-error.ts'
import { assert } from '../../std/assert.ts'
import { checksumOf } from '../sqlite/checksum.ts'
import { allEqual, packNumbers, packTexts, unpackNumbers } from '../sqlite/columns.ts'
import type { Database } from '../sqlite/database.ts'
import type { Stages } from '../sqlite/stages.ts'

/**
 * One row per batch of results, written and read here alone. What a batch usually is costs nothing: a
 * contiguous range has no index column, keys that are the indexes no key column, equal states, versions
 * or payloads one value. Payloads are JSON texts, which hold no raw newline, so newlines separate them.
 */
export function resultWriter(db: Database, stages: Stages): (batch: ResultBatch) => void {
  const insert = db.prepare(
    `INSERT INTO result (stage, first, last, count, checksum, indexes, states, keys, versions,
     payloads) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return batch => {
    const stage = stages.numberOf(batch.run, batch.stage)
    for (const [from, to] of slices(batch)) {
      const row = packRow(batch, from, to)
      const { first, last, count, indexes, states, keys, versions, payloads } = row
      const checksum = rowChecksum(stages.seed(stage), row)
      insert.get(stage, first, last, count, checksum, indexes, states, keys, versions, payloads)
    }
  }
}

export type Row = {
  readonly count: number
  readonly first: number
  readonly last: number
  readonly checksum: number
  /** Packed when not first, first + 1, ... */
  readonly indexes: Uint8Array | null
  readonly states: string
  readonly keys: string | null
  readonly versions: string
  /** `null` where they were not read. */
  readonly payloads: Uint8Array | null
}

/** Bounds what reading one item of a row costs. */
const maxRowItems = 4096
const maxRowBytes = 1 << 16

function slices(batch: ResultBatch): [from: number, to: number][] {
  const count = batch.indexes.length
  const columns = [batch.keys, batch.versions, batch.states, batch.payloads]
  assert(
    columns.every(column => column.length === count),
    `a result batch of ${batch.stage} has columns of different lengths`,
  )
  const cuts: [number, number][] = []
  let from = 0
  let bytes = 0
  for (let i = 0; i < count; i += 1) {
    const size = batch.payloads[i].length
    if (i > from && (i - from === maxRowItems || bytes + size > maxRowBytes)) {
      cuts.push([from, i])
      from = i
      bytes = 0
    }
    bytes += size
  }
  if (count > from) cuts.push([from, count])
  return cuts
}

function packRow(batch: ResultBatch, from: number, to: number): Omit<Row, 'checksum'> {
  const part = <T>(column: readonly T[]) =>
    from === 0 && to === column.length ? column : column.slice(from, to)
  const [numbers, keys, payloads] = [part(batch.indexes), part(batch.keys), part(batch.payloads)]
  for (const text of payloads)
    assert(
      !text.includes('\n') && text !== '',
      `a result of ${batch.stage} is not one line of JSON`,
    )
  let first = numbers[0]
  let last = numbers[0]
  let contiguous = true
  let named = false
  for (let i = 0; i < numbers.length; i += 1) {
    const index = numbers[i]
    if (index < first) first = index
    if (index > last) last = index
    contiguous &&= index === numbers[0] + i
    named ||= keys[i] !== String(index)
  }
  return {
    count: numbers.length,
    first,
    last,
    indexes: contiguous ? null : packNumbers([numbers]),
    states: packStates(part(batch.states)),
    keys: named ? packTexts(keys) : null,
    versions: packTexts(part(batch.versions)),
    payloads: Buffer.from(allEqual(payloads) ? payloads[0] : payloads.join('\n')),
  }
}

function rowChecksum(seed: number, row: Omit<Row, 'checksum'>): number {
  const head = `${row.count} ${row.first} ${row.last} ${row.states}`
  return checksumOf(seed, head, row.indexes, row.keys, row.versions, row.payloads)
}

/** Refuses a row that is not what was written, naming it. */
export function verifyRow(db: Database, stages: Stages, stage: number, id: number, row: Row): void {
  if (rowChecksum(stages.seed(stage), row) === row.checksum) return
  const { run, stage: name } = stages.name(stage)
  throw new JournalError('corrupt', {
    where: `result row ${id} (${run}, stage ${name}, items ${row.first} to ${row.last}) of ${db.path}`,
    what: 'its checksum does not match its content',
    expected: 'the row as it was committed',
    remedy,
  })
}

const remedy =
  'Restore the folder from a backup, or run afresh in another one (--dir, or dir of open).'

/** Columns are unpacked before, or without, the whole row being verified: what does not unpack is damaged. */
export function unpackedFrom<T>(db: Database, id: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new JournalError(
      'corrupt',
      {
        where: `result row ${id} of ${db.path}`,
        what: 'it cannot be unpacked',
        expected: 'the row as it was committed',
        remedy,
      },
      error,
    )
  }
}

/** Item indexes of a row by position; `undefined` for first, first + 1, ... */
export function unpackIndexes(row: Pick<Row, 'indexes' | 'count'>): readonly number[] | undefined {
  return row.indexes === null ? undefined : unpackNumbers(row.indexes, 1, row.count)[0]
}

/** A text column by position. */
export function unpackTextsOf(text: string): (position: number) => string {
  const value = JSON.parse(text) as string | string[]
  return typeof value === 'string' ? () => value : position => value[position]
}

export const resultStates: readonly ResultState[] = [
  'done',
  'stopped',
  'failed',
  'skipped',
  'cancelled',
]

/** One digit per item, or one for all. */
function packStates(states: readonly ResultState[]): string {
  if (allEqual(states)) return String(resultStates.indexOf(states[0]))
  return states.map(state => resultStates.indexOf(state)).join('')
}

/** The place of the item's state in `resultStates`. */
export function stateAt(states: string, position: number): number {
  return states.charCodeAt(states.length === 1 ? 0 : position) - 48
}
