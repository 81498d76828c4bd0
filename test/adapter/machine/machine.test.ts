import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { memoryWatch } from '../../../src/adapter/executor/memory-watch.ts'
import { cpuQuota } from '../../../src/adapter/machine/cgroup.ts'
import { discoverMachine } from '../../../src/adapter/machine/discover.ts'
import {
  LOOKS_PER_SEARCH,
  memoryKills,
  memoryReader,
  readMemory,
  residentBytes,
} from '../../../src/adapter/machine/memory.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

/** A file system root with only these files: a host, or a container, on paper. */
function root(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dray-root-'))
  roots.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return `${folder}/`
}

const host = {
  'proc/meminfo': 'MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    600 kB\n',
}

describe('a machine offers what the system lets this process use', () => {
  test.each([
    ['a host without limits', {}, { cpu: 8, memory: 1_024_000 }],
    [
      'a container, version 2',
      {
        'proc/self/cgroup': '0::/\n',
        'sys/fs/cgroup/cpu.max': '250000 100000\n',
        'sys/fs/cgroup/memory.max': '512000\n',
        'sys/fs/cgroup/memory.current': '100000\n',
      },
      { cpu: 2.5, memory: 512_000 },
    ],
    [
      'a container, version 1',
      {
        'proc/self/cgroup': '3:cpu,cpuacct:/docker/x\n2:memory:/docker/x\n',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000\n',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '400000\n',
        'sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
      },
      { cpu: 4, memory: 400_000 },
    ],
    [
      'a group inside a tighter one',
      {
        'proc/self/cgroup': '0::/batch/one\n',
        'sys/fs/cgroup/batch/cpu.max': '100000 100000\n',
        'sys/fs/cgroup/batch/one/cpu.max': '600000 100000\n',
      },
      { cpu: 1, memory: 1_024_000 },
    ],
    [
      'limits that do not limit',
      {
        'proc/self/cgroup': '0::/\n',
        'sys/fs/cgroup/cpu.max': 'max 100000\n',
        'sys/fs/cgroup/memory.max': 'max\n',
        'sys/fs/cgroup/memory.current': '5\n',
      },
      { cpu: 8, memory: 1_024_000 },
    ],
  ])('%s', async (_name, files, capacity) => {
    const machine = await discoverMachine({
      root: root({ ...host, ...files }),
      cores: 8,
      nvidiaSmi: '/none',
    })
    expect(machine.capacity).toEqual(capacity)
    expect(machine.slots).toBe(Math.floor(capacity.cpu))
  })

  test('half a core is still a slot, for what asks for a core', async () => {
    const files = {
      ...host,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '50000 100000\n',
    }
    const machine = await discoverMachine({ root: root(files), cores: 8, nvidiaSmi: '/none' })
    expect([machine.slots, machine.capacity.cpu]).toEqual([1, 1])
  })

  test('GPUs are counted and their memory added, from what nvidia-smi prints', async () => {
    const folder = root({
      'nvidia-smi': '#!/bin/sh\necho "NVIDIA A100, 40960"\necho "NVIDIA, odd, 1024"\n',
    })
    chmodSync(`${folder}nvidia-smi`, 0o755)
    const machine = await discoverMachine({
      root: root(host),
      cores: 8,
      nvidiaSmi: `${folder}nvidia-smi`,
    })
    expect(machine.capacity).toMatchObject({ gpu: 2, gpuMemory: (40_960 + 1_024) * 2 ** 20 })
  })

  test('this very machine has cores, memory and a name', async () => {
    const machine = await discoverMachine()
    expect(machine.slots).toBeGreaterThanOrEqual(1)
    expect(machine.capacity.memory).toBeGreaterThan(100e6)
    expect(machine.id).not.toBe('')
    expect(cpuQuota(root({}))).toBeUndefined()
  })
})

