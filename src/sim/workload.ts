import type { Link, MachineDefinition, RunDefinition, StageDefinition } from '../model/run.ts'
import { allocations, orders } from '../policy/registry.ts'
import type { Source } from '../port/source.ts'
import type { Prng } from '../std/prng.ts'
import { MILLISECOND, SECOND } from '../std/time.ts'
import { simSource } from './source.ts'

/**
 * What a world works on, drawn from a seed: machines that differ, and a few runs of small jobs with
 * every kind of stage, policy and limit. Items are whole numbers and every stage adds, so that anyone
 * can check a result.
 */
export type Workload = {
  readonly machines: readonly MachineDefinition[]
  readonly runs: readonly SimRun[]
}

export type SimRun = {
  readonly definition: RunDefinition
  /** Submitted at this instant. */
  readonly at: number
  /** How long its items take, about. */
  readonly scale: number
  readonly items: number
  readonly input: Input
  /** The run this one continues, and the stages it was asked to run again; submitted once that has ended. */
  readonly after?: { readonly previous: string; readonly redo: readonly string[] }
  /** The source of a run that reads one; else its items are pushed. */
  readonly openSource: (() => Source) | undefined
}

type Input = {
  readonly items: number
  readonly valueAt: (index: number) => number
  /** The index that cannot be read, or -1. */
  readonly unreadable: number
  readonly atMost: number
}

export function drawWorkload(random: Prng): Workload {
  const machines = Array.from({ length: 1 + random.int(3) }, (_, at) => drawMachine(random, at))
  const runs = Array.from({ length: 1 + random.int(3) }, (_, at) => drawRun(random, at))
  return { machines, runs }
}

function drawMachine(random: Prng, at: number): MachineDefinition {
  const slots = 1 + random.int(3)
  const counted = !random.chance(0.2)
  return {
    id: `m${at}`,
    speed: 1 + random.int(3),
    slots: counted ? slots : undefined,
    capacity: { cpu: slots, memory: 8, gpu: at === 0 || random.chance(0.3) ? 1 : 0 },
    cost: random.int(3),
  }
}

const shapes: readonly (readonly Link[])[] = [
  [{ kind: 'source', pushed: true }],
  [{ kind: 'source', pushed: true }, { kind: 'item' }, { kind: 'gather' }],
  [{ kind: 'source' }],
  [{ kind: 'source' }, { kind: 'item' }],
  [{ kind: 'source' }, { kind: 'item' }, { kind: 'gather' }],
  [{ kind: 'source' }, { kind: 'tree', fanIn: 3 }],
  [{ kind: 'source' }, { kind: 'item' }, { kind: 'tree', fanIn: 2 }],
  [{ kind: 'source' }, { kind: 'gather' }, { kind: 'item' }],
  [{ kind: 'source' }, { kind: 'tree', fanIn: 2 }, { kind: 'gather' }],
  [{ kind: 'source' }, { kind: 'gather' }, { kind: 'tree', fanIn: 2 }],
  [{ kind: 'source' }, { kind: 'item' }, { kind: 'item' }, { kind: 'tree', fanIn: 3 }],
]

function drawRun(random: Prng, at: number): SimRun {
  const items = random.int(30)
  const scale = random.pick([200, 2 * MILLISECOND, 100 * MILLISECOND, SECOND])
  const links = random.pick(shapes)
  const unreadable = random.chance(0.2) ? random.int(10) : -1
  const definition: RunDefinition = {
    name: `run${at}`,
    job: 'job',
    stages: links.map((link, after) => drawStage(random, `s${after}`, link, after - 1, scale)),
    tolerate: random.pick([
      { count: 0, share: 0 },
      { count: 2, share: 0 },
      { count: 0, share: 0.5 },
      { count: 1_000, share: 0 },
    ]),
    objective: 'makespan',
    due: random.chance(0.3) ? random.int(10 * SECOND) : undefined,
    priority: random.int(3) - 1,
    strategy: random.pick(allocations).name,
    order: random.pick(orders).name,
    seed: random.int(1_000),
    ...(random.chance(0.4)
      ? { tenant: random.pick(['red', 'blue']), share: 1 + random.int(3) }
      : {}),
  }
  const atMost = 1 + random.int(12)
  const input: Input = { items, valueAt: index => index, unreadable, atMost }
  const pushed = links[0].kind === 'source' && links[0].pushed === true
  return {
    definition,
    at: random.int(5 * SECOND),
    scale,
    items,
    input,
    openSource: pushed ? undefined : sourceOf(input),
  }
}

