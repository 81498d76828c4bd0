import type { Command } from 'commander'
import { collect } from '../collect.ts'

/** What `plan`, `simulate` and `compare` are given beside the input: told once, typed once. */
export type JobInputFlags = {
  readonly input?: string
  readonly param?: readonly string[]
  readonly machines?: string
  readonly dir?: string
}

export function jobOptions(command: Command): Command {
  return command
    .option('--input <spec>', 'of a job: other input, as for run')
    .option(
      '--param <name=value>',
      'of a job: a value in place of its own; may be repeated',
      collect,
    )
    .option('--machines <file>', 'machines for a job; machines and network for a WfFormat instance')
    .option('--dir <dir>', 'where the runs of a job live; .dray here by default')
}

/** What may come between a plan and its end. */
export type ConditionFlags = {
  readonly noise?: string
  readonly faults?: string
  readonly arrivals?: string
}

export function conditionOptions(command: Command, usualNoise: string): Command {
  return command
    .option(
      '--noise <share>',
      `coefficient of variation of the durations, such as 0.2; ${usualNoise}`,
    )
    .option(
      '--faults <spec>',
      '5%, or failing=5%,losses=100,away=10,attempts=3 (times in the unit)',
    )
    .option(
      '--arrivals <gap>',
      'of a problem: tasks arrive at random, in its order, this much time apart on average',
    )
}
