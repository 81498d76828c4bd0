import { endedCount } from '../../core/items.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { State } from '../../core/state.ts'
import { WAITING } from '../../core/tasks.ts'

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
  /** What may not start yet (a release, a backoff), soonest first. */
  readonly held: readonly Held[]
}

type Held = {
  readonly stint: Stint
  /** The instant from which it may start. */
  readonly readyAt: number
}

/** Stints told apart, and as many that are held back: with more of them their own spread no longer matters beside the common error. */
const APART = 96

/** `undefined` while it is not known how many items there will be. */
export function remainingOf(state: State, run: Run): Phase[] | undefined {
  const phases = new Map<number, Left & { stages: Stage[] }>()
  const waiting = waitingTasks(state, run)
  const depths = new Map<number, number>()
  for (const number of run.stages) {
    const stage = state.stages[number]
    const { kind } = stage.definition.link
    const follows = kind === 'item' ? 0 : 1
    const depth = stage.upstream < 0 ? 0 : (depths.get(stage.upstream) ?? 0) + follows
    depths.set(number, depth)
    const phase = phases.get(depth) ?? { stages: [], stints: [], bulk: [], held: [] }
    phases.set(depth, phase)
    phase.stages.push(stage)
    if (kind === 'item' && chainOf(state, state.stages[stage.upstream])[1] === stage) continue
    const left =
      kind === 'gather' || kind === 'tree'
        ? groupsLeft(state, stage, waiting)
        : chainLeft(state, stage, waiting)
    if (left === undefined) return undefined
    phase.stints.push(...left.stints)
    phase.bulk.push(...left.bulk)
    phase.held.push(...left.held)
  }
  for (const { held } of phases.values()) held.sort((a, b) => a.readyAt - b.readyAt)
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

/** Tasks that wait for an instant: those that wait longest; the others count as if they were ready. */
function waitingTasks({ tasks, stages }: State, { number }: Run): number[] {
  const waiting: number[] = []
  for (let task = 0; task < tasks.used; task += 1)
    if (tasks.state[task] === WAITING && stages[tasks.stage[task]].run === number)
      waiting.push(task)
  const { readyAt } = tasks
  return waiting.sort((a, b) => readyAt[b] - readyAt[a] || a - b).slice(0, APART)
}

type Left = { readonly stints: Stint[]; readonly bulk: Piece[]; readonly held: Held[] }

/** Whose times say how long the stage's items take: a tree's level that has not run takes its leaves'. */
export const timedLike = ({ stages }: State, stage: Stage): Stage =>
  stage.pooled.n > 0 ? stage : stages[stage.root]

/** How many groups there will be is not known before all upstream has ended; one is the least. */
function groupsLeft(state: State, stage: Stage, waiting: readonly number[]): Left {
  const open = stage.complete ? stage.known - endedCount(stage.items) : 1
  const { held, items } = heldOf(state, [stage], waiting)
  const count = Math.max(0, open - items - runningItems(state, stage))
  return { ...split(count, [timedLike(state, stage)], [1]), held }
}

/** What starts before an item does that has so many of its stage before it, in chunks: downstream goes first. */
export function aheadOf(state: State, stage: Stage, ahead: number, chunk = 1): Phase {
  const stages = chainOf(state, stage)
  const { stints, bulk, held } = chainOfLeft(state, stages, ahead, { waiting: [], chunk })
  return { stages, stints: stints.reverse(), bulk, held }
}

function chainLeft(state: State, head: Stage, waiting: readonly number[]): Left | undefined {
  if (!head.complete) return undefined
  const open = head.known - endedCount(head.items) - runningItems(state, head)
  return chainOfLeft(state, chainOf(state, head), Math.max(0, open), { waiting, chunk: 1 })
}

/** So many open ones of the chain's first stage, and what is open at those that follow it; of `waiting` some are. */
function chainOfLeft(
  state: State,
  chain: readonly Stage[],
  first: number,
  { waiting, chunk }: { readonly waiting: readonly number[]; readonly chunk: number },
): Left {
  const left: Left = { stints: [], bulk: [], held: [] }
  let before = 0
  chain.forEach((stage, at) => {
    const open = stage.known - endedCount(stage.items)
    const { held, items } = heldOf(state, chain.slice(at), waiting)
    const there = at === 0 ? first : open - before - runningItems(state, stage)
    const count = Math.max(0, there - items)
    before = open
    const sizes = at === 0 ? sizesOf(stage) : [1]
    const { stints, bulk } = split(count, chain.slice(at), sizes, at === 0 ? chunk : 1)
    left.held.push(...held)
    left.stints.push(...stints)
    left.bulk.push(...bulk)
  })
  return left
}

/** Of these tasks those of the chain's first stage, each with what follows it; and how many items they are. */
function heldOf(
  { tasks }: State,
  chain: readonly Stage[],
  waiting: readonly number[],
): { readonly held: Held[]; readonly items: number } {
  const [{ number }] = chain
  const own = waiting.filter(task => tasks.stage[task] === number)
  const held = own.map((task): Held => {
    const { [task]: items } = tasks.count
    const stint = chain.map((stage, at) => ({
      stage,
      items,
      size: at === 0 ? tasks.size[task] : items,
    }))
    return { stint, readyAt: tasks.readyAt[task] }
  })
  return { held, items: own.reduce((sum, task) => sum + tasks.count[task], 0) }
}

/**
 * So many items as stints through the stages, a chunk of them each; the first stage's items have sizes, taken in
 * turn.
 */
function split(
  count: number,
  stages: readonly Stage[],
  sizes: readonly number[],
  chunk = 1,
): Omit<Left, 'held'> {
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
function runningItems(state: State, stage: Stage): number {
  let items = 0
  for (const machine of state.machines) {
    for (const slot of machine.slots)
      for (const task of slot.running)
        if (state.tasks.stage[task] === stage.number) items += state.tasks.left[task]
  }
  return items
}
