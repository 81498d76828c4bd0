import type { Command } from 'commander'

/** A command of `dray`, as the overview shows it; a test holds `takes` against what `load` registers. */
type Entry = {
  /** What follows its name. */
  readonly takes: string
  readonly does: string
  readonly load: () => Promise<(program: Command) => void>
}

/**
 * In the order of the overview. A command loads what it needs and no more: pictures alone cost longer than `status`
 * takes.
 */
export const commands: Readonly<Record<string, Entry>> = {
  run: {
    takes: '[options] [job]',
    does: 'run a job: begin it, or go on where it stopped',
    load: async () => (await import('./run.ts')).registerRun,
  },
  map: {
    takes: '[options] <handler> <input...>',
    does: 'run a handler over an input, without a job file; again: it goes on',
    load: async () => (await import('./map.ts')).registerMap,
  },
  init: {
    takes: '[options] [dir]',
    does: 'write a small job that runs: job.ts, a handler and a sample input',
    load: async () => (await import('./init.ts')).registerInit,
  },
  ls: {
    takes: '[options]',
    does: 'runs of this directory, newest last',
    load: async () => (await import('./ls.ts')).registerLs,
  },
  status: {
    takes: '[options] [run]',
    does: 'how far a run is',
    load: async () => (await import('./status.ts')).registerStatus,
  },
  logs: {
    takes: '[options] [run] [item]',
    does: 'what handlers printed and logged',
    load: async () => (await import('./logs.ts')).registerLogs,
  },
  results: {
    takes: '[options] [run]',
    does: 'what items came to, a JSON line each in input order, as in a jsonl output',
    load: async () => (await import('./results.ts')).registerResults,
  },
  why: {
    takes: '[options] [run] [item]',
    does: 'why it waits, runs where it runs, is slow, failed or was skipped, and what would help',
    load: async () => (await import('./why.ts')).registerWhy,
  },
  cancel: {
    takes: '[options] <run>',
    does: 'stop a run: nothing more of it starts; what is done stays',
    load: async () => (await import('./cancel.ts')).registerCancel,
  },
  retry: {
    takes: '[options] <run>',
    does: 'run failed, skipped and cancelled items of a run again, and what follows them',
    load: async () => (await import('./retry.ts')).registerRetry,
  },
  clean: {
    takes: '[options] [run]',
    does: 'remove runs that have ended: results, logs and history; output files stay',
    load: async () => (await import('./clean.ts')).registerClean,
  },
  doctor: {
    takes: '[options]',
    does: 'whether this box and directory are fit to run jobs',
    load: async () => (await import('./doctor.ts')).registerDoctor,
  },
  plan: {
    takes: '[options] <input>',
    does: 'schedule without running: who does what when, and how far from the best possible',
    load: async () => (await import('./plan.ts')).registerPlan,
  },
  simulate: {
    takes: '[options] <input>',
    does: 'run a problem or a job with the real core in virtual time',
    load: async () => (await import('./simulate.ts')).registerSimulate,
  },
  compare: {
    takes: '[options] [input]',
    does: 'the same problem or job under several strategies, with a bound for all of them',
    load: async () => (await import('./compare.ts')).registerCompare,
  },
  report: {
    takes: '[options] [run]',
    does: 'a page about a run, finished or not: who did what when, and what failed',
    load: async () => (await import('./report.ts')).registerReport,
  },
}

/** Names for the overview alone: loading what is behind them takes three times as long as Node's own start. */
export function addOverview(program: Command): void {
  for (const [name, { takes, does }] of Object.entries(commands))
    program.command(name).usage(takes).description(does)
}

/** The one that is named. To say what is nearest to an unknown word names are enough; behind an option any may come. */
export async function addCommands(program: Command, asked = ''): Promise<void> {
  const named = Object.entries(commands).filter(([name]) => name === asked)
  const isWord = !asked.startsWith('-')
  if (named.length === 0 && isWord) addOverview(program)
  const wanted = named.length > 0 ? named : isWord ? [] : Object.entries(commands)
  for (const [, { load }] of wanted) (await load())(program)
  if (named.length === 0) (await import('./unavailable.ts')).registerUnavailable(program)
  for (const command of program.commands) command.description(commands[command.name()]?.does ?? '')
}
