import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../adapter/clock.ts'
import { localExecutor } from '../adapter/executor/local.ts'
import { gatherGroups } from '../adapter/gather/groups.ts'
import { importModule } from '../adapter/modules/import-module.ts'
import { claimDirectory, type Owner } from '../adapter/owner/claim.ts'
import { OutputError } from '../adapter/output/output-error.ts'
import { type Written, writeOutput } from '../adapter/output/write-output.ts'
import { openSource } from '../adapter/source/open-source.ts'
import { openDirectory } from '../adapter/sqlite/directory.ts'
import type { Decision, Event } from '../core/event.ts'
import { gatheredStages } from '../core/gathered.ts'
import { DONE, STOPPED } from '../core/items.ts'
import type { Run, Stage, State } from '../core/state.ts'
import { createLoop, type Loop } from '../driver/loop.ts'
import { InputError } from '../model/input-error.ts'
import type { Job, StageSpec } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { Executor, ExecutorEvent, StageCode } from '../port/executor.ts'
import { JournalError } from '../port/journal-error.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { Source } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { restore } from '../driver/restore.ts'
import type { Keeper } from './keep.ts'
import { rememberTimes } from './learnt-times.ts'
import { jobOf } from './recorded-job.ts'
import { isUnusable } from './unusable.ts'
import { topResults, wholeAnswers } from './whole-answers.ts'

/**
 * A directory and everything that works in it: its journal and store, the loop, the slots. One host
 * owns a directory at a time; it is the composition that `open`, `dray run` and the tests share.
 */
export type Host = {
  readonly dir: string
  readonly state: State
  readonly store: Store
  readonly loop: Loop
  readonly machines: readonly MachineDefinition[]
  /** Attaches what a run needs to go on: its source, its code, what it may keep. */
  attach(
    run: string,
    job: Job,
    options?: { readonly keeper?: Keeper; readonly stdin?: AsyncIterable<Uint8Array | string> },
  ): void
  isAttached(run: string): boolean
  runNamed(name: string): Run | undefined
  /** Resolves when the run has ended; rejects when the node stopped. */
  ended(run: string): Promise<void>
  written(run: string): readonly Written[]
  /** Why an ended run's output files are not there: a full disk, no permission. */
  unwritten(run: string): OutputError | undefined
  /** Writes the outputs of an ended run again, as its attached job has them. Answers a problem, if any. */
  writeOutputs(run: string): Promise<string | undefined>
  /** Hears of every durable step and of what handlers say. */
  listen(listener: HostListener): () => void
  /** Makes ready for many small commits, each waited for. */
  reserveLog(): void
  /** Sends an event and resolves once it is durable. */
  commit(event: Event): Promise<void>
  /** Resolves when all that was handed over so far is durable. */
  nextStep(): Promise<void>
  close(grace?: number): Promise<void>
}

export type HostListener = {
  readonly onStep?: (events: readonly Event[], decisions: readonly Decision[]) => void
  readonly onResults?: (results: readonly ResultBatch[]) => void
  readonly onLog?: (event: Extract<ExecutorEvent, { kind: 'log' | 'progress' }>) => void
}

export type HostOptions = {
  readonly dir: string
  readonly machines: readonly MachineDefinition[]
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Answers requests that arrive on the directory's socket. */
  readonly onRequest?: (host: Host, request: Record<string, unknown>) => Promise<unknown>
  readonly snapshotEvery?: number
  readonly maxResultBytes?: number
}

/** Milliseconds a source may take to close. */
const LAST_READ = 1_000
const SNAPSHOT_EVERY = 64 * 1024 * 1024
const MAX_RESULT = 16 * 1024 * 1024

export async function openHost(options: HostOptions): Promise<Host> {
  const owner = await claimDirectory(options.dir)
  try {
    return await hostOn(owner, options)
  } catch (error) {
    await owner.close()
    throw error
  }
}

type Attached = {
  readonly job: Job
  readonly keeper: Keeper | undefined
  readonly stdin: AsyncIterable<Uint8Array | string> | undefined
  written: Written[]
  unwritten: OutputError | undefined
}

