import { resolve } from 'node:path'
import { discoverMachine } from '../adapter/machine/discover.ts'
import { defineJob, type JobDefinition } from '../input/define-job.ts'
import { InputError } from '../model/input-error.ts'
import { parseJob } from '../input/parse-job.ts'
import type { Failure } from '../model/failure.ts'
import type { Job } from '../model/job.ts'
import type { MachineDefinition } from '../model/run.ts'
import { type Host, openHost } from './host.ts'
import { answerRequest } from './requests.ts'
import { submitJob, type SubmitOptions } from './submit.ts'
import { type Summary, summarise } from './summary.ts'

export type OpenOptions = {
  /** Where runs live: journal, results, history. `.dray` in the current folder by default. */
  readonly dir?: string
  /** This box as one machine by default. */
  readonly machines?: readonly MachineDefinition[]
  /** What relative paths in jobs start from; the current folder by default. */
  readonly folder?: string
}

export type Dray = {
  /** Begins a job, or goes on where it stopped; resolves once that is durable. Throws InputError. */
  submit(job: JobDefinition, options?: SubmitOptions): Promise<RunHandle>
  /** Opens a job whose items are pushed. */
  stream(job: JobDefinition): Promise<StreamHandle>
  /** Stops taking new tasks, lets running ones end within `grace` milliseconds, and lets the directory go. */
  close(grace?: number): Promise<void>
}

export type RunHandle = {
  readonly name: string
  readonly status: Summary
  /** Resolves when the run has ended, whatever became of it; rejects only if the node itself stopped. */
  result(): Promise<Summary>
  /** Answers of the last stage, in item order, after the end. */
  results(): AsyncIterable<ItemResult>
  cancel(): Promise<void>
}

export type ItemResult =
  | { readonly index: number; readonly key: string; readonly result: unknown }
  | { readonly index: number; readonly key: string; readonly error: Failure }

export type PushOptions = {
  readonly key?: string
  readonly priority?: number
  readonly notBefore?: Date
}

export type Pushed = {
  readonly key: string
  /** The item's answer from the last stage; rejects with its failure. */
  result(): Promise<unknown>
}

export type StreamHandle = Omit<RunHandle, 'results'> & {
  /** Resolves when the item is durable: from then on it survives a crash and is run. */
  push(item: unknown, options?: PushOptions): Promise<Pushed>
  /** Answers as they come, until the stream is closed. */
  readonly results: AsyncIterable<ItemResult>
  /** No more items: resolves with the summary when all have ended. */
  close(): Promise<Summary>
}

/** Opens a directory in this process: the same guarantees as `dray run`. One owner at a time. */
export async function open(options: OpenOptions = {}): Promise<Dray> {
  const machines = options.machines ?? [{ ...(await discoverMachine()), cost: 0 }]
  const host = await openHost({
    dir: resolve(options.dir ?? '.dray'),
    machines,
    onRequest: answerRequest,
  })
  const folder = resolve(options.folder ?? '.')
  const parse = (definition: JobDefinition): Job =>
    parseJob(defineJob(definition), { file: String(definition.name ?? 'job'), folder })
  return {
    submit: async (definition, how) =>
      runHandle(host, (await submitJob(host, parse(definition), how)).run),
    stream: async definition => {
      const job = parse(definition)
      if (job.input.kind !== 'open')
        throw new InputError(`${job.name}: input: expected { open: true } for a stream`)
      return streamHandle(host, job)
    },
    close: async grace => {
      await host.commit({ kind: 'drain' })
      await host.close((grace ?? 5_000) * 1_000)
    },
  }
}

function runHandle(host: Host, name: string): RunHandle {
  const run = host.runNamed(name)
  if (run === undefined) throw new Error(`run ${name} has vanished`)
  const status = (): Summary => summarise(host.state, run, host.written(name))
  return {
    name,
    get status() {
      return status()
    },
    result: async () => {
      await host.ended(name)
      return status()
    },
    async *results() {
      await host.ended(name)
      const last = run.definition.stages[run.definition.stages.length - 1].name
      for (const { index, key, state, payload } of host.store.results(name, last))
        yield itemResult(index, key, state, payload)
    },
    cancel: () => host.commit({ kind: 'cancel', run: run.number }),
  }
}

