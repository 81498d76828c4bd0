import { existsSync } from 'node:fs'
import { readText } from './text.ts'

/**
 * The control group folders whose limits bind this process, tightest anywhere on the way up counts.
 * Version 2 has one tree; version 1 a tree per controller. Inside a container the group's own folder
 * is usually mounted as the root, so the root is always looked at.
 */
export function cgroupFolders(root: string, controller: 'cpu' | 'memory'): string[] {
  const base = `${root}sys/fs/cgroup`
  const folders: string[] = []
  for (const line of (readText(`${root}proc/self/cgroup`) ?? '').split('\n')) {
    const [, controllers, path] = line.match(/^\d+:([^:]*):(.*)$/) ?? []
    if (path === undefined) continue
    if (controllers === '') folders.push(...upwards(base, path))
    else if (controllers.split(',').includes(controller)) {
      folders.push(
        ...upwards(`${base}/${controller}`, path),
        ...upwards(`${base}/${controllers}`, path),
      )
    }
  }
  folders.push(base, `${base}/${controller}`)
  return [...new Set(folders)].filter(folder => existsSync(folder))
}

/** Cores this process may use by quota; `undefined`: no quota. */
export function cpuQuota(root = '/'): number | undefined {
  let least: number | undefined
  for (const folder of cgroupFolders(root, 'cpu')) {
    const cores = quotaOf(folder)
    if (cores !== undefined && (least === undefined || cores < least)) least = cores
  }
  return least
}

function quotaOf(folder: string): number | undefined {
  const [quota, period] = (
    readText(`${folder}/cpu.max`) ??
    `${readText(`${folder}/cpu.cfs_quota_us`)} ${readText(`${folder}/cpu.cfs_period_us`)}`
  ).split(/\s+/)
  const cores = Number(quota) / Number(period)
  return cores > 0 && Number.isFinite(cores) ? cores : undefined
}

function upwards(base: string, path: string): string[] {
  const parts = path.split('/').filter(part => part !== '' && part !== '..')
  return parts.map((_, i) => `${base}/${parts.slice(0, parts.length - i).join('/')}`)
}
