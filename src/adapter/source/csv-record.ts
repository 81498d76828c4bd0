/**
 * One record of comma-separated values (RFC 4180), fed line by line: a quoted field may hold line
 * ends. A quote inside an unquoted field is text, as spreadsheets have it.
 */
export type CsvRecord = {
  readonly fields: string[]
  /** The quoted field still open after the last line, or `undefined`. */
  open: string | undefined
  /** How the last line ended: part of the field still open. */
  lineEnd: string
  problem: string | undefined
}

export const csvRecord = (): CsvRecord => ({
  fields: [],
  open: undefined,
  lineEnd: '',
  problem: undefined,
})

/** Adds a line; the record is whole when `open` is then `undefined`. */
export function feed(
  record: CsvRecord,
  { text: line, lineEnd }: { readonly text: string; readonly lineEnd: string },
  delimiter: string,
): void {
  let at = 0
  if (record.open !== undefined) {
    record.open += record.lineEnd
    at = readQuoted(record, line, 0, delimiter)
  } else if (!line.includes('"')) {
    for (const field of line.split(delimiter)) record.fields.push(field)
    return
  }
  record.lineEnd = lineEnd
  while (at <= line.length && record.open === undefined) {
    if (line[at] === '"') {
      record.open = ''
      at = readQuoted(record, line, at + 1, delimiter)
      continue
    }
    const end = line.indexOf(delimiter, at)
    record.fields.push(end < 0 ? line.slice(at) : line.slice(at, end))
    if (end < 0) return
    at = end + 1
  }
}

/** Reads inside quotes from `at`; answers where the next field begins, past the end after the last. */
function readQuoted(record: CsvRecord, line: string, at: number, delimiter: string): number {
  let from = at
  for (;;) {
    const quote = line.indexOf('"', from)
    if (quote < 0) {
      record.open += line.slice(from)
      return line.length + 1
    }
    record.open += line.slice(from, quote)
    if (line[quote + 1] === '"') {
      record.open += '"'
      from = quote + 2
      continue
    }
    const end = line.indexOf(delimiter, quote + 1)
    const after = end < 0 ? line.slice(quote + 1) : line.slice(quote + 1, end)
    if (after.trim() !== '') record.problem ??= `${JSON.stringify(after)} after a closing quote`
    record.fields.push(record.open!)
    record.open = undefined
    return end < 0 ? line.length + 1 : end + 1
  }
}
