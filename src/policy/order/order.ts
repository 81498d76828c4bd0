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
  /** Where there are no due dates, or for an objective, it is no better than any other. Absent: it may be. */
  readonly serves?: 'due dates' | 'a wish'
  /** Looks at every item before it is right: the core reads ahead, up to its `indexedTasks`. */
  readonly global: boolean
  /**
   * Tasks of one band of work queue by themselves, so that an order whose keys cannot be static
   * over all sizes still has static keys within a queue.
   */
  readonly band?: (work: number) => number
  /** Of the first task of a queue at the instant of a decision: greater goes first, before any key. */
  readonly urgency?: (head: OrderedTask, now: number) => number
  /** Urgency is compared between all stages of a run; else what is further downstream goes first. */
  readonly acrossStages?: boolean
  /** Its keys are instants: while a run under it is active, runs compete by them and not by age. */
  readonly betweenRuns?: boolean
  /** While a run under it is active, runs compete by their tenants' shares and not by age. */
  readonly betweenTenants?: boolean
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
  /** Expected processing time in micros; a second per unit of size where nothing is known. */
  readonly time: number
  /** The same, but 0 where nothing is known. */
  readonly learntTime: number
  /** `time` and the longest chain of stages, or of a problem's tasks, that follows. */
  readonly remainingPath: number
}
