import { whyGivenUpOn } from '../../core/given-up.ts'
import { holds } from '../../core/models.ts'
import { kept } from '../../core/phase/reserve.ts'
import type { Machine } from '../../core/machine.ts'
import type { Run } from '../../core/run.ts'
import type { Class, State } from '../../core/state.ts'
import { fits } from '../../core/times.ts'
import { formatBytes, plural } from '../../std/units.ts'

/** Why a machine does not start a task of a class now, and what would change that. */
export type Refusal = { readonly machine: string; readonly reason: string; readonly helps?: string }

/** One entry a machine; a machine that could start it at once is not in the list. */
export function refusalsOf(state: State, run: Run, klass: Class): Refusal[] {
  const whole = refusedByRun(state, run)
  if (whole !== undefined) return [{ machine: 'every machine', ...whole }]
  const refusals: Refusal[] = []
  const isKept = run.allocation.binds === 'late' ? kept(state) : undefined
  for (const machine of state.machines) {
    if (!machine.alive) continue
    const other =
      isKept?.machine === machine.number && isKept.for !== klass ? isKept.for : undefined
    const reason =
      refusedBy(state, klass, machine) ??
      (other === undefined ? waitsForModel(state, run, klass, machine) : keptFor(state, other))
    if (reason !== undefined) refusals.push({ machine: machine.definition.id, ...reason })
  }
  if (!state.machines.some(machine => machine.alive))
    refusals.push({ machine: 'no machine', reason: 'none is here' })
  return refusals
}

type Reason = Omit<Refusal, 'machine'>

function refusedByRun(state: State, run: Run): Reason | undefined {
  if (state.draining) return { reason: 'stopping: nothing new starts', helps: 'run the job again' }
  if (run.state === 'paused') return { reason: 'the run rests', helps: 'run the job again' }
  if (run.state === 'stopping')
    return { reason: `the run is ending: ${run.problem?.message ?? 'it was cancelled'}` }
  return undefined
}

function refusedBy(state: State, klass: Class, machine: Machine): Reason | undefined {
  const never = lacking(state, klass, machine, machine.capacity)
  if (never !== undefined) return { reason: `${never} in all`, helps: 'smaller needs' }
  const stage = state.stages[klass.stage]
  const given = whyGivenUpOn(stage, machine.number)
  if (given !== undefined)
    return {
      reason: `given up for stage ${stage.definition.name}, which cannot be set up there: ${given}`,
      helps: 'what ends its slots there put right, and the job run again',
    }
  if (machine.pressure)
    return { reason: 'the box is short of memory', helps: 'free memory, or smaller chunks' }
  const lacks = lacking(state, klass, machine, machine.free)
  const busy = machine.slots.filter(slot => slot.running.length + slot.stopping.size > 0).length
  if (lacks !== undefined)
    return {
      reason: `${lacks} free while ${busy} of ${plural(machine.slots.length, 'slot')} ${busy === 1 ? 'is' : 'are'} busy`,
    }
  if (machine.idle.length === 0 && machine.definition.slots !== undefined)
    return {
      reason:
        machine.slots.length === 1
          ? 'its slot is busy'
          : `all ${machine.slots.length} slots are busy`,
    }
  return undefined
}

function keptFor({ stages }: State, { stage }: Class): Reason {
  const { name } = stages[stage].definition
  return {
    reason: `it is kept for an item of ${name}, which has waited long for room`,
    helps: 'smaller needs there',
  }
}

/** A strategy that looks at setup may let an idle slot be: one that holds the model is through sooner. */
function waitsForModel(state: State, run: Run, klass: Class, machine: Machine): Reason | undefined {
  const stage = state.stages[klass.stage]
  const { loads } = stage.definition
  if (loads === undefined || run.allocation.looksAt?.includes('setup') !== true) return undefined
  if (machine.idle.some(slot => holds(state, machine.slots[slot], stage))) return undefined
  return {
    reason: `does not hold ${loads.name}, and a slot that does is through sooner than a load here`,
    helps: 'strategy mct loads it wherever a slot is free',
  }
}

function lacking(
  state: State,
  klass: Class,
  machine: Machine,
  room: Float64Array,
): string | undefined {
  if (fits(klass.needs, room)) return undefined
  for (let resource = 0; resource < klass.needs.length; resource += 1) {
    const need = klass.needs[resource]
    const has = room[resource] ?? 0
    const name = state.resources[resource]
    if (need > has + 1e-9)
      return `needs ${amount(name, need)}; ${machine.definition.id} has ${amount(name, has)}`
  }
  return undefined
}

const amount = (name: string, value: number): string =>
  /memory/i.test(name) ? `${formatBytes(value)} of ${name}` : `${value} ${name}`
