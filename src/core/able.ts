import { runsAnywhere } from '../model/horizon.ts'
import type { Problem } from '../model/problem.ts'
import { limits } from './limits.ts'

/**
 * Which tasks of a problem the same machines can run, as a number for each task: 0 where all machines
 * can. Tasks of one queue are started head by head, so one that waits for the only machine that can
 * run it must not stand before another that an idle machine could take. There may be as many sets as
 * tasks, and every decision looks at each class; sets found after the first few share the last number.
 */
export function ableGroups(problem: Problem): Int32Array {
  const { tasks, machines, times } = problem
  const groups = new Int32Array(tasks.length)
  if (runsAnywhere(problem)) return groups
  const known = new Map<string, number>()
  for (let task = 0; task < tasks.length; task += 1) {
    const set = setOf(times, task * machines.length, machines.length)
    if (set === undefined) continue
    const group = known.get(set) ?? Math.min(known.size + 1, limits.ableGroups)
    known.set(set, group)
    groups[task] = group
  }
  return groups
}

/** The machines that cannot run it, 16 to a character; `undefined` where there is none. */
function setOf(times: Float64Array, row: number, machines: number): string | undefined {
  const first = times.subarray(row, row + machines).indexOf(Number.POSITIVE_INFINITY)
  if (first < 0) return undefined
  const words = new Uint16Array(Math.ceil(machines / 16))
  for (let machine = first; machine < machines; machine += 1)
    if (times[row + machine] === Number.POSITIVE_INFINITY)
      words[machine >> 4] |= 1 << (machine & 15)
  let set = ''
  for (const word of words) set += String.fromCharCode(word)
  return set
}
