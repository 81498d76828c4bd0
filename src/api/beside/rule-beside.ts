import { learningInWords } from '../../choose/learning.ts'
import { mostPlanned } from '../../choose/mend.ts'
import type { Event } from '../../core/event.ts'
import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import type { Job } from '../../model/job.ts'
import type { Host } from '../host.ts'
import { noteStrategy, ruleInWords } from './strategy-note.ts'

/** All of its input is there, and little enough to be put in order. */
export const isFew = ({ complete, known, definition }: Stage): boolean =>
  complete && known > 1 && known <= mostPlanned && definition.link.kind === 'source'

/**
 * Nothing is planned yet, but sizes are known: a long item that is begun last holds up the end, whichever
 * machine it is on (Graham 1969). Not from the beginning, since of a large input it would need all.
 */
export function goLargestFirst(
  host: Host,
  run: Run,
  stage: Stage,
  { strategy: asked }: Job,
  known?: string,
): void {
  const { objective } = run.definition
  const [uses, order] = ['mct', 'lpt']
  const until = known === undefined ? undefined : `there is a choice: ${known}`
  const why = `the largest first ${learningInWords(asked, objective, until)}`
  follow(host, run, run.definition.strategy, order)
  const rule = ruleInWords(uses, order)
  host.loop.send(emptyPlan(run, stage, rule, why))
  noteStrategy(host.store, run.definition.name, { asked, uses, order, objective, why })
}

/**
 * A plan of an earlier process, or for other machines, names none that came since: they would get
 * nothing and never be measured. Without it tasks go by mct.
 */
export function leavePlan(host: Host, run: Run, stage: Stage, why: string): void {
  host.loop.send(emptyPlan(run, stage, 'mct', why))
}

/** The same run under another rule. */
export function follow(host: Host, run: Run, strategy: string, order: string): void {
  const definition = { ...run.definition, strategy, order }
  host.loop.send({ kind: 'redefine', run: run.number, definition })
}

/** Frees what was bound to a machine: from here on the rule places it. */
function emptyPlan(run: Run, { number }: Stage, strategy: string, why: string): Event {
  const { seed } = run.definition
  return {
    kind: 'plan',
    stage: number,
    strategy,
    seed,
    steps: 0,
    items: [],
    machines: [],
    ranks: [],
    why,
  }
}