const sourceOf =
  ({ items, valueAt, unreadable, atMost }: Input) =>
  (): Source =>
    simSource({
      count: items,
      atMost,
      item: valueAt,
      size: index => 1 + (index % 4),
      problem: index => (index === unreadable ? 'unreadable by lot' : undefined),
    })

/** Some runs are continued by another, as after a change: a few items differ, some are new, a stage may be asked for anew. */
export function withSuccessors(random: Prng, { machines, runs }: Workload): Workload {
  const second = successorsOf(random, runs)
  return { machines, runs: [...runs, ...second, ...successorsOf(random, second)] }
}

/** The run of this name and those it continues, oldest first. */
export function lineageOf({ runs }: Workload, name: string): SimRun[] {
  const run = runs.find(({ definition }) => definition.name === name)
  if (run === undefined) return []
  return run.after === undefined
    ? [run]
    : [...lineageOf({ machines: [], runs }, run.after.previous), run]
}

function successorsOf(random: Prng, runs: readonly SimRun[]): SimRun[] {
  return runs.flatMap((run): SimRun[] => {
    if (run.openSource === undefined || !random.chance(0.4)) return []
    const { definition, items } = run
    const changed = new Set(Array.from({ length: random.int(4) }, () => random.int(items + 1)))
    const input: Input = {
      items: items + random.int(4),
      valueAt: index => run.input.valueAt(index) + (changed.has(index) ? 100 : 0),
      unreadable: random.chance(0.2) ? random.int(10) : -1,
      atMost: 1 + random.int(12),
    }
    const redo = random.chance(0.4) ? [random.pick(definition.stages).name] : []
    return [
      {
        ...run,
        ...{ definition: { ...definition, name: `${definition.name}-again` } },
        ...{ at: Number.POSITIVE_INFINITY, items: input.items, input },
        ...{ after: { previous: definition.name, redo }, openSource: sourceOf(input) },
      },
    ]
  })
}

function drawStage(
  random: Prng,
  name: string,
  link: Link,
  after: number,
  scale: number,
): StageDefinition {
  return {
    name,
    after,
    link,
    needs: random.pick<Readonly<Record<string, number>>>([
      {},
      {},
      { cpu: 1, memory: random.int(5) },
      { gpu: 1, memory: 1 },
    ]),
    loads: random.chance(0.5)
      ? { name: random.pick(['oak', 'elm', 'yew']), memory: random.int(6) }
      : undefined,
    chunk: random.pick([
      { kind: 'auto' },
      { kind: 'fixed', items: 1 },
      { kind: 'fixed', items: 3 },
      { kind: 'whole' },
    ] as const),
    timeout: 6 * scale + 20 * MILLISECOND,
    ...(random.chance(0.3) ? { setupTimeout: 25 * MILLISECOND } : {}),
    grace: 50 * MILLISECOND,
    ...(link.kind === 'gather' && after > 0 && random.chance(0.4) ? { also: [0] } : {}),
    retry: {
      attempts: 1 + random.int(4),
      delay: random.int(SECOND),
      maxDelay: 5 * SECOND,
      never: random.chance(0.2) ? ['bad-input'] : [],
      on: random.chance(0.3) ? { 'out-of-memory': { memory: 2 } } : {},
    },
  }
}
