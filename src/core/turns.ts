import { OPEN, stateOf } from './items.ts'
import type { Stage } from './stage.ts'

/**
 * Whose turn it is on a machine that follows a plan of a problem. A machine starts the plan's tasks
 * in the plan's order, waiting for one whose predecessors are not done: only then is no task later
 * than planned when all take as long as planned, for otherwise one that is ready early would push
 * back one on the critical path. A task that began, ended or moved to another machine is passed over.
 */
export type Turns = {
  /** Items of each machine in the order of the plan. */
  readonly order: readonly Int32Array[]
  /** Position in `order` of the item whose turn it is. */
  readonly next: Int32Array
  /** By item: began at least once, or was given to another machine. */
  readonly passed: Uint8Array
}

/** Parallel arrays: an item, its machine, its rank among all items. */
export type PlannedItems = {
  readonly items: readonly number[]
  readonly machines: readonly number[]
  readonly ranks: readonly number[]
}

export function turnsOf(stage: Stage, plan: PlannedItems): Turns {
  const { items, machines, ranks } = plan
  const orders: number[][] = []
  for (const at of [...items.keys()].sort((a, b) => ranks[a] - ranks[b] || a - b)) {
    while (orders.length <= machines[at]) orders.push([])
    orders[machines[at]].push(items[at])
  }
  return {
    order: orders.map(order => Int32Array.from(order)),
    next: new Int32Array(orders.length),
    passed: new Uint8Array(stage.known),
  }
}

/** Whether the machine must let an earlier item of its plan go first. */
export function mustWait(stage: Stage, turns: Turns, machine: number, item: number): boolean {
  const order = turns.order[machine]
  if (order === undefined || stage.plan?.machine.get(item) !== machine || turns.passed[item] === 1)
    return false
  let next = turns.next[machine]
  while (
    next < order.length &&
    (turns.passed[order[next]] === 1 || stateOf(stage.items, order[next]) !== OPEN)
  )
    next += 1
  turns.next[machine] = next
  return order[next] !== item
}
