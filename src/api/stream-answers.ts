import { OPEN, stateOf } from '../core/items.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { storedName } from '../driver/stored-name.ts'
import { ItemError } from '../model/item-error.ts'
import type { ResultBatch } from '../port/journal.ts'
import { failureIn } from '../port/store.ts'
import { answerLog } from './answer-log.ts'
import { ClosedError } from './closed-error.ts'
import type { Host } from './host.ts'
import { type ItemResult, itemResult } from './run-handle.ts'

type Waiter = {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * What becomes of a stream's items. An item's answer is that of the last stage that takes items one by
 * one, or its first failure on the way there; it comes once, is logged, and goes to who waits for it.
 */
export function streamAnswers(host: Host, run: Run) {
  const { state, store } = host
  const { name } = run.definition
  const log = answerLog()
  const chain = itemChain(state, run)
  const last = chain[chain.length - 1]
  const waiting = new Map<string, Waiter | undefined>()

  for (const { stage, index } of earlierAnswers(host, run, chain)) log.add(stage, index)
  for (const key of unanswered(host, run, chain)) waiting.set(key, undefined)

  const settle = (batch: ResultBatch, at: number, stage: Stage): void => {
    const key = batch.keys[at]
    if (!waiting.has(key)) return
    const succeeded = batch.states[at] === 'done' || batch.states[at] === 'stopped'
    if (succeeded && stage !== last) return
    const waiter = waiting.get(key)
    waiting.delete(key)
    log.add(stage.number, batch.indexes[at])
    if (waiter === undefined) return
    const payload = batch.payloads[at]
    if (succeeded) waiter.resolve(JSON.parse(payload))
    else waiter.reject(new ItemError(key, batch.indexes[at], failureIn({ payload })))
  }

  const off = host.listen({
    onResults: batches => {
      for (const batch of batches) {
        const stage =
          batch.run === name
            ? chain.find(({ definition }) => definition.name === batch.stage)
            : undefined
        if (stage === undefined) continue
        for (let at = 0; at < batch.keys.length; at += 1) settle(batch, at, stage)
      }
    },
  })

  const end = (error?: Error): void => {
    off()
    log.end(error)
    for (const waiter of waiting.values())
      waiter?.reject(error ?? new Error(`${name} has ended without this item`))
    waiting.clear()
  }
  host.ended(name).then(() => end(), end)

  return {
    /** The item is on its way and has no answer yet. */
    awaits: (key: string) => waiting.has(key),
    expect(key: string): Promise<unknown> {
      const answer = new Promise<unknown>((resolve, reject) => {
        waiting.set(key, { resolve, reject })
      })
      // Marks the rejection as handled: a caller that never asks for the answer must not crash.
      answer.catch(() => {})
      return answer
    },
    /** Answers as they come; at the end those of the last stage where it takes no single items. */
    results: (ofLastStage: AsyncIterable<ItemResult>): AsyncIterable<ItemResult> => ({
      async *[Symbol.asyncIterator]() {
        for await (const { stage, index } of log.read()) {
          if (host.isClosed()) throw new ClosedError(host.dir)
          const answer = store.result(name, storedName(state, state.stages[stage]), index)
          if (answer !== undefined) yield itemResult(answer)
        }
        if (last.number !== run.stages[run.stages.length - 1]) yield* ofLastStage
      },
    }),
  }
}

/** The first stage and those that take its items one by one after it. */
function itemChain(state: State, run: Run): Stage[] {
  const chain = [state.stages[run.stages[0]]]
  for (const number of run.stages.slice(1)) {
    const stage = state.stages[number]
    if (stage.definition.link.kind === 'item' && chain.some(at => at.number === stage.upstream))
      chain.push(stage)
  }
  return chain
}

/** Answers of earlier lives of the stream, in item order. */
function earlierAnswers({ state, store }: Host, run: Run, chain: readonly Stage[]) {
  const first = new Map<number, number>()
  for (const stage of chain) {
    for (const answer of store.answered(run.definition.name, storedName(state, stage))) {
      const succeeded = answer.state === 'done' || answer.state === 'stopped'
      const counts = !succeeded || stage === chain[chain.length - 1]
      if (counts && !first.has(answer.index)) first.set(answer.index, stage.number)
    }
  }
  return [...first].sort(([a], [b]) => a - b).map(([index, stage]) => ({ stage, index }))
}

/** Keys of items that were pushed and have no answer yet. */
function* unanswered({ store }: Host, run: Run, chain: readonly Stage[]): Generator<string> {
  let from = 0
  for (let more = true; more; ) {
    const page = store.spooled(run.definition.name, from, PAGE, ENOUGH)
    for (const { key } of page) {
      if (!hasAnswer(chain, from)) yield key
      from += 1
    }
    more = page.length > 0
  }
}

function hasAnswer(chain: readonly Stage[], index: number): boolean {
  return chain.every(({ items }) => stateOf(items, index) !== OPEN)
}

const PAGE = 1_000
const ENOUGH = 8 * 1024 * 1024
