import type { GanttOptions } from '../report/gantt-text.ts'
import { outColours } from './colour.ts'
import { wrapped } from './print.ts'
import { printable } from './printable.ts'

/** A terminal that was never told its size says 0: it is then as wide as most. */
export const screenWidth = (screen: { readonly columns?: number }, otherwise = 80): number =>
  screen.columns || otherwise

/** How wide stdout is, and whether it shows colours: `NO_COLOR`, `FORCE_COLOR` and `TERM` are heeded. */
export function terminal(): GanttOptions {
  const { stdout } = process
  const width = Math.min(160, Math.max(24, screenWidth(stdout, 100)))
  return { width, colour: outColours.isColorSupported }
}

/** Prose above a picture, broken at spaces where stdout is a terminal; elsewhere lines stay whole. */
export function toTerminal(lines: readonly string[]): string {
  const { width, colour = false } = terminal()
  const shown = printable(lines.join('\n'), colour)
  if (process.stdout.isTTY !== true) return `${shown}\n`
  const whole = shown.split('\n').flatMap(line => wrapped(line, width))
  return `${whole.join('\n')}\n`
}

/** The same, written. */
export function printProse(lines: readonly string[]): void {
  process.stdout.write(toTerminal(lines))
}