async function hostOn(owner: Owner, options: HostOptions): Promise<Host> {
  const { dir } = options
  const { journal, store, reserveLog, close: closeDirectory } = openDirectory(dir)
  const state = restore(journal)
  const attached = new Map<string, Attached>()
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }[]>()
  const listeners = new Set<HostListener>()
  let commits: { resolve: () => void; reject: (error: Error) => void }[] = []
  let failure: Error | undefined

  const attachedTo = (stage: Stage): Attached => {
    const name = state.runs[stage.run].definition.name
    const found = attached.get(name)
    if (found === undefined) throw new Error(`run ${name} goes on without its job`)
    return found
  }

  const members = executorMachines(state, options.machines)
  const executor: Executor = localExecutor({
    machines: members,
    directory: dir,
    onEvent: event => loop.receive(event),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  })

  const loop: Loop = createLoop(state, {
    clock: systemClock(),
    journal,
    store,
    executor,
    codeOf: stage =>
      codeOf(state.runs[stage.run].definition.name, stage, attachedTo(stage).job, options, members),
    openSource: stage =>
      sourceOf(stage, state.runs[stage.run].definition.name, attachedTo(stage), store),
    gather: async stage => {
      const spec = specOf(attachedTo(stage).job, stage)
      const results = gatheredResults(state, store, stage)
      const folder = join(dir, 'gather', state.runs[stage.run].definition.name, spec.name)
      return gatherGroups(results, { folder, by: spec.by })
    },
    keep: (stage, first, items) => attachedTo(stage).keeper?.(state, stage, first, items),
    finishRun: number => finishRun(number),
    onEnded: number => {
      const run = state.runs[number]
      const { name } = run.definition
      rememberTimes(state, store, run)
      const record = store.run(name)
      if (
        record !== undefined &&
        (run.state === 'done' || run.state === 'failed' || run.state === 'cancelled')
      ) {
        store.putRun({ ...record, state: run.state, endedAt: run.endedAt })
      }
      rmSync(join(dir, 'gather', name), { recursive: true, force: true })
      for (const { resolve } of waiting.get(name) ?? []) resolve()
      waiting.delete(name)
    },
    onStep: (events, decisions) => {
      const done = commits
      commits = []
      for (const { resolve } of done) resolve()
      for (const listener of listeners) listener.onStep?.(events, decisions)
    },
    onResults: results => {
      for (const listener of listeners) listener.onResults?.(results)
    },
    onLog: event => {
      for (const listener of listeners) listener.onLog?.(event)
      if (event.kind === 'log') storeLog(state, store, event)
    },
    onFailure: error => {
      failure = error
      for (const list of waiting.values()) for (const { reject } of list) reject(error)
      for (const { reject } of commits) reject(error)
      waiting.clear()
      commits = []
    },
    snapshotEvery: options.snapshotEvery ?? SNAPSHOT_EVERY,
  })

  /** Outputs are projections of committed results, written whole at the end. */
  const finishRun = async (number: number): Promise<string | undefined> => {
    const run = state.runs[number]
    const { name } = run.definition
    const found = attached.get(name) ?? asRecorded(name)
    if (found === undefined) return `run ${name} ended without its job`
    if (isUnusable(run) && !hasResult(state, run)) return undefined
    try {
      found.written = []
      found.unwritten = undefined
      for (const spec of found.job.stages) {
        if (spec.output === undefined) continue
        const stage = run.stages
          .map(at => state.stages[at])
          .find(at => at.definition.name === spec.name && at.root === at.number)
        if (stage === undefined) continue
        found.written.push(await writeOutput(spec.output, topResults(state, store, stage)))
      }
      return refusedInWords(found.written)
    } catch (error) {
      // A folder that cannot be trusted is the node's trouble; a file that cannot be written the run's.
      if (error instanceof JournalError) throw error
      if (error instanceof OutputError) found.unwritten = error
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** A run that was stopping when its owner died ends at once, before anybody gives it its job again. */
  const asRecorded = (name: string): Attached | undefined => {
    const record = store.run(name)
    if (record === undefined) return undefined
    const found = {
      job: jobOf(record),
      keeper: undefined,
      stdin: undefined,
      written: [],
      unwritten: undefined,
    }
    attached.set(name, found)
    return found
  }

  loop.send({ kind: 'term', term: state.term + 1 })
  for (const run of state.runs)
    if (run.state === 'active' || run.state === 'finishing')
      loop.send({ kind: 'pause', run: run.number })
  for (const machine of options.machines) loop.send({ kind: 'joined', machine })

  const host: Host = {
    dir,
    state,
    store,
    loop,
    machines: options.machines,
    attach(name, job, how = {}) {
      const nothing = { written: [], unwritten: undefined }
      attached.set(name, { job, keeper: how.keeper, stdin: how.stdin, ...nothing })
    },
    isAttached: name => attached.has(name),
    reserveLog,
    runNamed: name => state.runs.find(run => run.definition.name === name),
    ended(name) {
      const run = host.runNamed(name)
      if (failure !== undefined) return Promise.reject(failure)
      if (
        run !== undefined &&
        (run.state === 'done' || run.state === 'failed' || run.state === 'cancelled')
      )
        return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiting.set(name, [...(waiting.get(name) ?? []), { resolve, reject }])
      })
    },
    written: name => attached.get(name)?.written ?? [],
    unwritten: name => attached.get(name)?.unwritten,
    writeOutputs(name) {
      const run = host.runNamed(name)
      return run === undefined ? Promise.resolve(`no run ${name}`) : finishRun(run.number)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    commit(event) {
      const durable = host.nextStep()
      loop.send(event)
      return durable
    },
    nextStep() {
      if (failure !== undefined) return Promise.reject(failure)
      return new Promise((resolve, reject) => {
        commits.push({ resolve, reject })
      })
    },
    async close(grace = 2_000_000) {
      loop.stop()
      await executor.close(grace)
      // A user's generator may never come back; the directory is let go all the same.
      const sources = [...loop.payloads.sources.values()].map(source => source.close())
      const closed = new AbortController()
      const late = pause(LAST_READ, undefined, { signal: closed.signal }).catch(() => {})
      await Promise.race([Promise.allSettled(sources), late])
      closed.abort()
      closeDirectory()
      await owner.close()
    },
  }
  owner.handle(async request =>
    options.onRequest === undefined ? { error: 'busy' } : options.onRequest(host, request),
  )
  // Whoever looks at a run next must find it resting, not as its dead owner left it.
  try {
    await host.nextStep()
  } catch (error) {
    await host.close(0)
    throw error
  }
  return host
}

