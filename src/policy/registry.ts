import type { Allocation } from './allocation/allocation.ts'
import { bestFit } from './allocation/best-fit.ts'
import { cheapest } from './allocation/cheapest.ts'
import { leastLoaded } from './allocation/least-loaded.ts'
import { mct } from './allocation/mct.ts'
import { met } from './allocation/met.ts'
import { minLoad } from './allocation/min-load.ts'
import { onDemand } from './allocation/on-demand.ts'
import { planned } from './allocation/planned.ts'
import { powerOfTwo } from './allocation/power-of-two.ts'
import { random } from './allocation/random.ts'
import { roundRobin } from './allocation/round-robin.ts'
import { setupAware } from './allocation/setup-aware.ts'
import { criticalPath } from './order/critical-path.ts'
import { edd } from './order/edd.ts'
import { fair } from './order/fair.ts'
import { fifo } from './order/fifo.ts'
import { hrrn } from './order/hrrn.ts'
import { lpt } from './order/lpt.ts'
import { minSlack } from './order/min-slack.ts'
import type { Order } from './order/order.ts'
import { priority } from './order/priority.ts'
import { spt } from './order/spt.ts'
import { wspt } from './order/wspt.ts'

/** Every online allocation, by name. */
export const allocations: readonly Allocation[] = [
  random,
  roundRobin,
  onDemand,
  leastLoaded,
  met,
  minLoad,
  mct,
  powerOfTwo,
  bestFit,
  cheapest,
  setupAware,
  planned,
]

/** Every order, by name. */
export const orders: readonly Order[] = [
  fifo,
  spt,
  lpt,
  edd,
  priority,
  minSlack,
  wspt,
  hrrn,
  criticalPath,
  fair,
]

/** Other names the field uses for the same thing. */
export const aliases: Readonly<Record<string, string>> = {
  fastest: 'met',
  olb: 'on-demand',
  sjf: 'spt',
  edf: 'edd',
  fcfs: 'fifo',
  eft: 'mct',
}

/** The allocation of that name or alias, or `undefined`. */
export function allocationNamed(name: string): Allocation | undefined {
  const canonical = aliases[name] ?? name
  return allocations.find(allocation => allocation.name === canonical)
}

/** The order of that name or alias, or `undefined`. */
export function orderNamed(name: string): Order | undefined {
  const canonical = aliases[name] ?? name
  return orders.find(order => order.name === canonical)
}

/** Allocations a user may name; `planned` is what following a plan is called inside. */
export const onlineNames = (): string[] =>
  allocations.map(({ name }) => name).filter(name => name !== planned.name)

/** What an order may be called. */
export const orderNames = (): string[] => [
  ...orders.map(({ name }) => name),
  ...Object.keys(aliases).filter(alias => orderNamed(alias) !== undefined),
]
