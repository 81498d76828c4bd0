import type { Failure } from '../model/failure.ts'
import type { AttemptOrder, Outcome } from '../port/executor.ts'
import type { Micros } from '../std/time.ts'

/** What a simulated slot holds, in the order it was given: an attempt's items are answered one after another. */
export type Queued = {
  readonly stage: number
  readonly order: AttemptOrder
  /** How many of its items are answered. */
  at: number
  /** What is left of it is not to begin. */
  back: boolean
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
  back: false,
})

/** The next item of the head has its answer; after its last one the head is gone. */
export function answerHead(queue: Queued[], answer: Answer): Outcome {
  const head = queue[0]
  const { order, at } = head
  head.at += 1
  if (head.at === order.items.length) queue.shift()
  return outcomeOf(order, order.items[at].index, answer)
}

/** The same answer for every item that has none. */
export function restOf({ order, at }: Queued, answer: Answer): Outcome[] {
  return order.items.slice(at).map(({ index }) => outcomeOf(order, index, answer))
}

/** Nothing that is in it now is to begin; what is added later may. */
export function askBack(queue: Queued[]): void {
  for (const queued of queue) queued.back = true
}

/** What was asked back is at the front: it is taken out. */
export function takeAskedBack(queue: Queued[]): AttemptOrder[] {
  const orders = queue.filter(({ back }) => back).map(({ order }) => order)
  queue.splice(0, orders.length)
  return orders
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
