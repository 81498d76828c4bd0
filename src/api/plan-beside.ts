import { learningInWords, type LiveChoice } from '../choose/live-choice.ts'
import { strategyNamed } from '../choose/strategies.ts'
import type { Job } from '../model/job.ts'
import type { Event } from '../core/event.ts'
import { hasEnded, type Run, type Stage } from '../core/state.ts'
import type { Objective } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { allocationNamed } from '../policy/registry.ts'
import type { Host } from './host.ts'
import { openItems, type OpenItems } from './open-items.ts'
import { type Moment, momentOf, newSince } from './plan-moment.ts'
import { chooseInThread } from './plan-thread.ts'
import { noteStrategy, ruleInWords } from './strategy-note.ts'

/**
 * Plans a running job's open items on a snapshot and hands the plan to the core as an event. Dispatch
 * never waits for it: until it arrives, and for whatever it does not name, tasks go where they finish
 * first (mct). It plans once every machine has five samples of the stage, and again when machines
 * change or a quarter of the items has ended: that is what mends a plan that reality left. For `auto`
 * the choice may also be a rule, which the run then follows until the next choice.
 */
export function planBeside(host: Host, run: Run, job: Job): () => void {
  const { objective, name } = run.definition
  const { strategy } = job
  const alike = !plansBeside(host.machines, strategy, objective)
  if (alike && !ordersLargest(host.machines, job)) return () => {}
  if (!alike) {
    const why = learningInWords(strategy, objective)
    noteStrategy(host.store, name, { asked: strategy, uses: 'mct', objective, why })
  }
  const { order } = run.definition
  const ended = new AbortController()
  let [planning, live] = [false, false]
  /** By stage. */
  const plannedAt = new Map<number, Moment>()
  const consider = (): void => {
    if (planning || run.state !== 'active') return
    for (const number of run.stages) {
      const stage = host.state.stages[number]
      const moment = momentOf(host, stage)
      if (moment === undefined) continue
      const since = newSince(moment, plannedAt.get(number))
      if (since === undefined) continue
      if (alike && plannedAt.has(number)) continue
      const open = openItems(host.state, stage)
      if (open === undefined) continue
      plannedAt.set(number, moment)
      planning = true
      const chosen = alike ? largestFirst(open) : choose(host, run, job, open, ended.signal)
      chosen
        .then(
          choice =>
            choice && adopt(host, run, stage, { asked: strategy, order, open, choice, since }),
        )
        .catch((error: Error) => {
          if (ended.signal.aborted) return
          const why = `no plan for ${stage.definition.name}: ${error.message}`
          noteStrategy(host.store, name, { asked: strategy, uses: 'mct', objective, why })
          process.emitWarning(`${strategy}: ${why}; tasks go by mct`, 'DrayPlan')
        })
        .finally(() => {
          planning = false
        })
      return
    }
  }
  const off = host.listen({
    onStep: events => {
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
    ended.abort()
  }
  return stop
}

const watchMillis = 250

const worthALook: ReadonlySet<Event['kind']> = new Set([
  'read',
  'outcomes',
  'joined',
  'left',
  'learnt',
  'goOn',
])

/**
 * Whether there is anything to plan. `auto` does not while only the makespan counts and machines are
 * alike: the next idle slot is then where a task ends first.
 */
export function plansBeside(
  machines: readonly MachineDefinition[],
  strategy: string,
  objective: Objective,
): boolean {
  if (strategy !== 'auto') {
    return allocationNamed(strategy) === undefined && strategyNamed(strategy) !== undefined
  }
  const [first, ...others] = machines
  const speeds = others.some(({ speed }) => speed !== first.speed)
  const prices = others.some(({ cost }) => cost !== first.cost)
  if (objective === 'makespan') return speeds
  return objective === 'cost' ? speeds || prices : true
}

/**
 * Whether `auto` may still shorten the tail: where slots are alike, by who goes first, the largest
 * (Graham 1969). An order that the job names stands.
 */
function ordersLargest(machines: readonly MachineDefinition[], job: Job): boolean {
  const slots = machines.reduce((sum, machine) => sum + (machine.slots ?? 2), 0)
  const sized = job.stages.some(({ size }) => size.kind !== 'one')
  return job.strategy === 'auto' && job.order === undefined && sized && slots > 1
}

async function largestFirst({ problem, busy }: OpenItems): Promise<LiveChoice | undefined> {
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

/** Expected times closer than this are one to a tail. */
const tellApart = 1.1

function choose(
  host: Host,
  run: Run,
  { strategy, order }: Job,
  open: OpenItems,
  signal: AbortSignal,
): Promise<LiveChoice> {
  const { seed } = host.state.runs[run.number].definition
  const { problem, noise, seconds } = open
  const ms = Math.min(mostSearch, Math.max(leastSearch, 50 * seconds))
  const { objective } = run.definition
  const request = { problem, strategy, objective, seed, noise, ms, order }
  return chooseInThread(request, { signal, mostMs: overrun })
}

/** A rule that compares every task with every other may take this long, and is then given up. */
const overrun = 60_000

/** Milliseconds beside a running job: a twentieth of what is left to do, within these. */
const [leastSearch, mostSearch] = [50, 500]

type Chosen = {
  readonly asked: string
  /** The order the job asked for, which a plan falls back on. */
  readonly order: string
  readonly open: OpenItems
  readonly choice: LiveChoice
  /** What made it look now. */
  readonly since: string
}

async function adopt(host: Host, run: Run, stage: Stage, chosen: Chosen): Promise<void> {
  const { asked, order, open, choice, since } = chosen
  if (run.state !== 'active') return
  const { busy, items, machineOf } = open
  const why = `${choice.why}; this time: ${since}`
  const rule = choice.kind === 'rule'
  if (rule) follow(host, run, choice.strategy, choice.order)
  else if (run.definition.strategy !== 'planned') follow(host, run, 'planned', order)
  // An empty plan frees what was bound to a machine: from here on the rule places it.
  const named = rule ? [] : items
  await host.commit({
    kind: 'plan',
    stage: stage.number,
    strategy: rule ? ruleInWords(choice.strategy, choice.order) : choice.strategy,
    seed: run.definition.seed,
    steps: 0,
    items: named,
    machines: named.map((_, task) => (rule ? 0 : machineOf[choice.schedule.machine[busy + task]])),
    ranks: named.map((_, task) => (rule ? 0 : choice.schedule.start[busy + task])),
    why,
  })
  // Only once it is durable; of a directory that was closed meanwhile nothing becomes durable.
  noteStrategy(host.store, run.definition.name, {
    asked,
    uses: choice.strategy,
    objective: run.definition.objective,
    why,
    ...(rule && { order: choice.order }),
  })
}

/** The same run under another rule. */
function follow(host: Host, run: Run, strategy: string, order: string): void {
  const definition = { ...run.definition, strategy, order }
  host.loop.send({ kind: 'redefine', run: run.number, definition })
}
