import { existsSync, readFileSync } from 'node:fs'

/** A small system file, or `undefined` where this system has none. */
export function readText(path: string): string | undefined {
  // Most that are asked for are not there, and an error costs more than all there is to read.
  if (!existsSync(path)) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
