import { planProblem } from '../choose/plan-problem.ts'
import { type Strategy, strategyNamed } from '../choose/strategies.ts'
import type { Event } from '../core/event.ts'
import { limits } from '../core/limits.ts'
import type { Run, Stage } from '../core/state.ts'
import { ASSIGNED, READY } from '../core/tasks.ts'
import { expectedMicros } from '../core/times.ts'
import type { Problem } from '../model/problem.ts'
import { allocationNamed } from '../policy/registry.ts'
import type { Host } from './host.ts'

/**
 * Plans a running job's open items on a snapshot and hands the plan to the core as an event. Dispatch
 * never waits for it: until it arrives, and for whatever it does not name, tasks go where they finish
 * first. It plans once every machine's times are known, and again when machines change or a quarter
 * of the items has ended: that is what mends a plan that reality left.
 */
export function planBeside(host: Host, run: Run, strategyName: string): () => void {
  const strategy = plannerFor(host, strategyName)
  if (strategy === undefined) return () => {}
  let planning = false
  let plannedAt = ''
  const consider = (events: readonly Event[]): void => {
    if (planning || !events.some(event => worthALook.has(event.kind))) return
    for (const number of run.stages) {
      const stage = host.state.stages[number]
      const moment = momentOf(host, stage)
      if (moment === undefined || moment === plannedAt) continue
      const snapshot = snapshotOf(host, stage)
      if (snapshot === undefined) continue
      plannedAt = moment
      planning = true
      adopt(host, stage, strategy, snapshot)
        .catch((error: Error) => {
          process.emitWarning(
            `no ${strategy.name} plan for ${stage.definition.name}: ${error.message}`,
            'DrayPlan',
          )
        })
        .finally(() => {
          planning = false
        })
      return
    }
  }
  return host.listen({ onStep: consider })
}

const worthALook: ReadonlySet<Event['kind']> = new Set([
  'read',
  'outcomes',
  'joined',
  'left',
  'learnt',
])
/** Beyond this many open tasks a plan costs more than it is worth (DESIGN 5.9). */
const MOST_TASKS = 10_000
/** Milliseconds of search beside a running job, on the loop's own thread in small steps. */
const SEARCH = 500

/** The strategy to plan with: a planner by name; for `auto` a portfolio where machines differ. */
function plannerFor(host: Host, name: string): Strategy | undefined {
  const differ = host.machines.some(machine => machine.speed !== host.machines[0].speed)
  if (name === 'auto') return differ ? strategyNamed('portfolio') : undefined
  return allocationNamed(name) === undefined ? strategyNamed(name) : undefined
}

/** What must differ for another plan: the machines that are here, and the quarter of the stage that has ended. */
function momentOf(host: Host, stage: Stage): string | undefined {
  const { state } = host
  if (!stage.complete || stage.known < 2) return undefined
  const alive = state.machines.filter(machine => machine.alive)
  const known = alive.every(machine => (stage.estimates[machine.number]?.n ?? 0) >= limits.samples)
  if (alive.length < 2 || !known) return undefined
  const ended = stage.known - stage.pool.size - stage.open
  return `${stage.number}:${alive.map(machine => machine.number).join()}:${Math.floor((4 * ended) / stage.known)}`
}

type Snapshot = {
  readonly problem: Problem
  readonly items: readonly number[]
  readonly machineOf: readonly number[]
}

/** Open items that have not started, one task each, on every slot as a machine of its own. */
function snapshotOf(host: Host, stage: Stage): Snapshot | undefined {
  const { state } = host
  const { tasks } = state
  const items: number[] = []
  const sizes: number[] = []
  for (let task = 0; task < tasks.used; task += 1) {
    const open = tasks.state[task] === READY || tasks.state[task] === ASSIGNED
    if (!open || tasks.stage[task] !== stage.number || tasks.count[task] !== 1) continue
    items.push(tasks.first[task])
    sizes.push(tasks.size[task])
  }
  if (items.length < 2 || items.length > MOST_TASKS) return undefined
  const machineOf = state.machines
    .filter(machine => machine.alive)
    .flatMap(machine => machine.slots.map(() => machine.number))
  const times = new Float64Array(items.length * machineOf.length)
  items.forEach((item, row) => {
    machineOf.forEach((number, column) => {
      const micros = expectedMicros(stage, state.machines[number], item, sizes[row])
      times[row * machineOf.length + column] = Math.max(1, micros) / 1e6
    })
  })
  const none = {
    firstEdge: new Int32Array(items.length + 1),
    from: new Int32Array(0),
    bytes: new Float64Array(0),
    time: new Float64Array(0),
  }
  const problem: Problem = {
    name: stage.definition.name,
    unit: 's',
    times,
    edges: none,
    network: undefined,
    machines: machineOf.map((number, column) => ({
      id: `${number}/${column}`,
      speed: 1,
      capacity: undefined,
      cost: 0,
    })),
    tasks: items.map(item => ({
      id: String(item),
      needs: undefined,
      release: 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
    })),
  }
  return { problem, items, machineOf }
}

async function adopt(
  host: Host,
  stage: Stage,
  strategy: Strategy,
  { problem, items, machineOf }: Snapshot,
): Promise<void> {
  const seed = host.state.runs[stage.run].definition.seed
  const spending = { kind: 'time', ms: SEARCH } as const
  const { schedule } = await planProblem(problem, { strategy, seed, spending })
  await host.commit({
    kind: 'plan',
    stage: stage.number,
    strategy: strategy.name,
    seed,
    steps: 0,
    items,
    machines: items.map((_, task) => machineOf[schedule.machine[task]]),
    ranks: items.map((_, task) => schedule.start[task]),
  })
}
