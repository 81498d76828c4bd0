import { DONE, OPEN, STOPPED, stateOf } from '../core/items.ts'
import { gatheredStages } from '../core/gathered.ts'
import { expire } from '../core/phase/recover.ts'
import { encodeState } from '../core/snapshot.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { RUNNING, taskStates } from '../core/tasks.ts'
import type { Hold } from '../driver/hold.ts'
import type { GatheredGroups, Payloads } from '../driver/payloads.ts'
import { leavesEnded } from '../driver/chain.ts'
import { runName, storedName } from '../driver/stored-name.ts'
import { restore } from '../driver/restore.ts'
import type { AttemptItem } from '../port/executor.ts'
import type { Journal } from '../port/journal.ts'
import type { Store } from '../port/store.ts'
import { hash64 } from '../std/hash64.ts'
import { demand } from './checker.ts'
import type { Disk } from './disk.ts'
import type { Execution } from './executor.ts'
import type { SimRun, Workload } from './workload.ts'

/** What a world must show from outside: right starts, right answers, each committed once, and an end. */

/** Stages add: a map one, a reduce everything. */
export function answerOf(stage: Stage, item: AttemptItem): string {
  const payload = JSON.parse(item.payload) as number | { results: number[] }
  if (typeof payload === 'number') return String(payload + 1)
  return String(
    payload.results.reduce(
      (sum, value) => sum + value,
      stage.definition.link.kind === 'gather' ? 1_000 : 0,
    ),
  )
}

export function gatheredPayload(state: State, store: Store, stage: Stage): GatheredGroups {
  const results: string[] = []
  for (const upstream of gatheredStages(state, stage)) {
    for (const { state: ended, payload } of store.results(
      runName(state, upstream),
      storedName(state, upstream),
    )) {
      if (ended === 'done' || ended === 'stopped') results.push(payload)
    }
  }
  const payload = `{"results":[${results.join(',')}]}`
  return { keys: ['all'], versions: [hash64(payload)], payload: () => payload }
}

/** An item may only run under a lease, and after what it follows. */
export function checkStart(
  state: State,
  { slot: address, stage: number, order, item }: Execution,
): void {
  const slot = state.machines[address.machine].slots[address.slot]
  const stage = state.stages[number]
  const name = `item ${item.index} of ${stage.definition.name}`
  const live =
    state.tasks.state[order.task] === RUNNING &&
    state.tasks.attempt[order.task] === order.attempt &&
    slot.running.includes(order.task)
  demand(
    live || slot.stopping.has(order.attempt) || slot.dying,
    () => `${name} runs as attempt ${order.attempt} without a lease`,
  )
  if (!live) return
  demand(stateOf(stage.items, item.index) === OPEN, () => `${name} runs again after it ended`)
  const { link } = stage.definition
  if (link.kind === 'item') {
    const before = stateOf(state.stages[stage.upstream].items, item.index)
    demand(
      before === DONE || before === STOPPED,
      () => `${name} runs before what it follows is done`,
    )
  } else if (link.kind === 'tree') {
    const upstream = state.stages[stage.upstream]
    for (
      let input = item.index * link.fanIn;
      input < Math.min(upstream.known, (item.index + 1) * link.fanIn);
      input += 1
    ) {
      demand(
        stateOf(upstream.items, input) !== OPEN,
        () => `${name} runs before its input ${input} has ended`,
      )
    }
  } else if (link.kind === 'gather') {
    for (const upstream of gatheredStages(state, stage)) {
      for (let input = 0; input < upstream.known; input += 1) {
        demand(
          stateOf(upstream.items, input) !== OPEN,
          () => `${name} runs before item ${input} of ${upstream.definition.name} has ended`,
        )
      }
    }
  }
}

/**
 * The disk's journal, refusing a second answer for an item that has one. Where failed items are
 * retried their failure gives way, and with it the sums it was missing from.
 */
export function watchedJournal(
  disk: Disk,
  watch: { heard: (body: string) => void; mayRepeat: (run: string) => boolean },
): Journal {
  const { journal, store } = disk
  return {
    ...journal,
    append(entry, results, history, spooled) {
      for (const { run, stage, indexes } of results) {
        if (watch.mayRepeat(run)) continue
        for (const index of indexes) {
          const where = () => `item ${index} of ${stage} in ${run}`
          demand(
            store.result(run, stage, index) === undefined,
            () => `${where()} is answered twice`,
          )
        }
      }
      watch.heard(entry.body)
      journal.append(entry, results, history, spooled)
    },
  }
}

/** A payload is let go with its item's last answer; a result when what takes it has answered. */
export function checkPayloads(state: State, { cargo, results }: Payloads): void {
  for (const [number, hold] of cargo) {
    checkSize(hold)
    for (const index of hold.items.keys()) demandOpen(state, state.stages[number], index)
  }
  for (const [number, hold] of results) {
    checkSize(hold)
    const stage = state.stages[number]
    const takers = stage.downstream.map(next => state.stages[next])
    for (const index of hold.items.keys()) {
      const taken = takers.every(({ items }) => stateOf(items, index) !== OPEN)
      demand(!taken, () => `the result of item ${index} of ${stage.definition.name} is kept`)
    }
  }
}