function itemResult(index: number, key: string, state: string, payload: string): ItemResult {
  const value: unknown = JSON.parse(payload)
  return state === 'done' || state === 'stopped'
    ? { index, key, result: value }
    : { index, key, error: value as Failure }
}

async function streamHandle(host: Host, job: Job): Promise<StreamHandle> {
  const { run: name } = await submitJob(host, job)
  host.reserveLog()
  const handle = runHandle(host, name)
  const run = host.runNamed(name)
  if (run === undefined) throw new Error(`run ${name} has vanished`)
  const stage = host.state.stages[run.stages[0]]
  const last = run.definition.stages[run.definition.stages.length - 1].name
  const keys = new Set<string>()
  for (let from = 0; ; from += 1_000) {
    const spooled = host.store.spooled(name, from, 1_000)
    for (const { key } of spooled) keys.add(key)
    if (spooled.length < 1_000) break
  }
  const waiting = new Map<
    string,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >()
  const arrivals = answerQueue()
  let closed = false
  /** The last push. */
  let durable: Promise<void> = Promise.resolve()
  let count = keys.size

  const off = host.listen({
    onResults: batches => {
      for (const batch of batches) {
        if (batch.run !== name) continue
        for (let at = 0; at < batch.keys.length; at += 1) {
          const succeeded = batch.states[at] === 'done' || batch.states[at] === 'stopped'
          if (succeeded && batch.stage !== last) continue
          const answer = itemResult(
            batch.indexes[at],
            batch.keys[at],
            batch.states[at],
            batch.payloads[at],
          )
          arrivals.put(answer)
          const waiter = waiting.get(answer.key)
          if (waiter === undefined) continue
          waiting.delete(answer.key)
          if ('error' in answer)
            waiter.reject(Object.assign(new Error(answer.error.message), answer.error))
          else waiter.resolve(answer.result)
        }
      }
    },
  })

  return {
    name,
    get status() {
      return handle.status
    },
    result: handle.result,
    cancel: handle.cancel,
    results: arrivals,
    push(item, options = {}) {
      const key = options.key ?? String(count)
      if (closed)
        return Promise.reject(
          new InputError(`${name}: the stream is closed; nothing more can be pushed`),
        )
      if (keys.has(key))
        return Promise.reject(
          new InputError(
            `${name}: duplicate key ${JSON.stringify(key)}; every pushed item needs its own`,
          ),
        )
      const payload = JSON.stringify(item)
      if (payload === undefined)
        return Promise.reject(new InputError(`${name}: item ${key} is not JSON`))
      keys.add(key)
      count += 1
      const result = new Promise<unknown>((resolveResult, reject) => {
        waiting.set(key, { resolve: resolveResult, reject })
      })
      result.catch(() => {})
      host.loop.push(stage, [
        {
          key,
          payload,
          ...(options.priority === undefined ? {} : { priority: options.priority }),
          ...(options.notBefore === undefined
            ? {}
            : { notBefore: options.notBefore.getTime() * 1_000 }),
        },
      ])
      durable = host.nextStep()
      return durable.then(() => ({ key, result: () => result }))
    },
    async close() {
      if (!closed) {
        closed = true
        await durable
        await host.commit({
          kind: 'read',
          stage: stage.number,
          first: stage.known,
          count: 0,
          cursor: String(stage.known),
          done: true,
        })
      }
      const summary = await handle.result()
      arrivals.end()
      off()
      return summary
    },
  }
}

/** An async iterable that is fed from outside; what nobody has taken yet waits in it. */
function answerQueue(): AsyncIterable<ItemResult> & { put(answer: ItemResult): void; end(): void } {
  const ready: ItemResult[] = []
  let wake: (() => void) | undefined
  let ended = false
  return {
    put(answer) {
      ready.push(answer)
      wake?.()
    },
    end() {
      ended = true
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (ready.length > 0) yield ready.shift() as ItemResult
        if (ended) return
        await new Promise<void>(done => {
          wake = done
        })
      }
    },
  }
}
