import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hash64 } from '../../std/hash64.ts'
import { isAlive } from '../process-alive.ts'
import { makeFolder } from './make-folder.ts'
import { outputError } from './output-error.ts'

/**
 * A file that is complete or absent: written under another name in the same folder, synced, renamed
 * over the target, and the folder synced, so that a crash at any moment leaves the old file or the
 * new one.
 */
type AtomicFile = {
  /** Text is gathered and written in large pieces. */
  write(text: string): Promise<void> | undefined
  /** Makes the file appear; answers its bytes. */
  commit(): Promise<number>
  /** Where everything written so far can be read back before it is committed. */
  readBack(): Promise<string>
  /** Removes what was written. Safe to call after anything. */
  discard(): Promise<void>
}

export async function createAtomicFile(
  path: string,
  options: { readonly syncFolder?: boolean } = {},
): Promise<AtomicFile> {
  const temporary = temporaryName(path)
  let file: FileHandle | undefined
  let pending: string[] = []
  let pendingLength = 0
  let written = 0
  let made: string | undefined
  try {
    made = await makeFolder(dirname(path))
    file = await open(temporary, 'w')
  } catch (error) {
    throw outputError(error, path, 0)
  }

  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(pending.join(''))
    pending = []
    pendingLength = 0
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await file!.write(bytes, from)
      from += bytesWritten
      written += bytesWritten
    }
  }
  const discard = async (): Promise<void> => {
    await file?.close().catch(() => {})
    file = undefined
    await rm(temporary, { force: true }).catch(() => {})
  }
  const orDiscard = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      await discard()
      throw outputError(error, path, written)
    }
  }

  return {
    write: text => {
      pending.push(text)
      pendingLength += text.length
      return pendingLength < PIECE ? undefined : orDiscard(flush)
    },
    commit: async () => {
      await orDiscard(async () => {
        await flush()
        await file!.sync()
        await file!.close()
        file = undefined
        await rename(temporary, path)
        if (options.syncFolder !== false) await syncFolders(dirname(path), made)
      })
      return written
    },
    readBack: async () => {
      await orDiscard(flush)
      return temporary
    },
    discard,
  }
}

const PIECE = 256 * 1024

/** A folder, and where folders were made on the way, those that hold them. */
async function syncFolders(folder: string, made: string | undefined): Promise<void> {
  const top = made === undefined ? folder : dirname(made)
  for (let now = folder; ; now = dirname(now)) {
    await syncFolder(now)
    if (now === top || now === dirname(now)) return
  }
}

/** Makes renames in a folder durable. Windows cannot sync a folder and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const MARK = 'dray-tmp'
/** The name is hashed: with our ending it could be longer than a name may be. */
const temporaryName = (path: string): string =>
  join(dirname(path), `.${hash64(basename(path))}.${process.pid}.${MARK}`)

/** Removes what writers that were killed left in a folder; a living writer's files stay. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[])
  for (const name of names) {
    const writer = new RegExp(`^\\..*\\.(\\d+)\\.${MARK}$`).exec(name)?.[1]
    if (writer === undefined || isAlive(Number(writer))) continue
    await rm(join(folder, name), { force: true }).catch(() => {})
  }
}
