import { readFileSync } from 'node:fs'

/** A small system file, or `undefined` where this system has none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
