import { strategyNamed } from '../../choose/strategies.ts'
import { type Job, type Objective, usualOrder } from '../../model/job.ts'
import type { MachineDefinition } from '../../model/run.ts'
import { allocationNamed } from '../../policy/registry.ts'

/**
 * What decides about a run before its times are known. Of `auto`: with machines alike any idle one
 * serves, else the earliest completion; which goes first follows from the objective, for sizes and due
 * dates are known from the beginning. While five samples of the slowest machine are gathered, half a
 * short run goes by.
 */
export function liveStart(
  machines: readonly MachineDefinition[],
  job: Pick<Job, 'strategy' | 'order' | 'objective' | 'input' | 'stages'>,
): LiveStart {
  const { strategy, objective } = job
  if (strategy !== 'auto') {
    return {
      strategy: allocationNamed(strategy)?.name ?? 'planned',
      order: job.order ?? usualOrder,
    }
  }
  const order = job.order ?? firstOrder(job)
  return { strategy: plansBeside(machines, strategy, objective) ? 'planned' : 'on-demand', order }
}

type LiveStart = { readonly strategy: string; readonly order: string }

/** `spt` is not used where sizes are all alike, nor in a stream, where long items could wait for ever. */
function firstOrder({ objective, input, stages }: Pick<Job, 'objective' | 'input' | 'stages'>) {
  if (objective === 'weighted-tardiness') return 'edd'
  const sized = stages.some(({ size }) => size.kind !== 'one')
  return objective === 'mean-flow-time' && sized && input.kind !== 'open' ? 'spt' : usualOrder
}

/** The name of the first rule among the candidates of `auto`. */
export function startingRule(
  machines: readonly MachineDefinition[],
  job: Parameters<typeof liveStart>[1],
): LiveStart {
  const { order } = liveStart(machines, job)
  return { strategy: 'mct', order: job.order ?? (order === usualOrder ? 'fifo' : order) }
}

/**
 * Whether there is anything to plan. `auto` does not while only the makespan counts and machines are
 * alike: the next idle slot is then where a task ends first.
 */
export function plansBeside(
  machines: readonly MachineDefinition[],
  strategy: string,
  objective: Objective,
): boolean {
  if (strategy !== 'auto') {
    return allocationNamed(strategy) === undefined && strategyNamed(strategy) !== undefined
  }
  const [first, ...others] = machines
  const speeds = others.some(({ speed }) => speed !== first.speed)
  const prices = others.some(({ cost }) => cost !== first.cost)
  if (objective === 'makespan') return speeds
  return objective === 'cost' ? speeds || prices : true
}
