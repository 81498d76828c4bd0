import type { HistoryBatch, ResultBatch, SpoolBatch } from '../port/journal.ts'
import type { LogLine, RunRecord, SpooledItem, Store, StoredResult } from '../port/store.ts'
import { assert } from '../std/assert.ts'

/**
 * The store's twin: what a disk would hold, in plain memory. Everything the journal commits arrives by
 * `commit`; captured output waits in `pending` until then, and is lost when the node crashes before.
 */
export type StoreState = {
  /** Every commit, so that the last ones can be torn off again. */
  commits: Commit[]
  /** Run, then stage, then the rows of each. */
  readonly results: Map<string, Map<string, StageResults>>
  readonly history: HistoryBatch[]
  readonly logs: (LogLine & { readonly id: number })[]
  pending: LogLine[]
  readonly runs: Map<string, RunRecord>
  readonly documents: Map<string, string>
  readonly spools: Map<string, SpooledItem[]>
  lastLog: number
}

type Commit = {
  readonly sequence: number
  readonly results: readonly ResultBatch[]
  readonly history: readonly HistoryBatch[]
  readonly spooled: readonly SpoolBatch[]
  readonly lines: readonly LogLine[]
}

/** Newest answer of each item. */
type StageResults = Map<number, StoredResult>

export function emptyStore(): StoreState {
  return {
    commits: [],
    results: new Map(),
    history: [],
    logs: [],
    pending: [],
    runs: new Map(),
    documents: new Map(),
    spools: new Map(),
    lastLog: 0,
  }
}

/** What is on the disk: the rows are immutable, so only the containers are copied. */
export function copyDurable(state: StoreState): StoreState {
  return {
    commits: [...state.commits],
    results: new Map(
      [...state.results].map(([run, stages]) => [
        run,
        new Map([...stages].map(([stage, answers]) => [stage, new Map(answers)])),
      ]),
    ),
    history: [...state.history],
    logs: [...state.logs],
    pending: [],
    runs: new Map(state.runs),
    documents: new Map(state.documents),
    spools: new Map([...state.spools].map(([run, items]) => [run, [...items]])),
    lastLog: state.lastLog,
  }
}

export function commit(state: StoreState, appended: Omit<Commit, 'lines'>): void {
  const done = { ...appended, lines: state.pending }
  state.pending = []
  state.commits.push(done)
  apply(state, done)
}

/** Forgets every commit after `sequence`, as if the disk had never written it. */
export function tearAfter(state: StoreState, sequence: number): void {
  for (const { run, first } of state.commits
    .filter(done => done.sequence > sequence)
    .flatMap(done => done.spooled)) {
    state.spools.set(run, (state.spools.get(run) ?? []).slice(0, first))
  }
  state.commits = state.commits.filter(done => done.sequence <= sequence)
  state.results.clear()
  state.history.length = 0
  state.logs.length = 0
  state.lastLog = 0
  for (const done of state.commits) apply(state, done)
}

function apply(state: StoreState, { results, history, spooled, lines }: Commit): void {
  for (const batch of spooled) spoolItems(state, batch)
  for (const batch of results) commitResults(state, batch)
  for (const batch of history) if (batch.attempts.length > 0) state.history.push(batch)
  for (const line of lines) state.logs.push({ ...line, id: (state.lastLog += 1) })
}

function commitResults(state: StoreState, batch: ResultBatch): void {
  const stages = state.results.get(batch.run) ?? new Map<string, StageResults>()
  const answers = stages.get(batch.stage) ?? new Map<number, StoredResult>()
  state.results.set(batch.run, stages.set(batch.stage, answers))
  batch.indexes.forEach((index, i) => {
    const payload = batch.payloads[i]
    assert(!payload.includes('\n') && payload !== '', `a result of ${batch.stage} is not one line`)
    const [key, version, state] = [batch.keys[i], batch.versions[i], batch.states[i]]
    answers.set(index, { index, key, version, state, payload })
  })
}

