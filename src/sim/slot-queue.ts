import type { Failure } from '../model/failure.ts'
import type { AttemptOrder, Outcome } from '../port/executor.ts'
import type { Micros } from '../std/time.ts'

/** What a simulated slot holds, in the order it was given: an attempt's items are answered one after another. */
export type Queued = {
  readonly stage: number
  readonly order: AttemptOrder
  /** How many of its items are answered. */
  at: number
  /** How many are to be: what is behind them was given back. */
  end: number
}

/** What an item comes to. */
type Answer = {
  readonly micros: Micros
  readonly result?: string
  readonly failure?: Failure
  readonly stopped?: boolean
  readonly peakBytes?: number
}

export const queuedOf = (stage: number, order: AttemptOrder): Queued => ({
  stage,
  order,
  at: 0,
  end: order.items.length,
})

/** The next item of the head has its answer; after its last one the head is gone. */
export function answerHead(queue: Queued[], answer: Answer): Outcome {
  const head = queue[0]
  const { order, at } = head
  head.at += 1
  if (head.at === head.end) queue.shift()
  return outcomeOf(order, order.items[at].index, answer)
}

/** The same answer for every item that has none. */
export function restOf({ order, at, end }: Queued, answer: Answer): Outcome[] {
  return order.items.slice(at, end).map(({ index }) => outcomeOf(order, index, answer))
}

type Unbegun = {
  readonly tasks: number[]
  readonly attempts: number[]
  /** Index of the first item of each that comes back. */
  readonly firsts: number[]
}

/** All that has not begun is taken out: all but the item that runs, which is the head's next. */
export function takeUnbegun(queue: Queued[], isRunning: boolean): Unbegun | undefined {
  const from = (queued: Queued): number => queued.at + (isRunning && queued === queue[0] ? 1 : 0)
  const back = queue.filter(queued => from(queued) < queued.end)
  if (back.length === 0) return undefined
  const unbegun = {
    tasks: back.map(({ order }) => order.task),
    attempts: back.map(({ order }) => order.attempt),
    firsts: back.map(queued => queued.order.items[from(queued)].index),
  }
  if (isRunning) queue[0].end = queue[0].at + 1
  queue.length = isRunning ? 1 : 0
  return unbegun
}

/** What is of the stage is taken out; the others keep their order. */
export function takeStage(queue: Queued[], stage: number): Queued[] {
  const taken = queue.filter(queued => queued.stage === stage)
  queue.splice(0, queue.length, ...queue.filter(queued => queued.stage !== stage))
  return taken
}

function outcomeOf(order: AttemptOrder, index: number, answer: Answer): Outcome {
  const { micros, result, failure, stopped, peakBytes } = answer
  return {
    task: order.task,
    attempt: order.attempt,
    index,
    result,
    failure,
    stopped,
    micros,
    cpuMicros: micros,
    peakBytes: peakBytes ?? 0,
  }
}
