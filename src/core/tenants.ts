import { columnsTotals } from './columns.ts'
import { findLiveRun } from './live.ts'
import type { Machine } from './machine.ts'
import type { Run } from './run.ts'
import type { Class, State } from './state.ts'

/**
 * Whose turn it is between tenants: start-time fair queueing over dominant shares. A tenant's finish
 * tag is what it was charged so far, in micros of a whole cluster at weight 1; the virtual time is the
 * latest start tag. Whoever has the least finish tag goes next, and a tenant that was away begins at
 * the virtual time: it is owed nothing. (Ghodsi et al. 2011, 2012; Goyal, Vin and Cheng 1996.)
 */
export type Tenant = { readonly name: string; finish: number }

export const DEFAULT_TENANT = 'default'

function tenantNumber(state: State, name = DEFAULT_TENANT): number {
  const known = state.tenants.findIndex(tenant => tenant.name === name)
  return known >= 0 ? known : state.tenants.push({ name, finish: 0 }) - 1
}

/** The run's order says that runs compete by share; from now on starts are charged. */
export function joinTenants(state: State, run: Run): void {
  run.tenant = tenantNumber(state, run.definition.tenant)
  if (run.order.betweenTenants === true) state.charging = true
}

/** Whether shares decide between runs now. */
export function isShared(state: State): boolean {
  if (!state.charging) return false
  return findLiveRun(state, sharesBetween) !== undefined
}

const sharesBetween = ({ state, order }: Run): boolean =>
  state === 'active' && order.betweenTenants === true

/** Negative: `a` goes first; 0: shares do not tell. */
export function compareTenants({ tenants }: State, a: Run, b: Run): number {
  return a.tenant === b.tenant ? 0 : tenants[a.tenant].finish - tenants[b.tenant].finish
}

/**
 * Tasks of the class start on the machine. Unknown times count as a second per unit of size at speed 1 until they are
 * known (`settle`).
 */
export function charge(
  state: State,
  machine: Machine,
  klass: Class,
  started: readonly number[],
): void {
  const run = state.runs[state.stages[klass.stage].run]
  const tenant = state.tenants[run.tenant]
  const { predicted, size } = state.tasks
  const { speed } = machine.definition
  let micros = 0
  for (const task of started)
    micros += predicted[task] > 0 ? predicted[task] : unknownMicros(size[task], speed)
  const start = Math.max(state.virtualTime, tenant.finish)
  const weight = run.definition.share ?? 1
  tenant.finish = start + (micros * dominantShare(state, machine, klass)) / weight
  state.virtualTime = start
}

/** An item of a task that was charged without knowing its time took `micros`: the tenant pays those instead. */
export function settle(state: State, machine: Machine, task: number, micros: number): void {
  const { predicted, size, count, stage, klass } = state.tasks
  if (predicted[task] > 0) return
  const run = state.runs[state.stages[stage[task]].run]
  const over = unknownMicros(size[task] / count[task], machine.definition.speed) - micros
  const share = dominantShare(state, machine, state.classes[klass[task]])
  state.tenants[run.tenant].finish -= (over * share) / (run.definition.share ?? 1)
}

const unknownMicros = (size: number, speed: number): number => (size * 1_000_000) / speed

/** The largest part of any resource of all machines that one task of the class holds; a slot is one. */
function dominantShare(state: State, machine: Machine, { needs }: Class): number {
  const { amounts, slots, machines } = columnsTotals(state)
  let share = machine.definition.slots === undefined ? 0 : 1 / slots
  for (let resource = 0; resource < needs.length; resource += 1) {
    const all = amounts[resource]
    if (needs[resource] > 0 && all > 0) share = Math.max(share, needs[resource] / all)
  }
  return share > 0 ? share : 1 / machines
}
