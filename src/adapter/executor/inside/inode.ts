import { fstatSync } from 'node:fs'

/** Identifies the file behind a descriptor: a closed number may be in use again for another file. -1: it is closed. */
export function inode(descriptor: number): number {
  try {
    return fstatSync(descriptor).ino
  } catch {
    return CLOSED
  }
}

const CLOSED = -1
