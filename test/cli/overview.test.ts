import { Command } from 'commander'
import { expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'

test.each(Object.entries(commands))(
  'the overview shows what %s takes',
  async (name, { takes, load }) => {
    const program = new Command()
    const register = await load()
    register(program)
    expect(program.commands.map(command => [command.name(), command.usage()])).toEqual([
      [name, takes],
    ])
  },
)
