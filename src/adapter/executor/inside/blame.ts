import { AsyncLocalStorage } from 'node:async_hooks'
import type { Failure } from '../../../model/failure.ts'
import { thrown } from './thrown.ts'
import type { ItemContext } from './item-context.ts'
import type { End } from './item-end.ts'
import type { StageLoading } from './loaded-stage.ts'

/** The one item (or batch), or the loading of a stage, that runs now. `settle` ends its wait from outside its code. */
export type Running = {
  readonly stage: number
  readonly first: number
  readonly last: number
  readonly context: ItemContext | undefined
  settle: ((end: End) => void) | undefined
}

/**
 * Whose code it was that threw what nobody caught, or that ended the slot. `awaiting` is called when code has
 * returned a promise, whose end may be far away.
 */
export function blame(awaiting: () => void) {
  /**
   * Ties what code leaves behind (timers, promises nobody awaits) to its item, or to the stage whose module or
   * `setup` it is. Costs 8 ns per item, 130 ns per promise.
   */
  const origin = new AsyncLocalStorage<ItemContext | number>()
  let running: Running | undefined
  /** The slot is ending because of something left behind by an item that has already ended. */
  let leaving = false

  function begin(next: Running): void {
    running = next
    origin.enterWith(next.context ?? next.stage)
  }

  /** Waits for a handler's promise, or for an error that escaped it, whichever comes first. */
  function ended(value: PromiseLike<unknown>, current: Running): Promise<End> {
    awaiting()
    return new Promise(resolve => {
      current.settle = resolve
      const threw = (error: unknown) => resolve({ kind: 'thrown', error })
      try {
        value.then(result => resolve({ kind: 'value', value: result }), threw)
      } catch (error) {
        threw(error)
      }
    })
  }

  /**
   * What a module or its `setup` left behind is held against items of its own stage: which of them it concerns
   * nobody knows. Items of other stages that share the slot are not to blame.
   */
  function isLate(): boolean {
    const by = origin.getStore()
    if (leaving || by === undefined) return leaving
    return by !== (typeof by === 'number' ? running?.stage : running?.context)
  }

  return {
    running: () => running,
    begin,
    end(): void {
      running = undefined
    },
    ended,
    /** From now on whatever ends the slot is no item's doing that still runs. */
    leave(): void {
      leaving = true
    },
    /** Whether the code running now was started by an item that has already ended, or by another stage. */
    isLate,
    /** Ends the running item with an error that nobody caught. False: none is running, or it is not its error. */
    charge(failure: Failure): boolean {
      const settle = isLate() ? undefined : running?.settle
      settle?.({ kind: 'charged', failure })
      return settle !== undefined
    },
    /** Errors that escape while a stage loads break the stage. */
    async guard(stage: number, load: () => Promise<StageLoading>): Promise<StageLoading> {
      const current: Running = { stage, first: -1, last: -1, context: undefined, settle: undefined }
      begin(current)
      const end = await ended(load(), current)
      running = undefined
      if (end.kind === 'value') return end.value as StageLoading
      const failure = end.kind === 'charged' ? end.failure : thrown(end.error)
      return { kind: 'broken', failure }
    },
  }
}
