import type { MachinesView } from './allocation.ts'

/** The offered machine with the least value; ties at the lowest number. -1 when none is offered. */
export function leastBy(view: MachinesView, value: (machine: number) => number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let machine = view.first; machine < view.end; machine += 1) {
    if (view.offered[machine] === 0) continue
    const candidate = value(machine)
    if (best < 0 || candidate < least) {
      best = machine
      least = candidate
    }
  }
  return best
}

/** The offered machine that comes after `nth` other offered ones, or -1. */
export function nthOffered(view: MachinesView, nth: number): number {
  let left = nth
  for (let machine = view.first; machine < view.end; machine += 1) {
    if (view.offered[machine] === 0) continue
    if (left === 0) return machine
    left -= 1
  }
  return -1
}

export function countOffered(view: MachinesView): number {
  let offered = 0
  for (let machine = view.first; machine < view.end; machine += 1) offered += view.offered[machine]
  return offered
}
