#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCommands, addOverview } from './cli/commands.ts'
import { addExamples } from './cli/examples.ts'
import { leave } from './cli/exit.ts'
import { endWithReader } from './cli/print.ts'

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const program = new Command('dray')
  .description(
    'Allocates and executes AI work: decides which machine runs which task and when, runs it, survives faults, and says how good its decisions were.',
  )
  .version(versionOf(), '-V, --version', 'the version of dray')
  .configureHelp({ subcommandTerm: command => `${command.name()} ${command.usage()}` })
  .showSuggestionAfterError()
  .showHelpAfterError('(dray --help lists commands and options)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'dray: ')) })
  .exitOverride(error => {
    process.exit(error.exitCode === 0 ? 0 : 2)
  })

endWithReader()
const [, , asked, more] = process.argv
const isOverview = more === undefined && [undefined, '--help', '-h', 'help'].includes(asked)
/** A command's own modules: dozens are opened at once, more than some limits allow. */
function cannotLoad(error: NodeJS.ErrnoException): never {
  console.error(`dray: it cannot load its own files: ${error.message}`)
  if (error.code === 'EMFILE') console.error('  expected a limit of at least 256 (ulimit -n 256)')
  process.exit(1)
}
if (isOverview) addOverview(program)
else if (asked !== '--version' && asked !== '-V')
  await addCommands(program, asked === 'help' ? more : asked).catch(cannotLoad)
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
