/**
 * Which task first. An order gives a task a static key when it joins its queue: smaller goes first,
 * ties end at the item's index. Static, because a queue of a million tasks cannot be sorted again
 * whenever something is learnt; linear ageing keeps its order by itself.
 */
export type Order = {
  readonly name: string
  /** Who described it, and when. */
  readonly source: string
  readonly key: (task: OrderedTask) => number
  /** Looks at every item before it is right: the core reads ahead (DESIGN: up to a million). */
  readonly global: boolean
}

export type OrderedTask = {
  /** Position of its first item. */
  readonly index: number
  /** Expected processing time in micros where it is known, else the size. */
  readonly work: number
  /** When it became ready, micros. */
  readonly releasedAt: number
  /** Micros; `NEVER` where there is no due date. */
  readonly dueAt: number
  readonly priority: number
  readonly weight: number
  /** Longest path to the end of the job from here, this task included; micros, or `work` when unknown. */
  readonly upwardRank: number
}
