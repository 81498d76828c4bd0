import { endedCount } from '../core/items.ts'
import type { Run, Stage, State } from '../core/state.ts'

/** Items of one stage that are done one after another. */
export type Piece = {
  readonly stage: Stage
  readonly items: number
  /** Of all its items together. */
  readonly size: number
}

/** What one slot does without a pause: an item, and what follows it item by item. */
type Stint = readonly Piece[]

/** What is left of a run, as a forecast plays it through: phases in turn, each when all before it ended. */
export type Phase = {
  readonly stages: readonly Stage[]
  /** Not begun: the last ones each by itself... */
  readonly stints: readonly Stint[]
  /** ...and before them so many of each, too many to be told apart. */
  readonly bulk: readonly Piece[]
}

/** Stints told apart: with more of them their own spread no longer matters beside the common error. */
const APART = 96

/** `undefined` while it is not known how many items there will be. */
export function remainingOf(state: State, run: Run): Phase[] | undefined {
  const phases = new Map<number, { stages: Stage[]; stints: Stint[]; bulk: Piece[] }>()
  const depths = new Map<number, number>()
  for (const number of run.stages) {
    const stage = state.stages[number]
    const { kind } = stage.definition.link
    const follows = kind === 'item' ? 0 : 1
    const depth = stage.upstream < 0 ? 0 : (depths.get(stage.upstream) ?? 0) + follows
    depths.set(number, depth)
    const phase = phases.get(depth) ?? { stages: [], stints: [], bulk: [] }
    phases.set(depth, phase)
    phase.stages.push(stage)
    if (kind === 'item' && chainOf(state, state.stages[stage.upstream])[1] === stage) continue
    const left =
      kind === 'gather' || kind === 'tree' ? groupsLeft(state, stage) : chainLeft(state, stage)
    if (left === undefined) return undefined
    phase.stints.push(...left.stints)
    phase.bulk.push(...left.bulk)
  }
  return [...phases].sort(([a], [b]) => a - b).map(([, phase]) => phase)
}

/** A stage and those that follow it item by item, the first of each where several do. */
export function chainOf(state: State, head: Stage): Stage[] {
  const chain = [head]
  for (let next: Stage | undefined = head; next !== undefined; ) {
    const followers: Stage[] = next.downstream.map(number => state.stages[number])
    next = followers.find(stage => stage.definition.link.kind === 'item')
    if (next !== undefined) chain.push(next)
  }
  return chain
}

type Left = { readonly stints: Stint[]; readonly bulk: Piece[] }

/** How many groups there will be is not known before all upstream has ended; one is the least. */
function groupsLeft(state: State, stage: Stage): Left {
  const open = stage.complete ? stage.known - endedCount(stage.items) : 1
  const count = Math.max(0, open - runningItems(state, stage))
  return split(count, [stage], [1])
}

/** What starts before an item does that has so many of its stage before it, in chunks: downstream goes first. */
export function aheadOf(state: State, stage: Stage, ahead: number, chunk = 1): Phase {
  const stages = chainOf(state, stage)
  const { stints, bulk } = chainOfLeft(state, stages, ahead, chunk)
  return { stages, stints: stints.reverse(), bulk }
}

function chainLeft(state: State, head: Stage): Left | undefined {
  if (!head.complete) return undefined
  const open = head.known - endedCount(head.items) - runningItems(state, head)
  return chainOfLeft(state, chainOf(state, head), Math.max(0, open))
}

/** So many of the chain's first stage that wait, and what waits at those that follow it. */
function chainOfLeft(state: State, chain: readonly Stage[], waiting: number, chunk = 1): Left {
  const left: Left = { stints: [], bulk: [] }
  let before = 0
  chain.forEach((stage, at) => {
    const open = stage.known - endedCount(stage.items)
    const count = at === 0 ? waiting : Math.max(0, open - before - runningItems(state, stage))
    before = open
    const sizes = at === 0 ? sizesOf(stage) : [1]
    const { stints, bulk } = split(count, chain.slice(at), sizes, at === 0 ? chunk : 1)
    left.stints.push(...stints)
    left.bulk.push(...bulk)
  })
  return left
}

/**
 * So many items as stints through the stages, a chunk of them each; the first stage's items have sizes, taken in
 * turn.
 */
function split(count: number, stages: readonly Stage[], sizes: readonly number[], chunk = 1): Left {
  const apart = Math.min(Math.ceil(count / chunk), APART)
  const piece = (stage: Stage, at: number, size: number, items: number): Piece => ({
    stage,
    items,
    size: at === 0 ? size * items : items,
  })
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  const stints = Array.from({ length: apart }, (_, nth) => {
    const items = Math.min(chunk, count - nth * chunk)
    return stages.map((stage, at) => piece(stage, at, sizes[nth % sizes.length], items))
  })
  const rest = count - apart * chunk
  return { stints, bulk: rest > 0 ? stages.map((at, nth) => piece(at, nth, mean, rest)) : [] }
}

/** Sizes of the first thousand items that wait; all 1 where the source gives none. */
function sizesOf(stage: Stage): number[] {
  const sizes: number[] = []
  for (const size of stage.sizes.values()) {
    sizes.push(size)
    if (sizes.length === 1_000) break
  }
  return sizes.length === 0 ? [1] : sizes
}

/** Sent to a slot and not answered. */
export function runningItems(state: State, stage: Stage): number {
  let items = 0
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      if (slot.stage !== stage.number) continue
      for (const task of slot.running) items += state.tasks.left[task]
    }
  }
  return items
}