/** `use` is called before every access: the disk of a crashed node refuses. */
export function simulatedStore(state: StoreState, use: () => void): Store {
  const answersOf = (run: string, stage: string) => {
    use()
    return state.results.get(run)?.get(stage) ?? new Map<number, StoredResult>()
  }
  return {
    result: (run, stage, index) => answersOf(run, stage).get(index),
    *results(run, stage, options = {}) {
      const { from = 0, states } = options
      for (const answer of inItemOrder(answersOf(run, stage)))
        if (answer.index >= from && (states === undefined || states.includes(answer.state)))
          yield answer
    },
    *answered(run, stage) {
      for (const { index, key, version, state } of inItemOrder(answersOf(run, stage)))
        yield { index, key, version, state }
    },
    counts(run, stage) {
      const counts = { done: 0, stopped: 0, failed: 0, skipped: 0, cancelled: 0 }
      for (const answer of answersOf(run, stage).values()) counts[answer.state] += 1
      return counts
    },
    *history(run) {
      use()
      for (const batch of [...state.history]) if (batch.run === run) yield batch
    },
    log(lines) {
      use()
      state.pending.push(...lines)
    },
    *logs(run, options = {}) {
      use()
      commit(state, {
        sequence: state.commits.at(-1)?.sequence ?? 0,
        results: [],
        history: [],
        spooled: [],
      })
      const { index, stage, after = 0 } = options
      for (const line of [...state.logs]) {
        if (line.run !== run || line.id <= after) continue
        if (index !== undefined && line.index !== index) continue
        if (stage === undefined || line.stage === stage) yield line
      }
    },
    ...simulatedRuns(state, use),
    ...simulatedSpool(state, use),
  }
}

function inItemOrder(answers: StageResults): StoredResult[] {
  return [...answers.values()].sort((a, b) => a.index - b.index)
}

function simulatedRuns(
  state: StoreState,
  use: () => void,
): Pick<Store, 'putRun' | 'run' | 'runs' | 'put' | 'get' | Removals> {
  return {
    putRun(record) {
      use()
      state.runs.set(record.name, record)
    },
    run(name) {
      use()
      return state.runs.get(name)
    },
    runs() {
      use()
      const records = [...state.runs.values()]
      return records.sort((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
    },
    put(name, text) {
      use()
      state.documents.set(name, text)
    },
    get(name) {
      use()
      return state.documents.get(name)
    },
    removeRuns(names) {
      use()
      for (const name of names) removeRun(state, name)
    },
    removedRuns: () => [],
    *freeRemoved() {},
  }
}

type Removals = 'removeRuns' | 'removedRuns' | 'freeRemoved'

function removeRun(state: StoreState, name: string): void {
  state.runs.delete(name)
  state.results.delete(name)
  state.spools.delete(name)
  for (const document of state.documents.keys())
    if (document.slice(document.indexOf(':') + 1) === name) state.documents.delete(document)
  keepOthers(state.history, name)
  keepOthers(state.logs, name)
  state.pending = without(state.pending, name)
  state.commits = state.commits.map(({ sequence, results, history, spooled, lines }) => ({
    sequence,
    results: without(results, name),
    history: without(history, name),
    spooled: without(spooled, name),
    lines: without(lines, name),
  }))
}

function keepOthers<T extends { readonly run: string }>(rows: T[], run: string): void {
  rows.splice(0, rows.length, ...without(rows, run))
}

function without<T extends { readonly run: string }>(rows: readonly T[], run: string): T[] {
  return rows.filter(row => row.run !== run)
}

/** Again after a tear, a batch takes the place it had. */
function spoolItems(state: StoreState, { run, first, items }: SpoolBatch): void {
  const spooled = state.spools.get(run) ?? []
  assert(
    first <= spooled.length,
    `items of ${run} spooled at ${first} where ${spooled.length} comes next`,
  )
  state.spools.set(run, [...spooled.slice(0, first), ...items])
}

function simulatedSpool(state: StoreState, use: () => void): Pick<Store, 'spool' | 'spooled'> {
  return {
    spool(run, first, items) {
      use()
      if (items.length > 0) spoolItems(state, { run, first, items })
    },
    spooled(run, from, limit, enough = Number.POSITIVE_INFINITY) {
      use()
      const items = (state.spools.get(run) ?? []).slice(from, from + limit)
      let length = 0
      const last = items.findIndex(({ payload }) => (length += payload.length) >= enough)
      return last < 0 ? items : items.slice(0, last + 1)
    },
  }
}
