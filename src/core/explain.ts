import { formatBytes } from '../std/units.ts'
import type { NeverFits } from '../model/never-here.ts'
import type { MachineDefinition, RunDefinition } from '../model/run.ts'

/** What no machine could ever run: an entry a stage and machine; empty: all can. */
export function neverFitting(
  definition: RunDefinition,
  machines: readonly MachineDefinition[],
): NeverFits[] {
  const never: NeverFits[] = []
  for (const { name: stage, needs, loads } of definition.stages) {
    const reasons = machines.map(machine => refusal(needs, loads?.memory ?? 0, machine))
    if (reasons.some(reason => reason === undefined)) continue
    if (machines.length === 0) never.push({ stage, reason: 'there is no machine' })
    machines.forEach(({ id }, at) => {
      never.push({ stage, machine: id, reason: reasons[at] ?? '' })
    })
  }
  return never
}

function refusal(
  needs: Readonly<Record<string, number>>,
  loaded: number,
  machine: MachineDefinition,
): string | undefined {
  const wants = { ...needs, memory: Math.max(needs.memory ?? 0, loaded) }
  const missing = Object.entries(wants).flatMap(([name, wanted]) => {
    const has = machine.capacity[name] ?? 0
    if (wanted <= has) return []
    return [`needs ${amount(name, wanted)} ${name}, the machine has ${amount(name, has)}`]
  })
  return missing.length === 0 ? undefined : missing.join('; ')
}

function amount(name: string, value: number): string {
  return /memory/i.test(name) ? formatBytes(value) : String(value)
}
