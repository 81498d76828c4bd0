import { formatBytes } from '../std/units.ts'
import type { MachineDefinition, RunDefinition } from '../model/run.ts'

/** What no machine could ever run, as one line a (stage, machine) with the reason; empty: all can. */
export function refusals(
  definition: RunDefinition,
  machines: readonly MachineDefinition[],
): string[] {
  const lines: string[] = []
  for (const stage of definition.stages) {
    const reasons = machines.map(machine => refusal(stage.needs, stage.loads?.memory ?? 0, machine))
    if (reasons.some(reason => reason === undefined)) continue
    if (machines.length === 0) lines.push(`${stage.name}: there is no machine`)
    machines.forEach((machine, at) => {
      lines.push(`${stage.name} on ${machine.id}: ${reasons[at]}`)
    })
  }
  return lines
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
