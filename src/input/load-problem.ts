import { isUtf8 } from 'node:buffer'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Problem } from '../model/problem.ts'
import { requireExact } from './exact.ts'
import { badInput } from './input-error.ts'
import { countRows, matrixReader, parseMatrix } from './matrix.ts'
import { parseJson } from './json.ts'
import { parseMachines, problemFrom } from './problem.ts'
import { looksLikeWfformat, wfformatProblem } from './wfformat.ts'

/**
 * Reads a scheduling problem: a matrix (`.csv`), a problem or a WfFormat instance (`.json`), each
 * also as `.gz`. Throws `InputError` with the place and what was expected.
 *
 * A plain matrix is read in pieces, twice (once to count its rows), so its text is never in memory.
 * What must be whole in memory is refused above a limit, before it is read.
 */
export function loadProblem(path: string, options: { machinesPath?: string } = {}): Problem {
  const bare = path.replace(/\.gz$/i, '')
  const name = basename(bare).replace(/\.(csv|json)$/i, '')
  if (/\.csv$/i.test(bare)) {
    refuseMachines(options.machinesPath, path)
    const problem = bare === path ? readMatrix(path, name) : readPackedMatrix(path, name)
    requireExact(problem, longest => (longest ? `${path}:${longest.task + 1}` : path))
    return problem
  }
  if (!/\.json$/i.test(bare)) {
    throw badInput(path, 'not a problem by its name', '.csv or .json, or either with .gz')
  }
  const json = parseJson(readText(path), path)
  if (looksLikeWfformat(json)) {
    const machines =
      options.machinesPath === undefined
        ? undefined
        : parseMachines(readText(options.machinesPath), options.machinesPath)
    const machinesPlace = options.machinesPath ?? path
    return wfformatProblem(json, { place: path, name, machines, machinesPlace })
  }
  refuseMachines(options.machinesPath, path)
  return problemFrom(json, { place: path, name })
}

/** Parsed, JSON takes about ten times its text: more than this would exhaust the heap. */
const MAX_JSON_BYTES = 128 * 2 ** 20
/** Unpacked at once, because there is no synchronous unpacking in pieces. */
const MAX_UNPACKED_BYTES = 512 * 2 ** 20
const PIECE_BYTES = 4 * 2 ** 20

function refuseMachines(machinesPath: string | undefined, path: string): void {
  if (machinesPath === undefined) return
  throw badInput(
    path,
    `--machines ${machinesPath} has no use here: this input brings its own machines`,
    'a WfFormat instance with --machines, or this input without',
  )
}

function readMatrix(path: string, name: string): Problem {
  let rows = 0
  eachPiece(path, piece => {
    if (rows === 0) refusePacked(piece, path)
    rows += countRows(piece)
  })
  const reader = matrixReader({ place: path, name, rows })
  eachPiece(path, reader.push)
  return reader.finish()
}

function readPackedMatrix(path: string, name: string): Problem {
  return parseMatrix(unpack(readBytes(path), path, MAX_UNPACKED_BYTES), { place: path, name })
}

function readText(path: string): string {
  const bytes = readBytes(path, /\.gz$/i.test(path) ? MAX_UNPACKED_BYTES : MAX_JSON_BYTES)
  const plain = /\.gz$/i.test(path) ? unpack(bytes, path, MAX_JSON_BYTES) : bytes
  return textOf(plain, path)
}

function refusePacked(bytes: Uint8Array, path: string): void {
  if (!isGzip(bytes)) return
  throw badInput(
    path,
    'packed by gzip under a name that does not say so',
    'a name that ends in .gz',
  )
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** What is not UTF-8 would turn into question marks, and two names into one. */
function textOf(bytes: Buffer, path: string): string {
  refusePacked(bytes, path)
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  if (utf16) throw badInput(path, 'UTF-16 text', 'UTF-8 text')
  let line = 1
  for (let from = 0; ; line += 1) {
    const end = bytes.indexOf(LINE_FEED, from)
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) break
    from = end + 1
  }
  throw badInput(`${path}:${line}`, 'bytes that are no UTF-8 text', 'UTF-8 text')
}

const LINE_FEED = 10

function readBytes(path: string, limit = MAX_UNPACKED_BYTES): Buffer {
  return withFile(path, file => {
    const { size } = fstatSync(file)
    if (size > limit) {
      throw badInput(
        path,
        `${megabytes(size)} MB`,
        `at most ${megabytes(limit)} MB; a larger problem fits a plain matrix (.csv)`,
      )
    }
    return readFileSync(file)
  })
}

function unpack(bytes: Buffer, path: string, limit: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit })
  } catch (error) {
    if (error instanceof RangeError) {
      throw badInput(
        path,
        `over ${megabytes(limit)} MB unpacked`,
        `less than that; a larger problem fits a plain matrix (.csv without .gz)`,
      )
    }
    throw badInput(path, packingFault(bytes, error), 'a whole file, as gzip wrote it')
  }
}

function packingFault(bytes: Buffer, error: unknown): string {
  if (bytes.length === 0) return 'an empty file'
  if (!isGzip(bytes) && !(bytes.length === 1 && bytes[0] === 0x1f)) return 'not a gzip file'
  const { code } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR')
    return `cut off: it ends after ${bytes.length} bytes, within what was packed`
  return `a damaged gzip file: ${reason(error)}`
}

function eachPiece(path: string, use: (piece: Uint8Array) => void): void {
  withFile(path, file => {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES)
    for (;;) {
      const read = readSync(file, buffer, 0, PIECE_BYTES, null)
      if (read === 0) return
      use(buffer.subarray(0, read))
    }
  })
}

function withFile<T>(path: string, use: (file: number) => T): T {
  let file: number
  try {
    // Without a writer a pipe would be waited for, and no file is.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw badInput(
      path,
      code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`,
      'a file to read',
    )
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw badInput(path, kindOf(found), 'a file')
    return use(file)
  } finally {
    closeSync(file)
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return 'not a file'
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20)

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
