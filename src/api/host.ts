import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../adapter/clock.ts'
import { type LocalExecutor, localExecutor } from '../adapter/executor/local.ts'
import { gatherInto, gatherOne } from '../adapter/gather/groups.ts'
import { claimDirectory, type Owner } from '../adapter/owner/claim.ts'
import type { OutputError } from '../adapter/output/output-error.ts'
import type { Written } from '../adapter/output/write-output.ts'
import { openDirectory } from '../adapter/sqlite/directory.ts'
import type { Decision, Event } from '../core/event.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { createLoop, type Loop } from '../driver/loop.ts'
import { restore } from '../driver/restore.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import type { ExecutorEvent } from '../port/executor.ts'
import type { ResultBatch } from '../port/journal.ts'
import type { Store } from '../port/store.ts'
import {
  type Attached,
  type AttachOptions,
  attachedJob,
  codeOf,
  sourceOf,
  specOf,
} from './attached.ts'
import { noteFailures, storeLog } from './why/attempt-log.ts'
import { ClosedError } from './closed-error.ts'
import { gatherFrom } from './gather-from.ts'
import { foretellEnds } from './beside/foretell-ends.ts'
import { lookForPlace } from './look-for-place.ts'
import { executorMachines } from './machines.ts'
import { jobOf } from './recorded-job.ts'
import { restOrTime } from './rest-or-time.ts'
import { endOf, recordEnd, unfinishedRuns } from './run-end.ts'
import { writeOutputs, writtenBy } from './run-outputs.ts'
import { waiters } from './waiters.ts'

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
  attach(run: string, job: Job, options?: AttachOptions): void
  isAttached(run: string): boolean
  runNamed(name: string): Run | undefined
  /** Resolves when the run has ended; rejects when the node stopped. */
  ended(run: string): Promise<void>
  /** After `close`: as it was then, for the runs that were attached. */
  written(run: string): readonly Written[]
  /** Why an ended run's output files are not there: a full disk, no permission. */
  unwritten(run: string): OutputError | undefined
  /** Writes the outputs of an ended run again, as its attached job has them. Answers a problem, if any. */
  writeOutputs(run: string): Promise<string | undefined>
  /** Called with every durable step and with what handlers print or report. */
  listen(listener: HostListener): () => void
  /** Prepares the log for many small commits that are each waited for. */
  reserveLog(): void
  /** Sends an event and resolves once it is durable. */
  commit(event: Event): Promise<void>
  /** Resolves when all that was handed over so far is durable. */
  nextStep(): Promise<void>
  /** Starts nothing new, and resolves when nothing runs any more, or after so many milliseconds. */
  drain(millis: number): Promise<void>
  /** Removes answers that killed slots saved for runs which have ended or are gone. Answers how many. */
  dropSaved(): number
  /** Releases the directory; promises that still wait reject. `grace` in micros. */
  close(grace?: number): Promise<void>
  isClosed(): boolean
}

type HostListener = {
  readonly onStep?: (events: readonly Event[], decisions: readonly Decision[]) => void
  readonly onResults?: (results: readonly ResultBatch[]) => void
  readonly onLog?: (event: Extract<ExecutorEvent, { kind: 'log' | 'progress' }>) => void
}

