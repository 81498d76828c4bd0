import { availableParallelism, hostname } from 'node:os'
import { cpuQuota } from './cgroup.ts'
import { findGpus } from './gpu.ts'
import { readMemory } from './memory.ts'

type DiscoveredMachine = {
  readonly id: string
  readonly slots: number
  readonly speed: number
  /** `cpu` in cores, `memory` and `gpuMemory` in bytes, `gpu` as a count; the last two only where there is one. */
  readonly capacity: Readonly<Record<string, number>>
}

/**
 * This box as one machine. Cores and memory are what the system lets this process use: the
 * processor set (Node's own count respects it), the container's quota and its memory limit.
 * Less than one core is one that is slow: what asks for a core, as every stage does unless it says
 * otherwise, still runs there.
 */
export async function discoverMachine(
  options: { readonly root?: string; readonly cores?: number; readonly nvidiaSmi?: string } = {},
): Promise<DiscoveredMachine> {
  const quota = cpuQuota(options.root) ?? Number.POSITIVE_INFINITY
  const cpu = Math.max(1, Math.min(options.cores ?? availableParallelism(), quota))
  const gpus = await findGpus(options.nvidiaSmi)
  const capacity: Record<string, number> = { cpu, memory: readMemory(options.root).totalBytes }
  if (gpus.length > 0) {
    capacity.gpu = gpus.length
    capacity.gpuMemory = gpus.reduce((sum, gpu) => sum + gpu.memoryBytes, 0)
  }
  return { id: hostname() || 'local', slots: Math.floor(cpu), speed: 1, capacity }
}
