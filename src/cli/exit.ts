import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { InputError } from '../model/input-error.ts'
import { NeverHere } from '../model/never-here.ts'
import { printable } from './printable.ts'
import { explainExit, explainUncaught } from './uncaught.ts'

/** What a command's end means to a shell. */
export const exitCode = { done: 0, failed: 1, badInput: 2, neverHere: 3, interrupted: 130 } as const

/**
 * Runs a command's body: an expected error is told in one screen on stderr, anything else with its stack. One that
 * computes for seconds without a pause, and owns nothing, leaves Ctrl-C to the system: it would not hear of it.
 */
export async function exitWith(
  body: () => Promise<number>,
  options: { readonly computes?: boolean } = {},
): Promise<void> {
  if (options.computes !== true) process.on('SIGINT', quit)
  process.on('uncaughtException', endUncaught)
  process.on('unhandledRejection', endUncaught)
  process.on('exit', unasked)
  process.on('exit', letTerminalGo)
  try {
    checkFolder()
    process.exitCode = await body()
  } catch (error) {
    process.exitCode = told(error)
  }
  process.off('exit', unasked)
  // Whatever an input's generator left running must not keep the process alive; nor does this timer.
  setTimeout(() => process.exit(), LEFT_MILLIS).unref()
}

const LEFT_MILLIS = 500

/** Paths are relative to the current folder, which may have been deleted under its shell. */
function checkFolder(): void {
  try {
    process.cwd()
  } catch (error) {
    throw new InputError(
      `the current folder is gone (${(error as NodeJS.ErrnoException).code}): it was deleted or replaced\n  expected a folder that exists: cd there, then the same command again`,
    )
  }
}

/** Ctrl-C in a command that has nothing to bring to an end; a run has a listener of its own. */
function quit(): void {
  if (process.listenerCount('SIGINT') > 1) return
  const clear = process.stderr.isTTY === true ? '\r\u001b[K' : ''
  process.stderr.write(`${clear}dray: interrupted\n`)
  leave(exitCode.interrupted)
}

/** Ends the process at once, on purpose. */
export function leave(code: number): never {
  process.off('exit', unasked)
  process.exit(code)
}

/**
 * At its end Node gives a terminal its modes back, and aborts where that terminal has gone away meanwhile. One that
 * is closed is none of its concern.
 */
function letTerminalGo(): void {
  for (const descriptor of terminals) {
    if (isatty(descriptor)) continue
    try {
      closeSync(descriptor)
    } catch {
      // The descriptor is closed already.
    }
  }
}

const terminals = [0, 1, 2].filter(isatty)

function endUncaught(error: unknown): void {
  leave(told(explainUncaught(error)))
}

/** Ended before the command was: by a module of the user's. Its code says nothing of the run. */
function unasked(code: number): void {
  process.exitCode = told(new InputError(explainExit(code)))
}

/** Stopped by a signal before it came to its end; what there is to say is said. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

function told(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write(`dray: ${error.message}\n`)
    return exitCode.interrupted
  }
  if (error instanceof NeverHere) {
    process.stderr.write(`dray: ${onOneScreen(error.message)}\n`)
    return exitCode.neverHere
  }
  if (error instanceof InputError || (error instanceof Error && expected.has(error.name))) {
    process.stderr.write(`dray: ${onOneScreen(error.message)}\n`)
    return exitCode.badInput
  }
  process.stderr.write(
    `dray: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return exitCode.failed
}

/** Messages quote what users wrote: nothing in it may fill the screen or steer the terminal. */
function onOneScreen(message: string): string {
  const lines = printable(message, false).split('\n')
  const shown = lines.slice(0, mostLines).map(line => {
    return line.length <= mostLetters ? line : `${line.slice(0, mostLetters)}…`
  })
  if (lines.length > shown.length) shown.push(`  and ${lines.length - shown.length} more lines`)
  return shown.join('\n')
}

const mostLines = 40
const mostLetters = 1_000

/** Errors of the edges that tell their own story: what, where, what was expected, what to do. */
const expected = new Set([
  'InputError',
  'OlderCode',
  'JournalError',
  'OwnedError',
  'OwnerDenied',
  'OutputError',
])
