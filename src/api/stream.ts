import { itemJson } from '../adapter/source/item-json.ts'
import { targetProblems } from '../adapter/source/output-targets.ts'
import { type Wished, wishedBy } from '../adapter/source/wishes.ts'
import { short } from '../input/explain.ts'
import { InputError } from '../model/input-error.ts'
import type { Job } from '../model/job.ts'
import { eachTemplates } from './attached.ts'
import { ClosedError } from './closed-error.ts'
import type { Host } from './host.ts'
import { checkPushOptions, type PushOptions } from './library-options.ts'
import { pushedKeys } from './pushed-keys.ts'
import { type ItemResult, type RunHandle, runHandle } from './run-handle.ts'
import { streamAnswers } from './stream-answers.ts'
import { type StreamOptions, submitJob } from './submit.ts'
import type { Summary } from './summary.ts'

/** An item that is durable. */
export type Pushed<Result = unknown> = {
  /** As given to `push`, or its number. */
  readonly key: string
  /** What the last stage that takes items one by one answered; rejects with an ItemError. */
  result(): Promise<Result>
}

/** A run whose items are pushed while it works. */
export type StreamHandle<Item = unknown, Result = unknown> = Omit<RunHandle<Result>, 'results'> & {
  /**
   * Resolves when the item is durable: from then on it survives a crash and is run. The item is anything that JSON
   * holds, up to 16 MiB of it. Rejects with an InputError for an item, a key or an option that cannot be used, and
   * once the stream or the run has ended.
   */
  push(item: Item, options?: PushOptions): Promise<Pushed<Result>>
  /**
   * Answers as they come, each item's once, those of earlier lives of the stream first; ends with the
   * run. May be read more than once, each time from the beginning.
   */
  readonly results: AsyncIterable<ItemResult<Result>>
  /** No more items: resolves with the summary when all have ended. */
  close(): Promise<Summary>
}

/** A run whose items are pushed: begun, or gone on with where an earlier owner left it. */
export async function streamHandle(
  host: Host,
  job: Job,
  options: StreamOptions = {},
): Promise<StreamHandle> {
  const { run: name } = await submitJob(host, job, options)
  host.reserveLog()
  const handle = runHandle(host, name)
  const run = host.runNamed(name)
  if (run === undefined) throw new Error(`run ${name} has vanished`)
  const head = host.state.stages[run.stages[0]]
  const pushed = pushedKeys(host.store, name)
  const answers = streamAnswers(host, run)
  const problemOf = targetProblems(eachTemplates(job))
  let closing: Promise<Summary> | undefined
  let free = 0
  /** Resolves when the last push is durable. */
  let durable: Promise<void> = Promise.resolve()
  let turn: Promise<unknown> = Promise.resolve()
  const refuseEnded = (): void => {
    if (host.isClosed()) throw new ClosedError(host.dir)
    if (closing !== undefined)
      throw new InputError(`${name}: the stream is closed; nothing more can be pushed`)
    if (run.state === 'active') return
    const why = run.problem === undefined ? '' : ` (${run.problem.message})`
    throw new InputError(`${name}: the run is ${run.state}${why}; nothing more can be pushed`)
  }

  const isTaken = (key: string): boolean => answers.awaits(key) || pushed.has(key)

  /** The item's number, or the next number that was not given as a key. */
  const freeNumber = (): string => {
    free = Math.max(free, pushed.count())
    while (isTaken(String(free))) free += 1
    return String(free)
  }

  const since = host.store.run(name)?.createdAt ?? 0
  const wishedOf = (item: unknown): Wished => {
    const wished = job.wishes === undefined ? {} : wishedBy(item, { fields: job.wishes, since })
    if ('problem' in wished) throw new InputError(`${name}: push: ${wished.problem}`)
    return wished
  }

  const admit = async (payload: string, options: PushOptions, wished: Wished): Promise<Pushed> => {
    refuseEnded()
    const { priority = wished.priority } = options
    const notBefore =
      options.notBefore === undefined ? wished.notBefore : microsOf(options.notBefore)
    const { due, weight } = wished
    const key = options.key ?? freeNumber()
    if (isTaken(key))
      throw new InputError(`${name}: duplicate key ${short(key)}; every pushed item needs its own`)
    pushed.add(key)
    const answer = answers.expect(key)
    host.loop.push(head, [
      {
        key,
        payload,
        priority,
        notBefore,
        due,
        weight,
      },
    ])
    durable = host.nextStep()
    await durable
    return { key, result: () => answer }
  }

  return {
    name,
    get status() {
      return handle.status
    },
    result: handle.result,
    cancel: handle.cancel,
    results: answers.results(handle.results),
    async push(item, options = {}) {
      refuseEnded()
      checkPushOptions(`${name}: push`, options)
      const payload = payloadOf(name, item)
      const wished = wishedOf(item)
      if (problemOf === undefined) return admit(payload, options, wished)
      const mine = turn.then(async () => {
        const key = options.key ?? freeNumber()
        const problem = await problemOf({ key, payload })
        if (problem !== undefined) throw new InputError(`${name}: ${problem}`)
        return admit(payload, options, wished)
      })
      turn = mine.catch(() => {})
      return mine
    },
    close: () => (closing ??= close()),
  }

  async function close(): Promise<Summary> {
    await turn
    await durable
    if (run?.state === 'active') {
      const end = { first: head.known, count: 0, cursor: String(head.known), done: true }
      await host.commit({ kind: 'read', stage: head.number, ...end })
    }
    return handle.result()
  }
}

const microsOf = (date: Date): number => date.getTime() * 1_000

function payloadOf(name: string, item: unknown): string {
  const text = itemJson(item)
  if ('json' in text) return text.json
  throw new InputError(`${name}: push: ${text.why}`)
}
