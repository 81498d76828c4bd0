import { openSync, writeSync } from 'node:fs'
import { inode } from './inode.ts'
import { checksumOf, encodeBlock, encodeSaved, PART_BYTES } from '../saved.ts'

/** What an answer was made from. */
export type MadeFrom = {
  readonly print: string
  readonly index: number
  readonly payload: string
}

/**
 * Where a slot puts answers that it holds back, so that no kill of it, of its loop or of both has their items run again.
 * Writing to a file wakes nobody, so it costs a tenth of sending them.
 */
export function savedAnswers(path: string) {
  let file: { readonly descriptor: number; readonly inode: number } | undefined
  let unsaved: { readonly from: MadeFrom; readonly line: string }[] = []
  let part = 0
  let at = 0

  /** A handler may have closed it, and opened another file under its number. */
  function descriptor(): number {
    if (file === undefined || inode(file.descriptor) !== file.inode) {
      const opened = openSync(path, 'w', 0o600)
      file = { descriptor: opened, inode: inode(opened) }
    }
    return file.descriptor
  }

  return {
    add(from: MadeFrom, line: string): void {
      unsaved.push({ from, line })
    },
    unsaved: () => unsaved.length,
    /** False: they cannot be saved, for want of room here or on the disk. */
    save(): boolean {
      const lines = unsaved.map(({ from, line }) =>
        encodeSaved({ ...from, payload: checksumOf(from.payload), line }),
      )
      unsaved = []
      const block = encodeBlock(lines.join(''))
      if (at + block.length > PART_BYTES) return false
      try {
        const written = writeSync(descriptor(), block, 0, block.length, part * PART_BYTES + at)
        at += block.length
        return written === block.length
      } catch {
        return false
      }
    },
    /** All have been sent. */
    sent(): void {
      unsaved = []
      if (at === 0) return
      part = 1 - part
      at = 0
    },
  }
}

export type SavedAnswers = ReturnType<typeof savedAnswers>