/** Every machine the core knows by number, so that its numbers are the executor's. */
function executorMachines(state: State, joining: readonly MachineDefinition[]) {
  const known = state.machines.map(
    machine => joining.find(({ id }) => id === machine.definition.id) ?? machine.definition,
  )
  const added = joining.filter(machine => !known.some(({ id }) => id === machine.id))
  return [...known, ...added].map(({ id, slots, speed }) => ({ id, slots: slots ?? 1, speed }))
}

function codeOf(
  run: string,
  stage: Stage,
  job: Job,
  options: HostOptions,
  machines: readonly { readonly speed: number }[],
): StageCode {
  const spec = specOf(job, stage)
  return {
    run,
    name: spec.name,
    kind: spec.kind,
    module: spec.module,
    isolation: spec.isolation,
    loads: spec.loads,
    returns: spec.returns,
    params: job.params,
    env: spec.env,
    maxResultBytes: options.maxResultBytes ?? MAX_RESULT,
    speeds: machines.map(machine => machine.speed),
  }
}

/** A run that could not even begin leaves the files of an earlier one as they are. */
function hasResult(state: State, run: Run): boolean {
  return run.stages.some(number => {
    const { counts } = state.stages[number].items
    return counts[DONE] + counts[STOPPED] > 0
  })
}

function specOf(job: Job, stage: Stage): StageSpec {
  const spec = job.stages.find(({ name }) => name === stage.definition.name)
  if (spec === undefined)
    throw new Error(`the job ${job.name} has no stage ${stage.definition.name}`)
  return spec
}

function sourceOf(stage: Stage, run: string, { job, stdin }: Attached, store: Store): Source {
  const { size } = specOf(job, stage)
  return openSource(job.input, {
    folder: job.folder,
    templates: eachTemplates(job),
    size,
    params: job.params,
    run,
    store,
    stdin,
    importModule: async path => importedOr(path),
  })
}

/** Where map stages write a file per item: keys that would leave the folder fail before any work is done. */
function eachTemplates(job: Job): string[] {
  return job.stages.flatMap(({ kind, output }) =>
    kind === 'map' && output?.kind === 'each' ? [output.template] : [],
  )
}

/** Items that are done but could not be written where their key said: the run must not pass for done. */
function refusedInWords(written: readonly Written[]): string | undefined {
  const count = written.reduce((sum, { refusedCount }) => sum + refusedCount, 0)
  const first = written.flatMap(({ refused }) => refused)[0]
  if (count === 0 || first === undefined) return undefined
  return `${count} of its results could not be written; the first: ${first.key}: ${first.reason}`
}

/** A user's module, or an InputError that says why not. */
export async function importedOr(path: string): Promise<Readonly<Record<string, unknown>>> {
  const imported = await importModule(path)
  if (imported.kind === 'imported') return imported.exports
  throw new InputError(imported.failure.message)
}

function* gatheredResults(state: State, store: Store, stage: Stage) {
  for (const upstream of gatheredStages(state, stage)) {
    yield* wholeAnswers(state, store, upstream)
  }
}

function storeLog(
  state: State,
  store: Store,
  event: Extract<ExecutorEvent, { kind: 'log' }>,
): void {
  const { tasks } = state
  if (event.task >= tasks.used) return
  const stage = state.stages[tasks.stage[event.task]]
  store.log([
    {
      run: state.runs[stage.run].definition.name,
      stage: stage.definition.name,
      index: event.index,
      attempt: event.attempt,
      at: Date.now() * 1_000,
      stream: event.stream,
      text: event.text,
    },
  ])
}
