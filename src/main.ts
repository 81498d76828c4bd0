#!/usr/bin/env node
import { Command } from 'commander'
import { registerCancel } from './cli/cancel.ts'
import { registerClean } from './cli/clean.ts'
import { registerDoctor } from './cli/doctor.ts'
import { registerInit } from './cli/init.ts'
import { registerLogs } from './cli/logs.ts'
import { registerLs } from './cli/ls.ts'
import { registerMap } from './cli/map.ts'
import { registerResults } from './cli/results.ts'
import { registerRetry } from './cli/retry.ts'
import { registerStatus } from './cli/status.ts'
import { registerUnavailable } from './cli/unavailable.ts'
import { registerWhy } from './cli/why.ts'
import { registerCompare } from './cli/compare.ts'
import { registerPlan } from './cli/plan.ts'
import { quietPipe } from './cli/print.ts'
import { registerReport } from './cli/report.ts'
import { registerRun } from './cli/run.ts'
import { registerSimulate } from './cli/simulate.ts'

const program = new Command('dray')
  .description(
    'Allocates and executes AI work: decides which machine runs which task and when, runs it, survives faults, and says how good its decisions were.',
  )
  .showSuggestionAfterError()
  .showHelpAfterError('(dray --help lists commands and options)')
  .exitOverride(error => {
    process.exit(error.exitCode === 0 ? 0 : 2)
  })

quietPipe()
registerRun(program)
registerMap(program)
registerInit(program)
registerLs(program)
registerStatus(program)
registerLogs(program)
registerResults(program)
registerWhy(program)
registerCancel(program)
registerRetry(program)
registerClean(program)
registerDoctor(program)
registerPlan(program)
registerSimulate(program)
registerCompare(program)
registerReport(program)
registerUnavailable(program)
await program.parseAsync()
