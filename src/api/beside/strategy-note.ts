import type { Objective } from '../../model/job.ts'
import type { RunDefinition } from '../../model/run.ts'
import type { Store } from '../../port/store.ts'
import { jobOf } from '../recorded-job.ts'

/**
 * What decides about a run now, and why: kept beside the run, so that `status` and `why` can say it
 * whether its owner lives or not.
 */
export type StrategyNote = {
  /** What the job asked for. */
  readonly asked: string
  /** What chooses now. */
  readonly uses: string
  readonly order?: string
  readonly objective: Objective
  readonly why: string
}

export function noteStrategy(store: Store, run: string, note: StrategyNote): void {
  store.put(documentOf(run), JSON.stringify(note))
}

/** `undefined` for a run whose job named a rule, which then decides from beginning to end. */
export function strategyNote(store: Store, run: RunDefinition): StrategyNote | undefined {
  const text = store.get(documentOf(run.name))
  if (text !== undefined) return JSON.parse(text)
  const record = store.run(run.name)
  const asked = record && jobOf(record).strategy
  if (asked !== 'auto') return undefined
  const { strategy: uses, objective } = run
  return { asked, uses, objective, why: alike }
}

const alike =
  'all slots are alike, so the next idle one is where a task ends first, as mct would choose'

/** "auto uses mct: until ...", "auto: lpt has the least makespan of ...". */
export function strategyInWords({ asked, uses, order, why }: StrategyNote): string {
  const chosen = ruleInWords(uses, order)
  return asked === uses || why.startsWith(chosen)
    ? `${asked}: ${why}`
    : `${asked} uses ${chosen}: ${why}`
}

export const ruleInWords = (strategy: string, order = 'fifo'): string =>
  order === 'fifo' ? strategy : `${strategy} in ${order} order`

const documentOf = (run: string): string => `strategy:${run}`
