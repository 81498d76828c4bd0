import type { Host } from '../../api/host.ts'
import { handoverOf } from '../../api/forecast/luck.ts'
import type { Summary } from '../../api/summary.ts'
import type { Run } from '../../core/run.ts'
import type { Job, StageSpec } from '../../model/job.ts'
import type { MachineDefinition } from '../../model/run.ts'
import type { Store } from '../../port/store.ts'
import { planned } from '../../policy/allocation/planned.ts'
import { formatDuration } from '../../std/units.ts'

/**
 * Sizes of chunks, given in the job, that made the run longer, as its own measurements say. Both sides of each
 * comparison are times of this run: a box that was busy with other things made both longer.
 */
export function fasterSettings(summary: Summary, host: FasterHost, job: Job): string[] {
  const run = host.runNamed(summary.run)
  if (run === undefined || summary.makespan < LEAST_SECONDS) return []
  return job.stages.flatMap(spec => {
    if (spec.kind !== 'map' || spec.chunk.kind === 'auto') return []
    if (isTooSmall(spec, run, host, job))
      return [`chunk: 'auto' in stage ${spec.name} would hand over more items at a time`]
    const gain = lostAtEnd(spec, summary, host)
    if (gain < WORTH_IT * summary.makespan * 1e6) return []
    return [
      `chunk: 'auto' in stage ${spec.name} would share its last items among the slots: ${formatDuration(gain)} less`,
    ]
  })
}

type FasterHost = Pick<Host, 'runNamed' | 'state' | 'machines'> & {
  readonly store: Pick<Store, 'history'>
}

/** Savings below these are not worth mentioning. */
const LEAST_SECONDS = 1
const WORTH_IT = 0.15
/** Micros: a task that is shorter costs about as much to hand over. */
const SHORT_TASK = 2_000

/** What passed on a slot beside its items was a good part of it, and of short tasks there were many. */
function isTooSmall(
  { name, chunk }: StageSpec,
  run: Run,
  { state }: FasterHost,
  job: Job,
): boolean {
  const stage = run.stages.map(at => state.stages[at]).find(at => at.definition.name === name)
  if (chunk.kind !== 'fixed' || stage === undefined) return false
  // In these cases `auto` would put one item in a task.
  if (run.order.global || run.allocation === planned || job.wishes !== undefined) return false
  const items = stage.byMachine.reduce((sum, { tasks }) => sum + tasks, 0)
  const each = stage.busyMicros / Math.max(1, items)
  const handover = handoverOf(stage)
  const isShort = chunk.items * each < SHORT_TASK && items > 100 * chunk.items
  return isShort && handover >= WORTH_IT * (handover + each)
}

type Entry = {
  readonly slot: string
  readonly attempt: number
  readonly stage: string
  readonly start: number
  readonly end: number
}

function* entriesOf(store: FasterHost['store'], run: string): Generator<Entry> {
  for (const { stage, machines, slots, attempts, starts, ends } of store.history(run))
    for (let at = 0; at < ends.length; at += 1)
      yield {
        slot: `${machines[at]} ${slots[at]}`,
        attempt: attempts[at],
        stage,
        start: starts[at],
        end: ends[at],
      }
}

/** Micros by which the run would have ended sooner, had the last chunks' items been shared among idle slots. */
function lostAtEnd(spec: StageSpec, { run }: Summary, { store, machines }: FasterHost): number {
  const lanes = atOnce(spec, machines)
  const lastEnds = new Map<string, number>()
  let [first, end, lastStage] = [Number.POSITIVE_INFINITY, 0, '']
  for (const entry of entriesOf(store, run)) {
    lastEnds.set(entry.slot, Math.max(entry.end, lastEnds.get(entry.slot) ?? 0))
    first = Math.min(first, entry.start)
    if (entry.end >= end) [end, lastStage] = [entry.end, entry.stage]
  }
  if (lastStage !== spec.name || lanes < 2) return 0
  // From here on a slot that could have run the stage had nothing left.
  const idleFrom = [...lastEnds.values()].sort((a, b) => b - a)[lanes - 1] ?? first
  const begun = new Map<number, number>()
  const late = new Map<number, { micros: number; isEven: boolean }>()
  let [busy, longest] = [0, 0]
  for (const { attempt, start, end: ended } of entriesOf(store, run)) {
    const rest = ended - Math.max(start, idleFrom)
    busy += Math.max(0, rest)
    longest = Math.max(longest, rest)
    const before = begun.get(attempt)
    if (start <= idleFrom) begun.set(attempt, ended - start)
    else if (before !== undefined) {
      const { micros, isEven } = late.get(attempt) ?? { micros: 0, isEven: true }
      late.set(attempt, { micros: micros + rest, isEven: isEven && rest === before })
    }
  }
  // A `batch` is answered whole, each item with an equal part of its time: nothing says what one would take.
  const oneByOne = [...late.values()].filter(({ isEven }) => !isEven)
  const waited = oneByOne.reduce((sum, { micros }) => sum + micros, 0)
  return Math.min(waited * (1 - 1 / lanes), end - idleFrom - Math.max(busy / lanes, longest))
}

/** Tasks of the stage that the machines can run side by side. */
function atOnce({ needs }: StageSpec, machines: readonly MachineDefinition[]): number {
  return machines.reduce((sum, { slots = 0, capacity }) => {
    const fits = Object.entries(needs).map(([name, need]) =>
      need === 0 ? slots : Math.floor((capacity[name] ?? 0) / need + 1e-9),
    )
    return sum + Math.min(slots, ...fits)
  }, 0)
}
