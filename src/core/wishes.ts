import type { Wish } from '../model/wish.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'

/**
 * What items brought for themselves. It is kept where they came in, and stages that follow item by
 * item find it there, until the last of them is through with the item.
 */
export function wishesFor(state: State, stage: Stage): ReadonlyMap<number, Wish> {
  return headOf(state, stage).wishes
}

function headOf(state: State, stage: Stage): Stage {
  let head = stage
  while (head.definition.link.kind === 'item') head = state.stages[head.upstream]
  return head
}

/** Of a task: the earliest due date and the highest priority of its items, and their weights in sum. */
export function wishOf(
  wishes: ReadonlyMap<number, Wish>,
  first: number,
  count: number,
): Wish | undefined {
  if (wishes.size === 0) return undefined
  if (count === 1) return wishes.get(first)
  let [priority, notBefore, weight] = [Number.NEGATIVE_INFINITY, 0, 0]
  let due: number | undefined
  let any = false
  for (let index = first; index < first + count; index += 1) {
    const wish = wishes.get(index)
    any ||= wish !== undefined
    priority = Math.max(priority, wish?.priority ?? 0)
    notBefore = Math.max(notBefore, wish?.notBefore ?? 0)
    weight += wish?.weight ?? 1
    if (wish?.due !== undefined) due = Math.min(due ?? wish.due, wish.due)
  }
  if (!any) return undefined
  return { priority, notBefore, weight, ...(due !== undefined && { due }) }
}

/**
 * The item has ended well in a stage: where none follows item by item, nobody will ask any more. Where
 * stages part, one may still be at work on it, and the wish stays as long as the run.
 */
export function forgetWish(state: State, stage: Stage, index: number): void {
  const head = headOf(state, stage)
  if (head.wishes.size === 0 || head.graph !== undefined) return
  for (let at: Stage | undefined = head; at !== undefined; ) {
    const next: Stage[] = at.downstream
      .map(number => state.stages[number])
      .filter(({ definition }) => definition.link.kind === 'item')
    if (next.length > 1) return
    if (next.length === 0 && at !== stage) return
    at = next[0]
  }
  head.wishes.delete(index)
}
