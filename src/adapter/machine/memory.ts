import { freemem, totalmem } from 'node:os'
import { cgroupFolders } from './cgroup.ts'
import { readText } from './text.ts'

export type MemoryReading = { readonly totalBytes: number; readonly availableBytes: number }

/**
 * Memory this process and its slots may use: the host's, or less where a container's limit is
 * tighter. A page cache that can be dropped counts as available, also what of it is used often: a
 * container that has read large files would else look full for ever. `root` is `/` but in tests.
 */
export const readMemory = (root = '/'): MemoryReading =>
  memoryWithin(root, cgroupFolders(root, 'memory'))

/**
 * The same for somebody who looks again and again. Of groups without a limit nothing is read; whether they have been
 * given one is looked at now and then.
 */
export function memoryReader(root = '/'): () => MemoryReading {
  let limited: readonly string[] = []
  let looks = 0
  return () => {
    if (looks++ % LOOKS_PER_SEARCH === 0)
      limited = cgroupFolders(root, 'memory').filter(folder => isBound(limitOf(folder), root))
    return memoryWithin(root, limited)
  }
}

/** Ten seconds, at four a second. */
export const LOOKS_PER_SEARCH = 40

const isBound = (limit: number | undefined, root: string): boolean =>
  limit !== undefined && limit < hostMemory(root).totalBytes

function memoryWithin(root: string, folders: readonly string[]): MemoryReading {
  const host = hostMemory(root)
  let { totalBytes, availableBytes } = host
  for (const folder of folders) {
    const limit = limitOf(folder)
    if (limit === undefined || limit >= host.totalBytes) continue
    const used =
      readNumber(`${folder}/memory.current`) ?? readNumber(`${folder}/memory.usage_in_bytes`)
    if (used === undefined) continue
    totalBytes = Math.min(totalBytes, limit)
    availableBytes = Math.min(availableBytes, Math.max(0, limit - used + droppable(folder)))
  }
  return { totalBytes, availableBytes }
}

/** What kills, or what the kernel holds a group back at (`memory.high`), if that is less. */
function limitOf(folder: string): number | undefined {
  const files = ['memory.max', 'memory.high', 'memory.limit_in_bytes']
  const limits = files.flatMap(name => readNumber(`${folder}/${name}`) ?? [])
  return limits.length > 0 ? Math.min(...limits) : undefined
}

/** Bytes of files in the cache. Version 1 counts a group's children under names of their own. */
function droppable(folder: string): number {
  const stat = readText(`${folder}/memory.stat`) ?? ''
  const fieldOf = (name: string) => stat.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1]
  const bytesOf = (name: string) => Number(fieldOf(`total_${name}`) ?? fieldOf(name) ?? 0)
  return bytesOf('inactive_file') + bytesOf('active_file')
}

/**
 * How many processes the system has killed for want of memory: of this process's groups, or where none of them
 * counts, of the box. (v2: memory.events; v1: memory.oom_control)
 */
export function memoryKills(root = '/'): number {
  const ofGroups = cgroupFolders(root, 'memory').flatMap(
    folder => killsIn(`${folder}/memory.events`) ?? killsIn(`${folder}/memory.oom_control`) ?? [],
  )
  if (ofGroups.length === 0) return killsIn(`${root}proc/vmstat`) ?? 0
  return ofGroups.reduce((sum, kills) => sum + kills, 0)
}

const killsIn = (path: string): number | undefined =>
  fieldIn(readText(path) ?? '', /^oom_kill (\d+)$/m)

/** Resident bytes of a process, or `undefined` where only `ps` could tell. */
export function residentBytes(pid: number): number | undefined {
  const pages = readText(`/proc/${pid}/statm`)?.split(' ')[1]
  return pages === undefined ? undefined : Number(pages) * PAGE_BYTES
}

/** Linux on x86-64 and most of arm64; elsewhere `residentBytes` finds no /proc. */
const PAGE_BYTES = 4096

function hostMemory(root: string): MemoryReading {
  const text = readText(`${root}proc/meminfo`) ?? ''
  const total = fieldIn(text, /^MemTotal:\s+(\d+) kB$/m)
  const available = fieldIn(text, /^MemAvailable:\s+(\d+) kB$/m)
  if (total === undefined || available === undefined) {
    return { totalBytes: totalmem(), availableBytes: freemem() }
  }
  return { totalBytes: total * 1024, availableBytes: available * 1024 }
}

function readNumber(path: string): number | undefined {
  const text = readText(path)?.trim()
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

function fieldIn(text: string, pattern: RegExp): number | undefined {
  const found = text.match(pattern)
  return found == null ? undefined : Number(found[1])
}
