import { createHash } from 'node:crypto'
import { existsSync, readdirSync, realpathSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { newTemporary } from '../temporary-folder.ts'

/** The kernel's room for a socket's path is 104 to 108 bytes; a longer one would be cut short silently. */
const maxPathBytes = 100

/**
 * Where an owner listens: `owner.sock` in its folder; where that path is too long, a socket in a new
 * private folder of the temporary one, which `owner.json` names; on Windows a pipe named after the folder.
 */
export function chooseAddress(folder: string): string {
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 24)
    return `\\\\.\\pipe\\dray-${name}`
  }
  const path = join(folder, socketName)
  if (Buffer.byteLength(path) <= maxPathBytes) return path
  return join(newTemporary(privatePrefix), socketName)
}

/** Removes what an owner left, whether or not it could still say where: its socket, and the private folder that held nothing else. */
export function removeAddress(folder: string, address: string | undefined): void {
  if (process.platform === 'win32') return
  rmSync(join(folder, socketName), { force: true })
  if (address === undefined) return
  const parent = dirname(address)
  const isPrivate = dirname(parent) === tmpdir() && basename(parent).startsWith(privatePrefix)
  if (parent === folder || !isPrivate || !existsSync(parent)) return
  rmSync(join(parent, socketName), { force: true })
  if (readdirSync(parent).length === 0) rmdirSync(parent)
}

const socketName = 'owner.sock'
const privatePrefix = 'dray-socket-'
