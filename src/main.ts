#!/usr/bin/env node
import { Command } from 'commander'
import { registerCompare } from './cli/compare.ts'
import { registerPlan } from './cli/plan.ts'
import { registerRun } from './cli/run.ts'
import { registerSimulate } from './cli/simulate.ts'

const program = new Command('dray')
  .description('Allocates and executes AI work: decides which machine runs which task and when, runs it, survives faults, and says how good its decisions were.')
  .showSuggestionAfterError()
  .showHelpAfterError('(dray --help lists commands and options)')
  .exitOverride(error => {
    process.exit(error.exitCode === 0 ? 0 : 2)
  })

registerRun(program)
registerPlan(program)
registerSimulate(program)
registerCompare(program)
await program.parseAsync()
