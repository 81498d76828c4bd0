import type { StageSummary } from '../../api/summary.ts'
import type { MachineDefinition } from '../../model/run.ts'
import { formatBytes } from '../../std/units.ts'

/** The setting of `needs.memory` that would be safer or faster, where one would; else nothing. */
export function memoryAdvice(
  stage: Pick<StageSummary, 'memoryAsked' | 'memoryPeak'>,
  machines: readonly MachineDefinition[],
): string | undefined {
  const { memoryAsked, memoryPeak } = stage
  const wanted = roomFor(memoryPeak)
  const needs = `needs: { memory: '${formatBytes(wanted).replace(' ', '')}' }`
  if (memoryAsked === 0) {
    // Nothing was promised: that only matters where all slots together would not fit.
    const tight = machines.some(
      at => (at.slots ?? 1) * memoryPeak > (at.capacity.memory ?? Number.POSITIVE_INFINITY),
    )
    return tight ? `${needs} would keep the box from running short` : undefined
  }
  if (memoryPeak > memoryAsked) return `${needs} would be safer`
  const now = atOnce(memoryAsked, machines)
  const then = atOnce(wanted, machines)
  return then > now ? `${needs} would allow ${then - now} more at once` : undefined
}

/** A quarter of room above the peak, in round steps of 50 MB. */
function roomFor(peak: number): number {
  const step = 50_000_000
  return Math.ceil((peak * 1.25) / step) * step
}

function atOnce(memory: number, machines: readonly MachineDefinition[]): number {
  return machines.reduce((sum, machine) => {
    const fit = Math.floor((machine.capacity.memory ?? Number.POSITIVE_INFINITY) / memory)
    return sum + Math.min(machine.slots ?? fit, fit)
  }, 0)
}
