import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it. A new folder's own name must survive power loss too, so the folder it
 * is in is synced (not possible on Windows). Node's own recursive mkdir never returns where the system
 * refuses with ENOENT below a folder that exists, such as /proc.
 */
export function createDirectory(dir: string): void {
  if (make(dir) !== 'no parent') return
  createDirectory(dirname(dir))
  if (make(dir) === 'no parent') mkdirSync(dir)
}

function make(dir: string): 'made' | 'there' | 'no parent' {
  try {
    mkdirSync(dir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(dir) !== dir) return 'no parent'
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return 'there'
    throw error
  }
  syncFolder(dirname(dir))
  return 'made'
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
