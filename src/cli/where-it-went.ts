import type { Host } from '../api/host.ts'
import type { Summary } from '../api/summary.ts'

/** A share of the time between the lower bound and the makespan. */
export type Part = { readonly name: string; readonly seconds: number }

/**
 * Where the time beyond the lower bound went. Slots times makespan is what there was; handlers had their
 * part. Of the rest, loading models is measured, the tail is what slots stood idle after their last
 * task, and what remains is starting processes, handing tasks over, and waiting for earlier stages.
 */
export function whereItWent(summary: Summary, host: Host): Part[] {
  const run = host.runNamed(summary.run)
  if (run === undefined) return []
  const stages = run.stages.map(number => host.state.stages[number])
  const speeds = new Map<string, number>()
  let speed = 0
  for (const machine of host.state.machines) {
    if (!machine.alive) continue
    speeds.set(machine.definition.id, machine.definition.speed)
    speed += machine.definition.speed * machine.slots.length
  }
  if (speed === 0) return []
  const over = Math.max(0, summary.makespan - summary.lowerBound)
  const loads = stages.reduce((sum, { setup }) => sum + setup.micros, 0) / 1e6 / speed
  const tail = tailOf(host, summary.run, speeds, speed)
  const loading = Math.min(over, loads)
  const idle = Math.min(over - loading, tail)
  return [
    { name: 'loading', seconds: loading },
    { name: 'idle at the end', seconds: idle },
    { name: 'start-up, dispatch and waiting', seconds: over - loading - idle },
  ]
}

/** Slot time after each slot's last task, in seconds of all slots together. */
function tailOf(
  host: Host,
  run: string,
  speeds: ReadonlyMap<string, number>,
  speed: number,
): number {
  const lastEnd = new Map<string, { readonly machine: string; end: number }>()
  let end = 0
  for (const batch of host.store.history(run)) {
    for (let at = 0; at < batch.ends.length; at += 1) {
      const machine = batch.machines[at]
      const key = `${machine} ${batch.slots[at]}`
      const seen = lastEnd.get(key)
      if (seen === undefined) lastEnd.set(key, { machine, end: batch.ends[at] })
      else seen.end = Math.max(seen.end, batch.ends[at])
      end = Math.max(end, batch.ends[at])
    }
  }
  let idle = 0
  for (const slot of lastEnd.values()) idle += (end - slot.end) * (speeds.get(slot.machine) ?? 0)
  return idle / 1e6 / speed
}
