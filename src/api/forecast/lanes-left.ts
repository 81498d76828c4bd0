import { isOpenTo } from '../../core/given-up.ts'
import type { Machine, Slot } from '../../core/machine.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { expectedMicros } from '../../core/times.ts'
import type { Prng } from '../../std/prng.ts'
import { driftIn, type LuckOf, ratioOf, spreadIn } from './luck.ts'
import { chainOf, type Phase } from './remaining.ts'

/** One task after another on a machine: a slot that is there, or one that will be. */
export type Lane = {
  readonly machine: number
  readonly busy: boolean
  /** Micros until it is done with what it holds, and what follows that item by item; drawn anew each time. */
  readonly free: (random: Prng, luckOf: LuckOf) => number
  /** Whether the stage must be set up first. */
  readonly lacks: (stage: Stage) => boolean
}

/** As many lanes as tasks of the stages that are left can run side by side. */
export function lanesFor(state: State, phases: readonly Phase[], now: number): Lane[] {
  const first = phases.find(({ stints, held }) => stints.length + held.length > 0) ?? phases[0]
  const stages = first?.stages ?? []
  const lanes: Lane[] = []
  for (const machine of state.machines) {
    if (!machine.alive) continue
    const busy = machine.slots.filter(({ running }) => running.length > 0)
    const idle = machine.slots.filter(({ running }) => running.length === 0)
    for (const slot of busy) lanes.push(busyLane(state, machine, slot, now))
    for (let at = busy.length; at < roomFor(state, machine, stages); at += 1) {
      const slot = idle[at - busy.length]
      lanes.push({
        machine: machine.number,
        busy: false,
        free: () => 0,
        lacks: stage => slot === undefined || !slot.loaded.includes(stage.number),
      })
    }
  }
  return lanes
}

function roomFor(state: State, machine: Machine, stages: readonly Stage[]): number {
  if (stages.length > 0 && !stages.some(stage => isOpenTo(machine, stage))) return 0
  let room = machine.definition.slots ?? (stages.length === 0 ? machine.slots.length : 4096)
  for (const { definition } of stages) {
    for (const [name, need] of Object.entries(definition.needs)) {
      const has = machine.capacity[state.resources.indexOf(name)] ?? 0
      if (need > 0) room = Math.min(room, Math.floor(has / need + 1e-9))
    }
  }
  return room
}

function busyLane(state: State, machine: Machine, slot: Slot, now: number): Lane {
  const stage = state.stages[slot.stage]
  const pieces = piecesOf(state, machine, slot).map(held => {
    const spread = spreadIn(held.stage)
    return { ...held, spread, expected: held.expected * driftIn(held.stage, machine, spread) }
  })
  const ran = slot.loading ? 0 : Math.max(0, now - slot.headSince)
  const loading = slot.loading ? leftToLoad(stage, now - slot.headSince) : 0
  const free: Lane['free'] = (random, luckOf) => {
    let micros = loading
    pieces.forEach(({ stage: of, items, expected, spread }, at) => {
      const { factor, handover } = luckOf(of, spread)
      if (at > 0) micros += expected * ratioOf(spread, items, random) * factor + items * handover
      else {
        // Draws only times longer than it has run: that it has not ended rules out shorter ones.
        const usual = (expected * factor) / spread.mean
        const own = Math.max(0, ran - handover)
        if (usual > 0)
          micros += Math.max(0, usual * spread.beyond(own / usual, random.next()) + handover - ran)
      }
    })
    return micros
  }
  const lacks = (other: Stage): boolean => !slot.loaded.includes(other.number)
  return { machine: machine.number, busy: true, free, lacks }
}

function leftToLoad({ setup }: Stage, since: number): number {
  return setup.n === 0 ? 0 : Math.max(0, setup.micros / setup.n - since)
}

type Held = { readonly stage: Stage; readonly items: number; readonly expected: number }

/** The item that runs, then what else was sent, then what follows of the same items. */
function piecesOf(state: State, machine: Machine, slot: Slot): Held[] {
  const { tasks } = state
  const held: Held[] = []
  const add = (of: Stage, first: number, size: number, count: number): void => {
    const expected = expectedMicros(of, machine, first, size, count)
    held.push({ stage: of, items: count, expected: Number.isNaN(expected) ? 0 : expected })
  }
  const following = new Map<Stage, number>()
  slot.running.forEach((task, at) => {
    const stage = state.stages[tasks.stage[task]]
    const { [task]: left } = tasks.left
    const each = tasks.size[task] / tasks.count[task]
    for (const follower of chainOf(state, stage).slice(1))
      following.set(follower, (following.get(follower) ?? 0) + left)
    const rest = at === 0 ? left - 1 : left
    if (at === 0) add(stage, tasks.first[task], each, 1)
    if (rest > 0) add(stage, tasks.first[task], each * rest, rest)
  })
  for (const [follower, items] of following) add(follower, 0, items, items)
  return held
}
