import { learningInWords } from '../../choose/learning.ts'
import type { LiveChoice } from '../../choose/live-choice.ts'
import type { Standing } from '../../choose/standing.ts'
import type { Job } from '../../model/job.ts'
import type { Event } from '../../core/event.ts'
import { openMachines } from '../../core/given-up.ts'
import { hasEnded, type Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { MachineDefinition } from '../../model/run.ts'
import type { Host } from '../host.ts'
import { knownBefore, waitsFor } from './known-before.ts'
import { plansBeside, startingRule } from './live-start.ts'
import { openItems, type OpenItems } from './open-items.ts'
import {
  type Moment,
  momentOf,
  newSince,
  noSetbacks,
  type Setbacks,
  setbacksWith,
} from './plan-moment.ts'
import { type Planner, planningThread } from './plan-thread.ts'
import { follow, goLargestFirst, isFew, leavePlan } from './rule-beside.ts'
import { noteStrategy, ruleInWords } from './strategy-note.ts'

/**
 * Plans a running job's open items on a snapshot and hands the plan to the core as an event. Dispatch
 * never waits for it: until it arrives, and for whatever it does not name, tasks go where they finish
 * first (mct). It plans once every machine has five samples of the stage, and again when machines
 * change, an item fails or takes too long, or a quarter of the items has ended: that is what mends a
 * plan that reality left. For `auto` the choice may also be a rule, which the run then follows until
 * the next choice.
 */
export function planBeside(host: Host, run: Run, job: Job): () => void {
  const { objective, name } = run.definition
  const { strategy } = job
  const stages = run.stages.map(number => host.state.stages[number])
  /** By stage, where times are known already: why. */
  const known = new Map(stages.map(stage => [stage.number, knownBefore(host, run, stage)]))
  const heads = stages.filter(({ upstream }) => upstream < 0)
  const learning = learningInWords(strategy, objective, waitsFor(host, run, heads))
  const alike = !plansBeside(host.machines, strategy, objective)
  if (alike && !ordersLargest(host.machines, job)) return () => {}
  const first = startingRule(host.machines, job)
  if (!alike) {
    const { order } = first
    noteStrategy(host.store, name, {
      asked: strategy,
      uses: 'mct',
      order,
      objective,
      why: learning,
    })
  }
  const { order } = run.definition
  const planner = planningThread({ mostMs: overrun })
  let stopped = false
  let [planning, live, restsUntil] = [false, false, 0]
  let setbacks: ReadonlyMap<number, Setbacks> = new Map()
  let largest = !alike && objective === 'makespan' && ordersLargest(host.machines, job)
  let standing: Standing | undefined = strategy === 'auto' ? first : undefined
  /** By stage. */
  const plannedAt = new Map<number, Moment>()
  const planFor = async (stage: Stage, open: OpenItems, since: string): Promise<void> => {
    const began = performance.now()
    try {
      const asked = { open, planner, ...(standing && { standing }) }
      const choice = alike ? largestFirst(open) : await choose(host, run, job, asked)
      if (choice === undefined || host.isClosed()) return
      await adopt(host, run, stage, { job, order, open, choice, since })
      standing = standingOf(choice)
    } catch (error) {
      if (stopped || host.isClosed()) return
      const why = `no plan for ${stage.definition.name}: ${(error as Error).message}`
      noteStrategy(host.store, name, { asked: strategy, uses: 'mct', objective, why })
      process.emitWarning(`${strategy}: ${why}; tasks go by mct`, 'DrayPlan')
    } finally {
      planning = false
      restsUntil = performance.now() + rest * (performance.now() - began)
    }
  }
  const consider = (): void => {
    if (host.isClosed()) return stop()
    if (planning || run.state !== 'active' || host.state.draining) return
    for (const number of run.stages) {
      const stage = host.state.stages[number]
      const moment = momentOf(host, stage, setbacks.get(number) ?? noSetbacks)
      if (largest && isFew(stage)) {
        standing = { ...first, order: 'lpt' }
        goLargestFirst(host, run, stage, job, moment === undefined ? undefined : known.get(number))
        largest = false
      }
      if (moment === undefined) {
        if (!isFor(stage, plannedAt.get(number), host)) leavePlan(host, run, stage, learning)
        continue
      }
      const before = plannedAt.get(number)
      const since =
        before === undefined
          ? (known.get(number) ?? 'every machine has five samples')
          : newSince(moment, before, performance.now() < restsUntil)
      if (since === undefined) continue
      if (alike && plannedAt.has(number)) continue
      const open = openItems(host.state, stage)
      if (open === undefined) continue
      plannedAt.set(number, moment)
      planning = true
      void planFor(stage, open, since)
      return
    }
  }
  const off = host.listen({
    onStep: (events, decisions) => {
      setbacks = setbacksWith(setbacks, decisions)
      if (events.some(event => worthALook.has(event.kind))) consider()
      // Of a run that goes on again, the steps before that are seen as well.
      if (!hasEnded(run)) live = true
      else if (live) stop()
    },
  })
  // An item that hangs makes no event, and the others may all wait behind it.
  const watch = setInterval(consider, watchMillis)
  watch.unref()
  const stop = (): void => {
    off()
    clearInterval(watch)
    stopped = true
    planner.close()
  }
  return stop
}

/** Whether the stage's plan, if it follows one, was made for the machines that are here. */
function isFor(stage: Stage, plannedAt: Moment | undefined, { state }: Host): boolean {
  if (stage.plan === undefined || stage.plan.machine.size === 0) return true
  const here = openMachines(state, stage).map(({ number }) => number)
  return plannedAt?.machines.join() === here.join()
}

function standingOf(choice: LiveChoice): Standing {
  return choice.kind === 'rule'
    ? { strategy: choice.strategy, order: choice.order }
    : { strategy: choice.strategy }
}

/** Failures alone lead to a new plan only after this many times as long as the last planning took. */
const rest = 4

const watchMillis = 250

const worthALook: ReadonlySet<Event['kind']> = new Set([
  'read',
  'outcomes',
  'slotEnded',
  'joined',
  'left',
  'learnt',
  'goOn',
])

/**
 * Whether `auto` may still shorten the tail: where slots are alike, by who goes first, the largest
 * (Graham 1969). An order that the job names stands.
 */
function ordersLargest(machines: readonly MachineDefinition[], job: Job): boolean {
  const slots = machines.reduce((sum, machine) => sum + (machine.slots ?? 2), 0)
  const sized = job.stages.some(({ size }) => size.kind !== 'one')
  return job.strategy === 'auto' && job.order === undefined && sized && slots > 1
}

function largestFirst({ problem, busy }: OpenItems): LiveChoice | undefined {
  const times = problem.times.subarray(busy * problem.machines.length)
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const time of times) {
    least = Math.min(least, time)
    most = Math.max(most, time)
  }
  if (most < tellApart * least) return undefined
  const why = 'all slots are alike, so only the last tasks matter: the largest go first'
  return { kind: 'rule', strategy: 'on-demand', order: 'lpt', why }
}

