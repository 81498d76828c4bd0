import type { Host } from '../api/host.ts'
import type { Summary } from '../api/summary.ts'

/** A share of the time between the lower bound and the makespan. */
type Part = { readonly name: string; readonly seconds: number }

/**
 * Where the time beyond the lower bound went. Slots times makespan is what there was; handlers had their
 * part. Of the rest, loading models is measured, the tail is what slots stood idle after their last
 * task; while nothing ran the run was interrupted, waited to try again, or its slots were started. What
 * remains is handing tasks over and waiting for earlier stages.
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
  const { tail, nothing: gaps, isEnded } = idleOf(host, summary.run, speeds, speed)
  const nothing = Math.max(0, gaps - run.rested / 1e6)
  const loading = Math.min(over, loads)
  const idle = Math.min(over - loading, tail)
  // Slots that load run nothing either.
  const still = Math.min(over - loading - idle, Math.max(0, nothing - loading))
  // An attempt that was ended, by its timeout or a crash, has answered nothing and counts as no work.
  const failing = summary.retries > 0 || isEnded
  return [
    { name: 'model loads', seconds: loading },
    { name: 'tail', seconds: idle },
    { name: failing ? 'failed attempts and backing off' : 'nothing running', seconds: still },
    { name: 'dispatch and waiting', seconds: over - loading - idle - still },
  ]
}

/**
 * Slot time after each slot's last task, and the time in which nothing ran between the first start and
 * the last end, both in seconds of all slots together; and whether any attempt was ended, unanswered.
 */
function idleOf(
  host: Host,
  run: string,
  speeds: ReadonlyMap<string, number>,
  speed: number,
): { readonly tail: number; readonly nothing: number; readonly isEnded: boolean } {
  const spans: [start: number, end: number][] = []
  const lastEnd = new Map<string, { readonly machine: string; end: number }>()
  let end = 0
  let isEnded = false
  for (const batch of host.store.history(run)) {
    for (let at = 0; at < batch.ends.length; at += 1) {
      const machine = batch.machines[at]
      const key = `${machine} ${batch.slots[at]}`
      const seen = lastEnd.get(key)
      if (seen === undefined) lastEnd.set(key, { machine, end: batch.ends[at] })
      else seen.end = Math.max(seen.end, batch.ends[at])
      end = Math.max(end, batch.ends[at])
      isEnded ||= endings.has(batch.outcomes[at])
      spans.push([batch.starts[at], batch.ends[at]])
    }
  }
  let idle = 0
  for (const slot of lastEnd.values()) idle += (end - slot.end) * (speeds.get(slot.machine) ?? 0)
  return { tail: idle / 1e6 / speed, nothing: gapsIn(spans) / 1e6, isEnded }
}

const endings: ReadonlySet<string> = new Set(['timeout', 'crash', 'out-of-memory', 'lost'])

/** What no span covers between the first start and the last end. */
function gapsIn(spans: [start: number, end: number][]): number {
  spans.sort(([a], [b]) => a - b)
  let gaps = 0
  let reached = spans[0]?.[0] ?? 0
  for (const [start, end] of spans) {
    gaps += Math.max(0, start - reached)
    reached = Math.max(reached, end)
  }
  return gaps
}
