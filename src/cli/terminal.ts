import type { GanttOptions } from '../report/gantt-text.ts'
import { wrapped } from './print.ts'

/** How wide stdout is, and whether it shows colours: `NO_COLOR`, `FORCE_COLOR` and `TERM` are heeded. */
export function terminal(): GanttOptions {
  const { stdout } = process
  const width = Math.min(160, Math.max(24, stdout.columns ?? 100))
  return { width, colour: stdout.isTTY === true && stdout.hasColors() }
}

/** Prose above a picture, broken at spaces where stdout is a terminal; elsewhere lines stay whole. */
export function toTerminal(lines: readonly string[]): string {
  if (process.stdout.isTTY !== true) return `${lines.join('\n')}\n`
  const { width } = terminal()
  return `${lines.flatMap(line => line.split('\n').flatMap(one => wrapped(one, width))).join('\n')}\n`
}
