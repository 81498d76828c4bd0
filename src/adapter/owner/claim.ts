import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { isAlive } from '../process-alive.ts'
import { createDirectory } from '../sqlite/create-directory.ts'
import { asJournalError, isBusy } from '../sqlite/fault.ts'
import { chooseAddress, removeAddress } from './address.ts'
import { type Handler, serve } from './serve.ts'

/**
 * One owner per directory. What makes an owner is an exclusive lock on `lock.db`, held as long as its
 * process lives: the kernel drops it on any death, kill -9 included, so nothing about a dead owner has to
 * be guessed from pids or ages, and of two claimers one wins. Everything else (`owner.json`, the socket)
 * only describes the owner, and is replaced by whoever holds the lock.
 */
export async function claimDirectory(dir: string): Promise<Owner> {
  const folder = resolve(dir)
  const unlock = await lock(folder)
  try {
    const stale = readRecord(folder)
    removeAddress(folder, stale?.address)
    const address = chooseAddress(folder)
    const server = await serve(address)
    const record = { pid: process.pid, host: hostname(), since: new Date().toISOString(), address }
    try {
      writeRecord(folder, record)
    } catch (error) {
      // If left listening, it would answer for a directory that nobody owns.
      await server.close()
      throw error
    }
    const release = async () => {
      // The folder may have been moved away, and another be in its place with an owner of its own.
      const isOurs = sameRecord(readRecord(folder), record)
      if (isOurs) leaveBehind(() => rmSync(recordPath(folder), { force: true }))
      await server.close()
      if (isOurs) leaveBehind(() => removeAddress(folder, address))
      unlock()
    }
    let released: Promise<void> | undefined
    return { record, handle: server.handle, close: () => (released ??= release()) }
  } catch (error) {
    unlock()
    throw asJournalError(error, folder, 'claiming it')
  }
}

/**
 * A file system that has become read-only keeps what described an owner, as a death does; the next owner
 * replaces it. It must not hide why this one ends.
 */
function leaveBehind(remove: () => void): void {
  try {
    remove()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}

export type Owner = {
  readonly record: OwnerRecord
  /** Answers requests from other processes; those that came earlier have waited. */
  handle(handler: Handler): void
  /** Gives the directory up. */
  close(): Promise<void>
}

export type OwnerRecord = {
  readonly pid: number
  readonly host: string
  /** ISO 8601. */
  readonly since: string
  /** Path of its socket, or name of its pipe. */
  readonly address: string
}

/** The directory belongs to a live process. */
export class OwnedError extends Error {
  override name = 'OwnedError'
  readonly dir: string
  /** `undefined` when it has not said who it is. */
  readonly owner: OwnerRecord | undefined
  constructor(dir: string, owner: OwnerRecord | undefined) {
    super(`${dir}: in use by ${whoHas(owner)}, or choose another folder (--dir, or dir of open).`)
    this.dir = dir
    this.owner = owner
  }
}

function whoHas(owner: OwnerRecord | undefined): string {
  if (owner?.pid === process.pid && owner.host === hostname())
    return `this process, since ${owner.since}. Use what opened it, close it first`
  const who = owner
    ? `process ${owner.pid} on ${owner.host}, since ${owner.since}`
    : 'another process'
  return `${who}. Wait for it to end, look at it with \`dray status\``
}

/**
 * Takes the lock, or says who has it. Two that try at the same moment can each keep the other from it
 * (SQLite takes it in two steps), and an owner that has just won has not written its record yet: where
 * nobody alive is known, it is tried again after a moment, of another length for each.
 */
async function lock(folder: string): Promise<() => void> {
  for (let tries = 0; tries < 25; tries += 1) {
    const unlock = tryLock(folder)
    if (unlock !== undefined) return unlock
    const record = readRecord(folder)
    if (record !== undefined && (record.host !== hostname() || isAlive(record.pid)))
      throw new OwnedError(folder, record)
    await pause(10 + 20 * Math.random())
  }
  throw new OwnedError(folder, undefined)
}

/** `undefined`: another process has it, or was about to. */
function tryLock(folder: string): (() => void) | undefined {
  const path = join(folder, 'lock.db')
  let handle: InstanceType<typeof DatabaseSync> | undefined
  try {
    createDirectory(folder)
    // SQLite would give a lock that keeps nobody out on a file it may not write.
    accessSync(folder, constants.W_OK)
    handle = new DatabaseSync(path)
    handle.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    handle?.close()
    if (isBusy(error)) return undefined
    throw asJournalError(error, path, 'claiming the folder')
  }
  const held = handle
  return () => {
    if (held.isOpen) held.close()
  }
}

function recordPath(folder: string): string {
  return join(folder, 'owner.json')
}

/** Absent, or half a record after a power loss: nobody is known. */
export function readRecord(folder: string): OwnerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordPath(folder), 'utf8')) as OwnerRecord
    return typeof record.address === 'string' ? record : undefined
  } catch {
    return undefined
  }
}

function sameRecord(found: OwnerRecord | undefined, own: OwnerRecord): boolean {
  return found?.pid === own.pid && found.since === own.since && found.host === own.host
}

function writeRecord(folder: string, record: OwnerRecord): void {
  const temporary = `${recordPath(folder)}.${process.pid}`
  // Another user who may look into the folder should see that somebody works there.
  try {
    writeFileSync(temporary, JSON.stringify(record), { mode: 0o644 })
    renameSync(temporary, recordPath(folder))
  } catch (error) {
    leaveBehind(() => rmSync(temporary, { force: true }))
    throw error
  }
}
