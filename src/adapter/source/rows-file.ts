import { open as openFile, stat } from 'node:fs/promises'
import { InputError } from '../../model/input-error.ts'
import type { SourceChunk } from '../../port/source.ts'
import { LineReader } from './line-reader.ts'
import { LARGEST_CHUNK, type PlacedSource, type Row } from './row.ts'

/**
 * A file of rows read from a cursor `offset:line:index`: the shared part of jsonl and csv. The
 * reader stays open between reads that continue each other; any other cursor opens it anew there.
 */
type RowFormat = {
  /** What is read before the first row: the header of a csv file. */
  prepare?(reader: LineReader): Promise<void>
  /** The row at the reader's line; 'blank' is no item, 'more' wants another line. */
  row(reader: LineReader, index: number): Row | 'blank' | 'more'
  /** The file ended while the row wanted more. */
  unfinished?(index: number): Row
}

export function rowsFile(path: string, shown: string, format: RowFormat): PlacedSource {
  let reader: LineReader | undefined
  let cursorNow: string | undefined
  let prepared = format.prepare === undefined

  const openAt = async (cursor: string | undefined): Promise<LineReader> => {
    await reader?.close()
    reader = undefined
    await statFile(path, shown)
    if (cursor === undefined) await refuseOtherThanText(path, shown)
    if (!prepared || cursor === undefined) {
      reader = await openReader(path, shown)
      await format.prepare?.(reader)
      prepared = true
      if (cursor === undefined) return reader
      await reader.close()
      reader = undefined
    }
    const [offset, line] = cursor!.split(':').map(Number)
    reader = await openReader(path, shown, { offset, line })
    return reader
  }

  return {
    fingerprint: async () => {
      const { size, mtimeMs } = await statFile(path, shown)
      return `${path}:${size}:${mtimeMs}`
    },
    count: async () => undefined,
    read: async (cursor, limit) => {
      const open =
        reader !== undefined && cursor !== undefined && cursor === cursorNow
          ? reader
          : await openAt(cursor)
      const index = cursor === undefined ? 0 : Number(cursor.split(':')[2])
      const chunk = await readRows(open, format, index, limit)
      // Its end is then no end, and what was read of its last lines may be half of one.
      if (chunk.done && (await open.wasRewritten())) throw rewritten(shown, open.line)
      cursorNow = chunk.cursor
      return chunk
    },
    place: (_, line) => `${shown}:${line}`,
    close: async () => {
      await reader?.close()
      reader = undefined
    },
  }
}

async function readRows(
  reader: LineReader,
  format: RowFormat,
  first: number,
  limit: number,
): Promise<SourceChunk> {
  const items: Row[] = []
  let length = 0
  let wanting = false
  let done = false
  while (wanting || (items.length < limit && length < LARGEST_CHUNK)) {
    const state = reader.next()
    if (state === 'more') {
      await reader.fill()
      continue
    }
    const index = first + items.length
    if (state === 'end') {
      if (wanting && format.unfinished !== undefined) items.push(format.unfinished(index))
      done = true
      break
    }
    const row = format.row(reader, index)
    wanting = row === 'more'
    if (typeof row === 'string') continue
    items.push(row)
    length += row.payload.length
  }
  const cursor = `${reader.offset}:${reader.line}:${first + items.length}`
  return { items, cursor, done }
}

async function openReader(
  path: string,
  shown: string,
  from?: { readonly offset: number; readonly line: number },
): Promise<LineReader> {
  try {
    return await LineReader.open(path, from)
  } catch (error) {
    throw new InputError(`${shown}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function rewritten(shown: string, line: number): InputError {
  return new InputError(
    `${shown}:${line}: the file was cut off or written again while it was read; ` +
      'expected one that is only added to meanwhile',
  )
}

/** Whose every line would be refused alone, as bytes that are not UTF-8. */
async function refuseOtherThanText(path: string, shown: string): Promise<void> {
  const file = await openFile(path).catch(() => undefined)
  if (file === undefined) return
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close())
  const head = buffer.toString('latin1')
  const kind = otherThanText.find(({ begins }) => begins.some(bytes => head.startsWith(bytes)))
  if (kind === undefined) return
  throw new InputError(`${shown}: ${kind.is}; expected UTF-8 text: ${kind.helps}`)
}

const otherThanText = [
  { begins: ['\x1f\x8b'], is: 'packed by gzip', helps: 'unpack it, or zcat it to --input jsonl:-' },
  { begins: ['PK\x03\x04'], is: 'a zip archive or a spreadsheet', helps: 'unpack or export it' },
  { begins: ['\xff\xfe', '\xfe\xff'], is: 'UTF-16', helps: 'save or convert it as UTF-8' },
]

async function statFile(path: string, shown: string): Promise<{ size: number; mtimeMs: number }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`
    throw new InputError(`${shown}: ${why}; expected the job's input (looked at ${path})`)
  })
  if (!found.isFile()) throw new InputError(`${shown}: not a file; expected the job's input`)
  if (found.size === 0) throw new InputError(`${shown}: empty; expected at least one item`)
  return found
}