type HostOptions = {
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
/** Bytes of journal: replayed in about a third of a second. */
const SNAPSHOT_EVERY = 4 * 1024 * 1024
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

async function hostOn(owner: Owner, options: HostOptions): Promise<Host> {
  const { dir } = options
  const directory = openDirectory(dir)
  const { journal, store, reserveLog } = directory
  const state = restore(journal)
  const attached = new Map<string, Attached>()
  /** Of the runs that ended: those that were attached, and what kept outputs from being written. */
  const ended = new Map<string, OutputError | undefined>()
  const waiting = waiters()
  const listeners = new Set<HostListener>()
  /** What `written` answers once the store is closed. */
  let lastWritten: Map<string, readonly Written[]> | undefined
  let closed = false

  const runOf = (stage: Stage): string => state.runs[stage.run].definition.name
  const attachedTo = (stage: Stage): Attached => {
    const name = runOf(stage)
    const found = attached.get(name)
    if (found === undefined) throw new Error(`run ${name} goes on without its job`)
    return found
  }

  const members = executorMachines(state, options.machines)
  const maxResultBytes = options.maxResultBytes ?? MAX_RESULT
  const speeds = members.map(({ speed }) => speed)
  const executor: LocalExecutor = localExecutor({
    machines: members,
    directory: dir,
    onEvent: event => loop.receive(event),
    environment: options.environment,
  })

  const loop: Loop = createLoop(state, {
    clock: systemClock(),
    journal,
    store,
    executor,
    codeOf: stage =>
      codeOf(stage, attachedTo(stage), { run: runOf(stage), maxResultBytes, speeds }),
    openSource: stage => sourceOf(stage, attachedTo(stage), { run: runOf(stage), store }),
    gather: async (stage, source) => {
      const spec = specOf(attachedTo(stage).job, stage)
      const folder = join(dir, 'gather', runOf(stage), spec.name)
      const into = spec.kind === 'map' ? gatherOne() : gatherInto(folder, spec.by)
      return gatherFrom(source ?? { state, store, stage }, into)
    },
    keep: async (stage, first, items) =>
      attachedTo(stage).keeper?.ofItems(state, stage, first, items),
    keepAfter: (stage, results) => attachedTo(stage).keeper?.after(state, stage, results) ?? [],
    finishRun: number => finishRun(number),
    onEnded: number => {
      const run = state.runs[number]
      const { name } = run.definition
      recordEnd(state, store, run)
      rmSync(join(dir, 'gather', name), { recursive: true, force: true })
      host.dropSaved()
      // Its job may hold all of its input, so it is dropped; whoever takes the run up again attaches it anew.
      ended.set(name, attached.get(name)?.unwritten)
      attached.delete(name)
      waiting.ended(name)
    },
    onStep: (events, decisions) => {
      waiting.stepped()
      noteFailures(state, store, decisions)
      for (const listener of listeners) listener.onStep?.(events, decisions)
      foretell()
    },
    onResults: results => {
      for (const listener of listeners) listener.onResults?.(results)
    },
    onLog: event => {
      for (const listener of listeners) listener.onLog?.(event)
      if (event.kind === 'log') storeLog(store, event)
    },
    onFailure: waiting.failed,
    snapshotEvery: options.snapshotEvery ?? SNAPSHOT_EVERY,
  })

  const foretell = foretellEnds(state, loop)

  const finishRun = async (number: number): Promise<string | undefined> => {
    const run = state.runs[number]
    const { name } = run.definition
    const found = attached.get(name) ?? asRecorded(name)
    if (found === undefined) return `run ${name} ended without its job`
    return writeOutputs(state, store, run, found)
  }

  /** A run that was stopping when its owner died ends at once, before its job is attached: by its recorded job. */
  const asRecorded = (name: string): Attached | undefined => {
    const record = store.run(name)
    if (record === undefined) return undefined
    const found = attachedJob(jobOf(record))
    attached.set(name, found)
    return found
  }

  loop.send({ kind: 'term', term: state.term + 1 })
  for (const run of state.runs)
    if (run.state === 'active' || run.state === 'finishing')
      loop.send({ kind: 'pause', run: run.number })
  for (const machine of options.machines) loop.send({ kind: 'joined', machine })

  const stopLooking = lookForPlace(directory.checkPlace, loop.fail)

  const host: Host = {
    dir,
    state,
    store,
    loop,
    machines: options.machines,
    attach(name, job, how) {
      ended.delete(name)
      attached.set(name, attachedJob(job, how))
    },
    isAttached: name => attached.has(name),
    reserveLog,
    runNamed: name => state.runs.find(run => run.definition.name === name),
    ended(name) {
      const run = host.runNamed(name)
      const end = waiting.end(name)
      if (run !== undefined && endOf(run) !== undefined) waiting.ended(name)
      return end
    },
    written: name =>
      lastWritten === undefined ? writtenBy(store, name) : (lastWritten.get(name) ?? []),
    unwritten: name => attached.get(name)?.unwritten ?? ended.get(name),
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
    nextStep: waiting.nextStep,
    async drain(millis) {
      await host.commit({ kind: 'drain' })
      await restOrTime(host, millis)
    },
    dropSaved: () => executor.keepSavedOf(() => unfinishedRuns(state, store)),
    isClosed: () => closed,
    async close(grace = 2_000_000) {
      const isFirst = !closed
      closed = true
      stopLooking()
      loop.stop()
      waiting.failed(new ClosedError(dir))
      if (isFirst) host.dropSaved()
      await executor.close(grace)
      // A user's generator may never come back; the directory is let go all the same.
      const sources = [...loop.payloads.sources.values()].map(source => source.close())
      const inTime = new AbortController()
      const late = pause(LAST_READ, undefined, { signal: inTime.signal }).catch(() => {})
      await Promise.race([Promise.allSettled(sources), late])
      inTime.abort()
      try {
        const names = new Set([...ended.keys(), ...attached.keys()])
        lastWritten ??= new Map([...names].map(name => [name, writtenBy(store, name)]))
      } finally {
        directory.close(loop.lastSnapshot())
        await owner.close()
      }
    },
  }
  owner.handle(async request =>
    options.onRequest === undefined ? { error: 'busy' } : options.onRequest(host, request),
  )
  // The pauses above must be durable first: whoever looks next must not find runs as a dead owner left them.
  try {
    await host.nextStep()
  } catch (error) {
    await host.close(0)
    throw error
  }
  return host
}
