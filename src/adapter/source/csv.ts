import { plural } from '../../std/units.ts'
import { InputError } from '../../model/input-error.ts'
import { type CsvRecord, csvRecord, feed } from './csv-record.ts'
import { ENDS_WITH_CR, lineProblem } from './jsonl.ts'
import { type LineReader, LONGEST_LINE } from './line-reader.ts'
import { type PlacedSource, problemRow, type Row, type RowOptions, row } from './row.ts'
import { rowsFile } from './rows-file.ts'

type CsvOptions = RowOptions & { readonly delimiter?: string | undefined }

/**
 * Comma-separated values with a header row: each record is an object of strings by column. Cut by
 * hand rather than by a parser library because a restart needs the byte offset of each record, and
 * one broken record must not end the file. Where no delimiter is given the header tells.
 */
export function csvSource(path: string, shown: string, options: CsvOptions): PlacedSource {
  let header: Header | undefined
  let record = csvRecord()
  let startLine = 0

  const whole = (index: number, place: string): Row => {
    const { fields, problem } = record
    const line = startLine
    record = csvRecord()
    const { columns } = header!
    const wrong =
      problem === undefined
        ? fields.length === columns.length
          ? undefined
          : `${plural(fields.length, 'field')}; expected ${columns.length} (${columns.join(', ')})`
        : `${problem}; expected the delimiter or the end of the line`
    if (wrong !== undefined) return problemRow(`${place}: ${wrong}`, index, options, line)
    const value: Record<string, string> = header!.isPlain ? {} : Object.create(null)
    for (let at = 0; at < columns.length; at += 1) value[columns[at]] = fields[at]
    return row(JSON.stringify(value), value, index, place, options, line)
  }

  return rowsFile(path, shown, {
    prepare: async reader => {
      record = csvRecord()
      header = await readHeader(reader, shown, options.delimiter)
      if (options.key !== undefined && !header.columns.includes(options.key)) {
        throw new InputError(
          `${shown}:1: no column ${JSON.stringify(options.key)}; expected the key among ${header.columns.join(', ')}`,
        )
      }
    },
    row: (reader, index) => {
      const isFirst = record.open === undefined
      if (isFirst) startLine = reader.line
      if (isFirst && reader.text === '' && !reader.tooLong) return 'blank'
      const place = `${shown}:${startLine}`
      const problem = lineProblem(reader)
      if (problem !== undefined) {
        record = csvRecord()
        return problemRow(`${place}: ${problem}`, index, options, startLine)
      }
      feed(record, reader, header!.delimiter)
      if (record.open === undefined) return whole(index, place)
      if (record.open.length < LONGEST_LINE) return 'more'
      record = csvRecord()
      return problemRow(`${place}: ${UNCLOSED} within 16 MB`, index, options, startLine)
    },
    unfinished: index => {
      record = csvRecord()
      const problem = `${shown}:${startLine}: ${UNCLOSED} before the end of the file`
      return problemRow(problem, index, options, startLine)
    },
  })
}

const UNCLOSED = 'a quoted field is not closed'

type Header = {
  readonly columns: readonly string[]
  readonly delimiter: string
  /** No column has a name that an ordinary object would take for its prototype. */
  readonly isPlain: boolean
}

async function readHeader(
  reader: LineReader,
  shown: string,
  given: string | undefined,
): Promise<Header> {
  let record: CsvRecord | undefined
  let delimiter = given ?? ','
  for (;;) {
    const state = reader.next()
    if (state === 'more') {
      await reader.fill()
      continue
    }
    if (state === 'end') throw new InputError(`${shown}: no header row; expected column names`)
    const problem = lineProblem(reader)
    if (problem !== undefined) throw new InputError(`${shown}:${reader.line}: ${problem}`)
    if (record === undefined && reader.text.trim() === '') continue
    if (record === undefined) delimiter = given ?? delimiterOf(reader.text, shown)
    record ??= csvRecord()
    feed(record, reader, delimiter)
    if (record.open === undefined) break
  }
  if (record.fields.some(field => field.includes('\r')))
    throw new InputError(`${shown}:1: ${ENDS_WITH_CR}`)
  const columns = record.fields.map(field => field.trim())
  const repeated = columns.find((column, at) => columns.indexOf(column) !== at)
  if (repeated !== undefined) {
    const what = repeated === '' ? 'two columns without a name' : `two columns named "${repeated}"`
    throw new InputError(`${shown}:${reader.line}: ${what}; expected a header of distinct names`)
  }
  return { columns, delimiter, isPlain: !columns.includes('__proto__') }
}

/** What cuts the header into most columns, quoted names aside; a comma where nothing does. */
function delimiterOf(header: string, shown: string): string {
  const bare = header.replace(/"(?:[^"]|"")*("|$)/g, '')
  const known = /\.tsv$/i.test(shown) ? ['\t', ',', ';', '|'] : [',', '\t', ';', '|']
  const cuts = (delimiter: string): number => bare.split(delimiter).length
  return known.reduce((most, next) => (cuts(next) > cuts(most) ? next : most))
}
