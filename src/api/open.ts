import { resolve } from 'node:path'
import { checkFiles } from '../input/check-files.ts'
import { defineJob, type JobDefinition } from '../input/define-job.ts'
import { parseJob } from '../input/parse-job.ts'
import { strategyNames } from '../choose/strategies.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import { isLive } from '../core/run.ts'
import { orderNames } from '../policy/registry.ts'
import { ClosedError } from './closed-error.ts'
import { openHost } from './host.ts'
import {
  checkGrace,
  checkOpenOptions,
  checkStreamOptions,
  checkSubmitOptions,
  type OpenOptions,
} from './library-options.ts'
import { machinesHere } from './machines.ts'
import { refuseNeverHere } from './never-here.ts'
import { answerRequest } from './requests.ts'
import { type RunHandle, runHandle } from './run-handle.ts'
import { type StreamHandle, streamHandle } from './stream.ts'
import { type StreamOptions, submitJob, type SubmitOptions } from './submit.ts'

/** A directory that this process owns. */
export type Dray = {
  /**
   * Begins a job, or goes on where it stopped; resolves once that is durable. Rejects with an InputError where job
   * or options cannot be used, with NeverHere where no machine could run it.
   */
  submit<Result = unknown>(job: JobDefinition, options?: SubmitOptions): Promise<RunHandle<Result>>
  /**
   * Begins a job whose items are pushed, or goes on with it: its input is `{ open: true }`. Rejects as `submit` does,
   * and with an InputError where a stream of that name is open here already.
   */
  stream<Item = unknown, Result = unknown>(
    job: JobDefinition,
    options?: StreamOptions,
  ): Promise<StreamHandle<Item, Result>>
  /** Stops taking new tasks, lets running ones end within `grace` milliseconds (5,000), and lets the directory go. */
  close(grace?: number): Promise<void>
}

/**
 * Opens a directory in this process: the same guarantees as `dray run`. Rejects with an OwnedError where another
 * process (or another `open`) has it, with a JournalError where it cannot be trusted or written.
 */
export async function open(options: OpenOptions = {}): Promise<Dray> {
  const machines = await machinesHere(checkOpenOptions(options))
  const dir = resolve(options.dir ?? '.dray')
  const host = await openHost({ dir, machines, onRequest: answerRequest })
  const folder = resolve(options.folder ?? '.')
  const streams = new Map<string, string>()
  let closing: Promise<void> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  /** One submission at a time: what one decides depends on the runs that are there. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(() => {
      if (closing !== undefined) throw new ClosedError(dir)
      return work()
    })
    turn = mine.catch(() => {})
    return mine
  }

  const parse = async (definition: JobDefinition): Promise<Job> => {
    const file = String((definition as JobDefinition | undefined)?.name ?? 'job')
    const names = { strategies: strategyNames(), orders: orderNames() }
    const job = await checkFiles(parseJob(defineJob(definition), { file, folder, ...names }), file)
    refuseNeverHere(job, machines)
    return job
  }

  return {
    submit: <Result>(definition: JobDefinition, how: SubmitOptions = {}) =>
      inTurn(async () => {
        checkSubmitOptions(how)
        const job = await parse(definition)
        if (job.input.kind === 'open')
          throw new InputError(`${job.name}: input: { open: true } takes its items by stream(job)`)
        return runHandle(host, (await submitJob(host, job, how)).run) as RunHandle<Result>
      }),
    stream: <Item, Result>(definition: JobDefinition, how: StreamOptions = {}) =>
      inTurn(async () => {
        checkStreamOptions(how)
        const job = await parse(definition)
        if (job.input.kind !== 'open')
          throw new InputError(`${job.name}: input: expected { open: true } for a stream`)
        const before = host.runNamed(streams.get(job.name) ?? '')
        if (before !== undefined && isLive(before))
          throw new InputError(
            `${job.name}: its stream is open already, as ${before.definition.name}; push to that one, or name the job otherwise`,
          )
        const handle = await streamHandle(host, job, how)
        streams.set(job.name, handle.name)
        return handle as StreamHandle<Item, Result>
      }),
    close: async (grace = 5_000) => {
      checkGrace(grace)
      return (closing ??= close(grace))
    },
  }

  async function close(grace: number): Promise<void> {
    await turn
    try {
      await host.drain(grace)
    } finally {
      await host.close(0)
    }
  }
}
