import type { Command } from 'commander'
import { InputError } from '../model/input-error.ts'
import { exitWith } from './exit.ts'

/** Commands that are named, so that nobody wonders whether they mistyped, and not built yet. */
const later: Readonly<Record<string, string>> = {
  serve: 'dray status and dray why look at a run from another terminal',
  worker: 'a run uses the slots of this box; --machines FILE carves it',
  limits: 'needs and capacity bound what runs side by side',
  machines: 'dray doctor shows this box as a machine',
}

export function registerUnavailable(program: Command): void {
  for (const [name, instead] of Object.entries(later)) {
    refuse(program, name, `${name}: not available yet; ${instead}`)
  }
  refuse(program, 'bench', 'bench: npm run bench in a checkout measures Dray and its peers')
}

function refuse(program: Command, name: string, message: string): void {
  program
    .command(name, { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() =>
      exitWith(() => {
        throw new InputError(message)
      }),
    )
}
