import { queuedTasks } from './queue.ts'
import type { Machine } from './machine.ts'
import type { State } from './state.ts'
import { dataReadyAt, fits } from './times.ts'

/**
 * When a machine whose slots are not counted, which runs as many tasks as fit, would get to one more: what runs
 * there ends as predicted, and what is queued begins in its turn, each as soon as it fits. Worked out anew
 * whenever tasks are assigned, and carried on while they are.
 */
export type Line = {
  /** When the last in the queue begins; nothing behind it begins before. */
  from: number
  /** What is free then. */
  readonly free: Float64Array
  /** What is held beyond, by its end. */
  readonly held: Held[]
}

type Held = { readonly end: number; readonly needs: Float64Array }

/** In micros; by work and room alone where too many wait to go through them. */
export function getsTo(state: State, machine: Machine, needs: Float64Array): number {
  const { lines } = state.scratch
  let line = lines.get(machine.number)
  if (line === undefined) {
    if (machine.queued > mostLinedUp) {
      return state.now + machine.queuedWork / sideBySide(machine, needs)
    }
    line = lineUp(state, machine)
    lines.set(machine.number, line)
  }
  return beginIn(line, needs)
}

/** How many tasks of such needs fit on the machine at once. */
export function sideBySide({ capacity }: Machine, needs: Float64Array): number {
  let most = Number.POSITIVE_INFINITY
  for (let r = 0; r < needs.length; r += 1) {
    if (needs[r] > 0) most = Math.min(most, Math.floor((capacity[r] ?? 0) / needs[r] + 1e-9))
  }
  return Math.max(1, most)
}

/** The task was assigned to the machine. */
export function joinLine(state: State, machine: Machine, task: number): void {
  const line = state.scratch.lines.get(machine.number)
  if (line !== undefined) join(state, machine, line, task)
}

const mostLinedUp = 64

function lineUp(state: State, machine: Machine): Line {
  const { tasks, classes, now } = state
  const line: Line = { from: now, free: machine.free.slice(), held: [] }
  for (const { running, klass, freeAt } of machine.slots) {
    if (running.length > 0) hold(line, { end: Math.max(now, freeAt), needs: classes[klass].needs })
  }
  const queued: number[] = []
  for (const queue of machine.queues.values()) queued.push(...queuedTasks(queue))
  queued.sort((a, b) => tasks.key[a] - tasks.key[b] || tasks.first[a] - tasks.first[b] || a - b)
  for (const task of queued) join(state, machine, line, task)
  return line
}

function join(state: State, machine: Machine, line: Line, task: number): void {
  const { tasks, stages, classes } = state
  const { needs } = classes[tasks.klass[task]]
  const { free, held } = line
  line.from = beginIn(line, needs)
  let ended = 0
  while (ended < held.length && held[ended].end <= line.from) add(free, held[ended++].needs, 1)
  held.splice(0, ended)
  add(free, needs, -1)
  const data = dataReadyAt(stages[tasks.stage[task]], machine.number, tasks.first[task])
  hold(line, { end: Math.max(line.from, data) + tasks.predicted[task], needs })
}

function beginIn({ from, free, held }: Line, needs: Float64Array): number {
  if (fits(needs, free)) return from
  const room = free.slice()
  for (const { end, needs: freed } of held) {
    add(room, freed, 1)
    if (fits(needs, room)) return Math.max(from, end)
  }
  return from
}

function hold({ held }: Line, one: Held): void {
  let at = held.length
  while (at > 0 && held[at - 1].end > one.end) at -= 1
  held.splice(at, 0, one)
}

function add(room: Float64Array, needs: Float64Array, sign: 1 | -1): void {
  for (let r = 0; r < needs.length; r += 1) room[r] += sign * needs[r]
}
