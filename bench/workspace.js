import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder with a no-op handler, removed at the end. */
export function workspace() {
  const folder = mkdtempSync(join(tmpdir(), 'dray-bench-'))
  writeFileSync(join(folder, 'nop.js'), 'export default n => n\n')
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const quantile = (values, q) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)]
