import type { Problem } from '../model/problem.ts'
import { plural } from '../std/units.ts'
import { badInput } from './input-error.ts'

/**
 * A matrix of processing times: a row per task, a column per machine, no header. `inf` marks a
 * machine that can never run the task.
 *
 * Cells are read from bytes straight into the one array the problem keeps: 100,000 x 1,000 cells
 * as strings would take several times the memory of their numbers. The bytes come in pieces of any
 * size, so a file larger than memory for text still loads.
 */
export function parseMatrix(text: string | Uint8Array, options: MatrixOptions): Problem {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const reader = matrixReader({ ...options, rows: countRows(bytes) })
  reader.push(bytes)
  return reader.finish()
}

type MatrixOptions = {
  /** The file as the user wrote it, for errors. */
  readonly place: string
  readonly name: string
}

type MatrixReader = {
  push(bytes: Uint8Array): void
  finish(): Problem
}

/** Beyond these a file is a mistake, and would end in a lack of memory instead of an error. */
const MAX_TASKS = 2_000_000
const MAX_MACHINES = 100_000
const MAX_CELLS = 2 ** 28
const MAX_CELL_BYTES = 64

const COMMA = 44
const LINE_FEED = 10
const RETURN = 13
const SPACE = 32
const TAB = 9
const POINT = 46
const ZERO = 48
const NINE = 57

/** `rows` sizes the array; a wrong count only costs a copy. */
export function matrixReader(options: MatrixOptions & { readonly rows: number }): MatrixReader {
  let times = new Float64Array(0)
  let count = 0
  let columns = -1
  let column = 0
  let line = 1
  let rows = 0
  let blankLine = 0
  // A cell that is not a plain decimal, or that a piece ends in, gathers here.
  const cell = new Uint8Array(MAX_CELL_BYTES)
  let length = 0

  const fail = (found: string, expected: string): never => {
    throw badInput(`${options.place}:${line}`, found, expected)
  }

  const endCell = (value: number): void => {
    if (count === times.length) times = grow(times, count, columns, options.rows)
    times[count] = value
    count += 1
    column += 1
    if (columns < 0 && column > MAX_MACHINES) {
      fail(`more than ${MAX_MACHINES} columns`, 'a row per task and a column per machine')
    }
  }

  const endSlowCell = (): void => {
    const text = new TextDecoder().decode(cell.subarray(0, length))
    length = 0
    endCell(readCell(text, column, fail))
  }

  const endLine = (): void => {
    if (blankLine > 0) {
      line = blankLine
      fail('an empty line between rows', 'a row of processing times per task')
    }
    if (columns < 0) {
      columns = column
    } else if (column !== columns) {
      fail(plural(column, 'column'), `${columns}, as in the first row`)
    }
    rows += 1
    if (rows > MAX_TASKS || rows * columns > MAX_CELLS) {
      fail(
        'the matrix is too large',
        `at most ${MAX_TASKS} rows and ${MAX_CELLS} cells; merge small tasks into chunks`,
      )
    }
    column = 0
    line += 1
  }

  const push = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; at += 1) {
      const end = length === 0 ? plainCellEnd(bytes, at) : -1
      if (end >= 0) {
        endCell(plainCell(bytes, at, end))
        at = end
        if (bytes[end] === LINE_FEED) endLine()
        continue
      }
      const byte = bytes[at]
      if (byte === COMMA) {
        endSlowCell()
      } else if (byte === LINE_FEED) {
        if (column === 0 && isBlank(cell, length)) {
          if (blankLine === 0) blankLine = line
          length = 0
          line += 1
        } else {
          endSlowCell()
          endLine()
        }
      } else {
        if (length === MAX_CELL_BYTES) fail(`cell ${column + 1} is over 64 characters`, EXPECTED)
        cell[length] = byte
        length += 1
      }
    }
  }

  const finish = (): Problem => {
    if (column > 0 || !isBlank(cell, length)) {
      endSlowCell()
      endLine()
    }
    if (rows === 0) fail('no rows', 'a row of processing times per task')
    const exact = times.length === count ? times : times.subarray(0, count)
    requireRunnable(exact, columns, options.place)
    return matrixProblem(options.name, exact, columns)
  }

  return { push, finish }
}

