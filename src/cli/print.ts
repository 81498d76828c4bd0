import { once } from 'node:events'
import { setImmediate as pause } from 'node:timers/promises'
import { errColours, outColours as pc } from './colour.ts'
import type { LoadedModel } from '../api/why/loaded.ts'
import { columnsOf, columnsOfLetter } from '../std/columns.ts'
import { exitCode, leave } from './exit.ts'
import { printable } from './printable.ts'
import { formatBytes, formatCount, formatDuration } from '../std/units.ts'

/** How commands write: sober lines, colour only where a terminal wants it, columns that line up. */

/** Writes a line for people; a reader that has gone away (`| head`) ends the command quietly. */
export function print(line: string): void {
  process.stdout.write(`${printable(line, pc.isColorSupported)}\n`)
}

/** A line for people on stderr, beside what stdout is for. */
export function tell(line: string): void {
  process.stderr.write(`${printable(line, errColours.isColorSupported)}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Many lines at once, as fast as they are read: what nobody has taken yet is not piled up. */
export async function printText(text: string): Promise<void> {
  if (process.stdout.write(text)) await pause()
  else await once(process.stdout, 'drain')
}

/** A closed pipe is the reader's wish, not a fault: what only answers ends with its reader. */
export function endWithReader(): void {
  process.stdout.on('error', endUnread)
  process.stderr.on('error', stayUnread)
}

/** From now on the command does its work to the end: a run does not depend on who watches. */
export function goOnUnread(): void {
  process.stdout.off('error', endUnread).once('error', goOnWithout)
}

/** The work is over, and how it came out decides the exit code: only its answers may go unread. */
export function endUnreadWith(code: number): void {
  process.stdout.removeAllListeners('error').on('error', error => endUnread(error, code))
}

function endUnread(error: NodeJS.ErrnoException, code: number = exitCode.done): void {
  if (isReaderGone(error)) leave(code)
  tell(`dray: standard output cannot be written (${error.code}): what it was to say is not whole`)
  leave(exitCode.badInput)
}

/** A run's work is not lost with its words; but whoever asked for them is told by the exit code. */
function goOnWithout(error: NodeJS.ErrnoException): void {
  process.stdout.on('error', stayUnread)
  if (isReaderGone(error)) return
  tell(`dray: standard output cannot be written (${error.code}); the run goes on`)
  process.once('exit', code => {
    if (code === exitCode.done) process.exitCode = exitCode.badInput
  })
}

function stayUnread(): void {}

/** The pipe was closed, or the terminal. */
const isReaderGone = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'EPIPE' || code === 'EIO'

/** A state in its colour: what went wrong stands out, the rest stays calm. */
export function coloured(state: string): string {
  if (state === 'failed') return pc.red(state)
  if (state === 'interrupted' || state === 'cancelled' || state === 'slow') return pc.yellow(state)
  if (state === 'active' || state === 'running') return pc.cyan(state)
  return state === 'done' ? pc.green(state) : state
}

/** Rows of equal columns; the last is not padded. Widths are of what is seen, colours aside. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map(row => seenWidth(row[at] ?? ''))),
  )
  return rows.map(row =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : padEnd(cell, widths[at])))
      .join('  ')
      .trimEnd(),
  )
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - seenWidth(text)))

export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - seenWidth(text))) + text

/** Columns a text takes on a terminal: escapeCode sequences none, wide characters two. */
export function seenWidth(text: string): number {
  return columnsOf(text.replace(escapes, ''))
}

/** Cut to a width, colours kept whole. */
export function clip(text: string, width: number): string {
  if (seenWidth(text) <= width) return text
  let out = ''
  let seen = 0
  for (const [part, escapeCode] of text.matchAll(parts)) {
    if (escapeCode !== undefined) out += part
    else {
      const columns = columnsOfLetter(part)
      if (seen + columns > width - 1) continue
      out += part
      seen += columns
    }
  }
  return `${out}…`
}

/**
 * Lines of at most a width, broken at spaces; what goes on hangs under the second column of a row, else is indented
 * further. Longer words stay whole.
 */
export function wrapped(line: string, width: number): string[] {
  if (seenWidth(line) <= width) return [line]
  const indent = /^ */.exec(line)?.[0] ?? ''
  const firstColumn = /^ *\S.*? {2,}(?=\S)/.exec(line.replace(escapes, ''))?.[0] ?? ''
  const column = seenWidth(firstColumn)
  const hang = ' '.repeat(column > 0 && column <= width / 2 ? column : indent.length + 4)
  const lines: string[] = []
  let now = indent
  for (const word of line.slice(indent.length).split(/(?<=\S)(?= )/)) {
    if (now.trim() !== '' && seenWidth(now + word) > width) {
      lines.push(now)
      now = `${hang}${word.trimStart()}`
    } else now += word
  }
  return [...lines, now]
}

const escapeCode = String.fromCharCode(27)
const escapes = new RegExp(`${escapeCode}\\[[0-9;?]*[A-Za-z]`, 'g')
const parts = new RegExp(`(${escapeCode}\\[[0-9;?]*[A-Za-z])|[^]`, 'gu')

/** `just now`, `5 min ago`, `3 d ago`. */
export function ago(micros: number, now = Date.now() * 1_000): string {
  const past = now - micros
  return past < 60_000_000
    ? 'just now'
    : `${formatDuration(past).split(' ').slice(0, 2).join(' ')} ago`
}

export const countedRetries = (count: number): string =>
  count === 1 ? '1 retry' : `${formatCount(count)} retries`

/** A share in whole per cent that says 100 only when it is. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100)
  return `${rounded === 100 && share < 1 ? 99 : rounded} %`
}

/** `oak 45 MB x2, elm`: what is held, by how many slots. */
export function modelsInWords(models: readonly LoadedModel[]): string {
  return models
    .map(({ model, slots, bytes }) => {
      const size = bytes > 0 ? ` ${formatBytes(bytes)}` : ''
      return `${model}${size}${slots > 1 ? ` x${slots}` : ''}`
    })
    .join(', ')
}
