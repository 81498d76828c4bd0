#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addExamples } from './cli/examples.ts'
import { leave } from './cli/exit.ts'
import { endWithReader } from './cli/print.ts'

/** A command loads what it needs and no more: pictures alone cost longer than `status` takes. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./cli/run.ts')).registerRun,
  map: async () => (await import('./cli/map.ts')).registerMap,
  init: async () => (await import('./cli/init.ts')).registerInit,
  ls: async () => (await import('./cli/ls.ts')).registerLs,
  status: async () => (await import('./cli/status.ts')).registerStatus,
  logs: async () => (await import('./cli/logs.ts')).registerLogs,
  results: async () => (await import('./cli/results.ts')).registerResults,
  why: async () => (await import('./cli/why.ts')).registerWhy,
  cancel: async () => (await import('./cli/cancel.ts')).registerCancel,
  retry: async () => (await import('./cli/retry.ts')).registerRetry,
  clean: async () => (await import('./cli/clean.ts')).registerClean,
  doctor: async () => (await import('./cli/doctor.ts')).registerDoctor,
  plan: async () => (await import('./cli/plan.ts')).registerPlan,
  simulate: async () => (await import('./cli/simulate.ts')).registerSimulate,
  compare: async () => (await import('./cli/compare.ts')).registerCompare,
  report: async () => (await import('./cli/report.ts')).registerReport,
  later: async () => (await import('./cli/unavailable.ts')).registerUnavailable,
}

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const program = new Command('dray')
  .description(
    'Allocates and executes AI work: decides which machine runs which task and when, runs it, survives faults, and says how good its decisions were.',
  )
  .version(versionOf(), '-V, --version', 'the version of dray')
  .showSuggestionAfterError()
  .showHelpAfterError('(dray --help lists commands and options)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'dray: ')) })
  .exitOverride(error => {
    process.exit(error.exitCode === 0 ? 0 : 2)
  })

endWithReader()
const asked = process.argv[2]
const named = Object.entries(commands).filter(([name]) => name === asked)
const needed = named.length > 0 ? named : Object.entries(commands)
/** A command's own modules: dozens are opened at once, more than some limits allow. */
function cannotLoad(error: NodeJS.ErrnoException): never {
  console.error(`dray: it cannot load its own files: ${error.message}`)
  if (error.code === 'EMFILE') console.error('  expected a limit of at least 256 (ulimit -n 256)')
  process.exit(1)
}
if (asked !== '--version' && asked !== '-V')
  for (const [, load] of needed) (await load().catch(cannotLoad))(program)
for (const command of program.commands)
  command.showHelpAfterError(`(dray ${command.name()} --help lists its arguments and options)`)
addExamples(program)
// Node would end with 13 and no word when a command waits for what can no longer happen. Who else hears that may
// still help it; then it comes once more, or not.
let wasStuck = false
function stuck(): void {
  if (!wasStuck) {
    wasStuck = true
    setImmediate(() => {})
    return
  }
  console.error('dray: nothing more can happen, and the command has not ended: a defect of dray')
  console.error('  dray why says where things stand; the same command again goes on')
  leave(1)
}
process.on('beforeExit', stuck)
await program.parseAsync()
process.off('beforeExit', stuck)
