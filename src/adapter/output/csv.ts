import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { StoredResult } from '../../port/store.ts'
import { createAtomicFile } from './atomic-file.ts'
import { errorOf, hasResult } from './jsonl.ts'
import { OutputError } from './output-error.ts'

/**
 * Comma-separated values (RFC 4180): index, key, error, and a column per field of the results, in
 * the order they were first seen. Which columns there are is known only after the last result, so
 * rows are first set aside on disk as JSON, then written under the whole header.
 */
export async function writeCsv(
  path: string,
  results: Iterable<StoredResult>,
): Promise<{ readonly bytes: number; readonly items: number }> {
  const file = await createAtomicFile(path)
  const aside = await createAtomicFile(`${path}.rows`)
  try {
    const columns = new Map<string, number>()
    let items = 0
    for (const result of results) {
      items += 1
      const full = aside.write(`${JSON.stringify(cellsOf(result, columns, path))}\n`)
      if (full !== undefined) await full
    }
    await file.write(`${header(columns).map(quoted).join(',')}\n`)
    const rows = createReadStream(await aside.readBack())
    for await (const line of createInterface({ input: rows })) {
      const cells = JSON.parse(line) as string[]
      const missing = columns.size - cells.length
      const full = file.write(`${cells.map(quoted).join(',')}${','.repeat(missing)}\n`)
      if (full !== undefined) await full
    }
    return { bytes: await file.commit(), items }
  } finally {
    await aside.discard()
    await file.discard()
  }
}

const FIXED = ['index', 'key', 'error'] as const
const MOST_COLUMNS = 10_000

/** A row as wide as the columns known by now; later columns are empty in it. */
function cellsOf(result: StoredResult, columns: Map<string, number>, path: string): string[] {
  if (columns.size === 0) for (const name of FIXED) columns.set(name, columns.size)
  const cells: string[] = new Array(columns.size).fill('')
  cells[0] = String(result.index)
  cells[1] = result.key
  if (!hasResult(result)) {
    const { kind, message } = errorOf(result)
    cells[2] = `${kind}: ${message}`
    return cells
  }
  for (const [field, value] of fieldsOf(JSON.parse(result.payload))) {
    let column = columns.get(field)
    if (column === undefined) {
      column = columns.size
      columns.set(field, column)
      if (columns.size > MOST_COLUMNS) {
        throw new OutputError(
          `${path}: not written: the results have more than ${MOST_COLUMNS} different fields; expected a table, use { jsonl } instead`,
        )
      }
    }
    while (cells.length <= column) cells.push('')
    cells[column] = cellText(value)
  }
  return cells
}

/** A result that is no object has the one column `result`; fields named as ours get a prefix. */
function fieldsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [['result', value]]
  return Object.entries(value).map(([field, inner]) => [
    (FIXED as readonly string[]).includes(field) ? `result.${field}` : field,
    inner,
  ])
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const header = (columns: ReadonlyMap<string, number>): readonly string[] =>
  columns.size === 0 ? FIXED : [...columns.keys()]

const quoted = (cell: string): string =>
  /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