describe('memory that is left', () => {
  test('counts a cache that can be dropped, within the tighter of host and container', () => {
    const files = {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '500000\n',
      'sys/fs/cgroup/memory.current': '450000\n',
      'sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 30000\n',
    }
    expect(readMemory(root({ ...host, ...files })).availableBytes).toBe(80_000)
    expect(readMemory(root(host)).availableBytes).toBe(614_400)
  })

  test('a cache in frequent use can be dropped as well, and the kernel holds back above memory.high', () => {
    const version2 = {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '500000\n',
      'sys/fs/cgroup/memory.high': '400000\n',
      'sys/fs/cgroup/memory.current': '390000\n',
      'sys/fs/cgroup/memory.stat': 'anon 90000\ninactive_file 30000\nactive_file 270000\n',
    }
    const version1 = {
      'proc/self/cgroup': '2:memory:/x\n',
      'sys/fs/cgroup/memory/x/memory.limit_in_bytes': '400000\n',
      'sys/fs/cgroup/memory/x/memory.usage_in_bytes': '390000\n',
      'sys/fs/cgroup/memory/x/memory.stat':
        'active_file 1\ntotal_inactive_file 30000\ntotal_active_file 270000\n',
    }
    const expected = { totalBytes: 400_000, availableBytes: 310_000 }
    expect(readMemory(root({ ...host, ...version2 }))).toEqual(expected)
    expect(readMemory(root({ ...host, ...version1 }))).toEqual(expected)
  })

  test('is looked for in groups while they have a limit, and one that is given a limit is noticed', () => {
    const place = root({
      ...host,
      'proc/self/cgroup': '0::/a\n',
      'sys/fs/cgroup/a/memory.max': 'max\n',
      'sys/fs/cgroup/a/memory.current': '450000\n',
      'sys/fs/cgroup/a/memory.stat': 'inactive_file 30000\n',
    })
    const set = (name: string, text: string) =>
      writeFileSync(`${place}sys/fs/cgroup/a/${name}`, text)
    const read = memoryReader(place)
    expect(read().availableBytes).toBe(614_400)
    set('memory.max', '500000\n')
    const readings = Array.from({ length: LOOKS_PER_SEARCH }, () => read().availableBytes)
    expect(readings.at(-1)).toBe(80_000)
    expect(readings.filter(bytes => bytes === 80_000)).toHaveLength(1)
    set('memory.current', '460000\n')
    expect(read().availableBytes).toBe(70_000)
    set('memory.max', 'max\n')
    expect(read().availableBytes).toBe(614_400)
  })

  test.skipIf(process.platform !== 'linux')('of a process is what the system says it holds', () => {
    const bytes = residentBytes(process.pid) ?? 0
    expect(Math.abs(bytes - process.memoryUsage.rss()) / bytes).toBeLessThan(0.5)
    expect(residentBytes(2 ** 30)).toBeUndefined()
  })

  test('who was killed for want of it is counted in all its groups, on the box where none counts', () => {
    const box = { ...host, 'proc/vmstat': 'oom_kill 7\n' }
    const groups = {
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/memory.events': 'oom 9\noom_kill 2\n',
      'sys/fs/cgroup/a/b/memory.events': 'oom 9\noom_kill 1\noom_group_kill 9\n',
    }
    const version1 = {
      'proc/self/cgroup': '2:memory:/x\n',
      'sys/fs/cgroup/memory/x/memory.oom_control': 'under_oom 0\noom_kill 4\n',
    }
    const counts = [host, box, { ...box, ...groups }, { ...box, ...version1 }].map(files =>
      memoryKills(root(files)),
    )
    expect(counts).toEqual([0, 7, 3, 4])
    let kills = 3
    const watch = memoryWatch({ slots: () => [], onPressure: () => {}, kills: () => kills })
    kills = 4
    expect([watch.hasKilled(), watch.hasKilled()]).toEqual([true, false])
  })

  test('pressure is told when little is left and again when there is room, not in between', () => {
    const told: boolean[] = []
    let availableBytes = 0
    const watch = memoryWatch({
      slots: () => [],
      onPressure: high => told.push(high),
      read: () => ({ totalBytes: 100, availableBytes }),
    })
    for (availableBytes of [50, 6, 4, 3, 7, 4, 9, 11, 6]) watch.look()
    expect(told).toEqual([true, false])
  })

  test('while memory is short what idle slots hold is given back, the largest first, until there is room', () => {
    const slots = [10, undefined, 60, 15].map((bytes, number) => ({ number, bytes }))
    const ended: number[] = []
    let availableBytes = 3
    const watch = memoryWatch({
      slots: () =>
        slots.map(slot => ({
          processes: () => [],
          sampled: () => {},
          idleBytes: () => slot.bytes,
          endIdle: () => {
            ended.push(slot.number)
            availableBytes += slot.bytes ?? 0
            slot.bytes = undefined
          },
        })),
      onPressure: () => {},
      read: () => ({ totalBytes: 1_000, availableBytes }),
    })
    for (let looks = 0; looks < 6; looks += 1) watch.look()
    expect(ended).toEqual([2, 3, 0])
    slots[0].bytes = 20
    availableBytes = 200
    for (let looks = 0; looks < 2; looks += 1) watch.look()
    expect(ended).toEqual([2, 3, 0])
  })

  test('pressure that outlasts the last slot is watched until it is over, so that work goes on', async () => {
    const told: boolean[] = []
    let availableBytes = 1
    const watch = memoryWatch({
      slots: () => [],
      onPressure: high => told.push(high),
      read: () => ({ totalBytes: 100, availableBytes }),
    })
    watch.start()
    watch.look()
    watch.rest()
    availableBytes = 50
    await vi.waitFor(() => expect(told).toEqual([true, false]), 5_000)
    watch.ranOut()
    watch.look()
    expect(told).toEqual([true, false, true])
    watch.stop()
  })
})
