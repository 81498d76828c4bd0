/** Arguments and options that several commands have, each with its help. */

export const runArgument = [
  '[run]',
  'a run, or a job for its newest run; the newest of all by default',
] as const
export const itemArgument = ['[item]', 'an item’s key, or its number from 0'] as const

export const dirOfRuns = ['--dir <dir>', 'where runs live; .dray here by default'] as const
export const dirOfRun = ['--dir <dir>', 'where the run lives; .dray here by default'] as const
export const stageOption = ['--stage <stage>', 'of one stage'] as const
export const machinesOption = ['--machines <file>', 'machines to carve this box into'] as const