/**
 * The end of a plain cell: at most 15 digits with at most one point, closed by a comma or line
 * feed within these bytes; -1 for anything else, which goes byte by byte.
 */
function plainCellEnd(bytes: Uint8Array, start: number): number {
  let points = 0
  const limit = Math.min(bytes.length, start + 17)
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at]
    if (byte >= ZERO && byte <= NINE) continue
    if (byte === POINT) {
      points += 1
      continue
    }
    const digits = at - start - points
    const plain = (byte === COMMA || byte === LINE_FEED) && digits > 0 && digits <= 15 && points < 2
    return plain ? at : -1
  }
  return -1
}

/** The mantissa is below 2^53 and the power of ten exact, so the quotient is rounded once. */
function plainCell(bytes: Uint8Array, start: number, end: number): number {
  let mantissa = 0
  let point = end - 1
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === POINT) point = at
    else mantissa = mantissa * 10 + (byte - ZERO)
  }
  return mantissa / POWERS[end - 1 - point]
}

function isBlank(cell: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at += 1) {
    if (cell[at] !== SPACE && cell[at] !== TAB && cell[at] !== RETURN) return false
  }
  return true
}

const EXPECTED = 'a processing time: a number from 0, or inf where the machine cannot run the task'

/** The powers of ten that are exact doubles. */
const POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

function readCell(
  raw: string,
  column: number,
  fail: (found: string, expected: string) => never,
): number {
  const text = raw.trim().replace(/^\u00ef\u00bb\u00bf/, '')
  const where = `column ${column + 1}`
  if (text === '') return fail(`${where} is missing`, EXPECTED)
  if (/^\+?inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY
  const value = Number(text)
  if (Number.isNaN(value) || /^0[xob]/i.test(text)) {
    const hint = /[;\t]| \d/.test(text)
      ? '; cells are separated by commas'
      : /^[A-Za-z_"]/.test(text) && column === 0
        ? '; a matrix has no header row and no names'
        : ''
    return fail(`${where} is ${JSON.stringify(text)}`, EXPECTED + hint)
  }
  if (value < 0) return fail(`${where} is negative: ${text}`, EXPECTED)
  if (value === Number.POSITIVE_INFINITY) return fail(`${where} is too large: ${text}`, EXPECTED)
  return value
}

/** Before the first row is complete doubles; afterwards asks for all the rows at once. */
function grow(
  times: Float64Array<ArrayBuffer>,
  count: number,
  columns: number,
  rows: number,
): Float64Array<ArrayBuffer> {
  const wanted = columns < 0 ? Math.max(64, count * 2) : Math.max(columns * rows, count * 2)
  const larger = new Float64Array(wanted)
  larger.set(times)
  return larger
}

/** Line feeds, plus one for a last line without. */
export function countRows(bytes: Uint8Array): number {
  let rows = 0
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) rows += 1
  return bytes.length > 0 && bytes[bytes.length - 1] !== LINE_FEED ? rows + 1 : rows
}

function requireRunnable(times: Float64Array, machines: number, place: string): void {
  for (let row = 0; row < times.length; row += machines) {
    let machine = 0
    while (machine < machines && times[row + machine] === Number.POSITIVE_INFINITY) machine += 1
    if (machine < machines) continue
    const task = row / machines
    throw badInput(
      `${place}:${task + 1}`,
      `no machine can run task t${task}: ${machines === 1 ? 'its column is' : `all ${machines} columns are`} inf`,
      'a finite processing time on at least one machine',
    )
  }
}

/** Independent tasks on machines that take one at a time; `times` row-major, a row per task. */
export function matrixProblem(name: string, times: Float64Array, columns: number): Problem {
  const tasks = times.length / columns
  return {
    name,
    unit: 's',
    machines: Array.from({ length: columns }, (_, machine) => ({
      id: `m${machine}`,
      speed: 1,
      capacity: undefined,
      cost: 0,
    })),
    tasks: Array.from({ length: tasks }, (_, task) => ({
      id: `t${task}`,
      needs: undefined,
      release: 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
    })),
    times,
    edges: {
      firstEdge: new Int32Array(tasks + 1),
      from: new Int32Array(0),
      bytes: new Float64Array(0),
      time: new Float64Array(0),
    },
    network: undefined,
  }
}
