import { InputError } from '../../model/input-error.ts'
import type { LineReader } from './line-reader.ts'
import { LONGEST_LINE } from './line-reader.ts'
import { type PlacedSource, problemRow, type Row, type RowOptions, row } from './row.ts'
import { rowsFile } from './rows-file.ts'

/**
 * JSON Lines: one JSON value a line, blank lines skipped. A line that is no JSON, half written or
 * not UTF-8 is an item that fails alone, named by file and line.
 */
export function jsonlSource(path: string, shown: string, options: RowOptions): PlacedSource {
  return rowsFile(path, shown, {
    row: (reader, index) => jsonRow(reader, index, shown, options),
  })
}

function jsonRow(
  reader: LineReader,
  index: number,
  shown: string,
  options: RowOptions,
): Row | 'blank' {
  const { line } = reader
  const place = (): string => `${shown}:${line}`
  const text = reader.text.trim()
  if (text === '' && !reader.tooLong) return 'blank'
  const problem = lineProblem(reader)
  if (problem !== undefined) return problemRow(`${place()}: ${problem}`, index, options, line)
  const parsed = parseRow(text, index, place, options, line, reader.unended)
  if (parsed.problem === undefined || !text.includes('\r')) return parsed
  // A whole file of such lines is one line, and no item of it could be told from another.
  if (line === 1 && reader.unended) throw new InputError(`${place()}: ${ENDS_WITH_CR}`)
  return problemRow(`${place()}: ${ENDS_WITH_CR}`, index, options, line)
}

export const ENDS_WITH_CR =
  "lines that end with CR alone; expected LF or CR LF, as tr '\\r' '\\n' makes of them"

/** A row from JSON text, wherever it came from. */
export function parseRow(
  text: string,
  index: number,
  place: () => string,
  options: RowOptions,
  line?: number,
  unended = false,
): Row {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const what = unended ? 'half-written JSON at the end of the file' : 'not JSON'
    const problem = `${place()}: ${what} (${(error as Error).message}); expected one JSON value a line`
    return problemRow(problem, index, options, line)
  }
  return row(text, value, index, place, options, line)
}

/** What is wrong with a line before it is parsed. */
export function lineProblem({
  tooLong,
  garbled,
}: Pick<LineReader, 'tooLong' | 'garbled'>): string | undefined {
  if (tooLong) return `longer than ${LONGEST_LINE} bytes; expected shorter lines`
  if (garbled) return 'bytes that are not UTF-8; expected UTF-8 text'
  return undefined
}