/** Expected times closer than this make no difference to the tail. */
const tellApart = 1.1

function choose(
  host: Host,
  run: Run,
  { strategy, order }: Job,
  { open, planner, standing }: Asked,
): Promise<LiveChoice> {
  const { seed } = host.state.runs[run.number].definition
  const { problem, noise, seconds } = open
  const ms = Math.min(mostSearch, Math.max(leastSearch, 50 * seconds))
  const { objective } = run.definition
  const request = { problem, strategy, objective, seed, noise, ms, order, standing }
  return planner.choose(request)
}

type Asked = {
  readonly open: OpenItems
  readonly planner: Planner
  readonly standing?: Standing
}

/** A rule that compares every task with every other may take this long, and is then given up. */
const overrun = 60_000

/** Milliseconds beside a running job: a twentieth of what is left to do, within these. */
const [leastSearch, mostSearch] = [50, 500]

type Chosen = {
  readonly job: Job
  /** The run's order: the job's, or the default. */
  readonly order: string
  readonly open: OpenItems
  readonly choice: LiveChoice
  /** Why it plans again now, in words. */
  readonly since: string
}

async function adopt(host: Host, run: Run, stage: Stage, chosen: Chosen): Promise<void> {
  const { job, order, open, choice, since } = chosen
  if (run.state !== 'active') return
  const { busy, items, machineOf } = open
  const why = `${choice.why}; this time: ${since}`
  const rule = choice.kind === 'rule'
  if (rule) follow(host, run, choice.strategy, choice.order)
  else if (run.definition.strategy !== 'planned') follow(host, run, 'planned', order)
  // An empty plan frees what was bound to a machine: from here on the rule places it.
  const named = rule ? [] : items
  // An order that the job names stands: the plan says where, the order who goes first there.
  const inOwnOrder = !rule && job.order === undefined
  await host.commit({
    kind: 'plan',
    stage: stage.number,
    strategy: rule ? ruleInWords(choice.strategy, choice.order) : choice.strategy,
    seed: run.definition.seed,
    steps: rule ? 0 : choice.steps,
    items: named,
    machines: named.map((_, task) => (rule ? 0 : machineOf[choice.schedule.machine[busy + task]])),
    ranks: inOwnOrder ? named.map((_, task) => choice.schedule.start[busy + task]) : [],
    why,
  })
  // Only once it is durable; of a directory that was closed meanwhile nothing becomes durable.
  noteStrategy(host.store, run.definition.name, {
    asked: job.strategy,
    uses: choice.strategy,
    objective: run.definition.objective,
    why,
    ...(rule && { order: choice.order }),
  })
}
