import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** A new folder's own name must survive power loss too, so its parent is synced (not possible on Windows). */
export function createDirectory(dir: string): void {
  const created = mkdirSync(dir, { recursive: true })
  if (created === undefined || process.platform === 'win32') return
  for (let folder = dir; folder.length >= dirname(created).length; folder = dirname(folder)) {
    const descriptor = openSync(folder, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
    if (folder === dirname(folder)) return
  }
}