function checkSize<T>({ items, sizeOf, size }: Hold<T>): void {
  let sum = 0
  for (const value of items.values()) sum += sizeOf(value)
  demand(sum === size, () => `what waits in memory counts as ${size}, but is ${sum}`)
}

function demandOpen(state: State, stage: Stage, index: number): void {
  const name = () => `item ${index} of ${stage.definition.name}`
  demand(!leavesEnded(state, stage, index), () => `${name()} is over and kept in memory`)
}

/** What the journal says is what memory holds, apart from indexes that are rebuilt. */
export function checkReplay(disk: Disk, live: State): void {
  const again = restore(disk.journal)
  if (again.sequence !== live.sequence) return
  again.now = live.now
  expire(again, live.now)
  const [from, to] = [comparable(again), comparable(live)]
  if (from === to) return
  let at = 0
  while (from[at] === to[at]) at += 1
  const around = (text: string): string => text.slice(Math.max(0, at - 200), at + 80)
  demand(false, () => `a replay differs: ${around(from)}\n   from what lives: ${around(to)}`)
}

/** Without the clock, which no entry moves when only a timer fired, and without the keys of queues. */
function comparable(state: State): string {
  const { now: _now, ...rest } = JSON.parse(encodeState(state)) as {
    now: number
    tasks: { key: unknown }
  }
  return JSON.stringify({ ...rest, tasks: { ...rest.tasks, key: undefined } }, (_, value) =>
    sorted(value),
  )
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Every item has one final state, and the store the answer that follows from what it was made of. */
export function checkEnded(
  state: State,
  store: Store,
  workload: Workload,
  forgotten: ReadonlySet<string>,
): void {
  for (const simRun of workload.runs) {
    const { definition } = simRun
    const run = state.runs.find(known => known.definition.name === definition.name)
    demand(run !== undefined, () => `${definition.name} was submitted and forgotten`)
    if (run === undefined) continue
    demand(
      ['done', 'failed', 'cancelled'].includes(run.state),
      () => `${definition.name} is ${run.state} and will stay so: ${standing(state, run)}`,
    )
    if (forgotten.has(definition.name)) continue
    for (const number of run.stages) checkAnswers(state, store, state.stages[number], simRun)
  }
}

/** Where everything of a run stands, for whoever has to find out why it does. */
function standing(state: State, run: Run): string {
  const stages = run.stages.map(number => {
    const { definition, known, complete, reading, pool, openTasks, items } = state.stages[number]
    return {
      stage: definition.name,
      link: definition.link.kind,
      needs: definition.needs,
      known,
      complete,
      reading,
      ready: pool.size,
      openTasks,
      ended: items.counts.join(),
    }
  })
  const tasks = Array.from(
    state.tasks.state.subarray(0, state.tasks.used),
    code => taskStates[code],
  )
  const machines = state.machines.map(
    ({ definition, alive, pressure, queued, running, idle, slots }) => ({
      ...definition,
      alive,
      pressure,
      queued,
      running,
      idle: idle.length,
      of: slots.length,
    }),
  )
  return JSON.stringify({
    strategy: run.definition.strategy,
    draining: state.draining,
    stages,
    tasks,
    machines,
  })
}

function checkAnswers(state: State, store: Store, stage: Stage, simRun: SimRun): void {
  const run = runName(state, stage)
  const name = storedName(state, stage)
  for (let index = 0; index < stage.known; index += 1) {
    const where = () => `item ${index} of ${name} in ${run}`
    demand(stateOf(stage.items, index) !== OPEN, () => `${where()} never ended`)
    const stored = store.result(run, name, index)
    demand(stored !== undefined, () => `${where()} has ended without an answer`)
    if (stored === undefined || (stored.state !== 'done' && stored.state !== 'stopped')) continue
    const expected = expectedAnswer(state, store, stage, index, simRun)
    demand(
      stored.payload === expected,
      () => `${where()} is answered ${stored.payload}, right is ${expected}`,
    )
  }
}

function expectedAnswer(
  state: State,
  store: Store,
  stage: Stage,
  index: number,
  { input }: SimRun,
): string {
  const { link } = stage.definition
  const upstream = state.stages[stage.upstream]
  const at = (input: number): number => {
    const stored = store.result(runName(state, upstream), storedName(state, upstream), input)
    return stored?.state === 'done' || stored?.state === 'stopped' ? Number(stored.payload) : 0
  }
  if (link.kind === 'source' && link.pushed === true)
    return String(Number(store.spooled(runName(state, stage), index, 1)[0].payload) + 1)
  if (link.kind === 'source') return String(input.valueAt(index) + 1)
  if (link.kind === 'item') return String(at(index) + 1)
  if (link.kind === 'gather')
    return answerOf(stage, {
      index,
      key: '',
      payload: gatheredPayload(state, store, stage).payload(0),
    })
  let sum = 0
  const fanIn = link.kind === 'tree' ? link.fanIn : 1
  for (let input = index * fanIn; input < Math.min(upstream.known, (index + 1) * fanIn); input += 1)
    sum += at(input)
  return String(sum)
}
