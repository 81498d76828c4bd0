import { InputError } from '../../model/input-error.ts'
import type { ProblemFaults } from '../../sim/problem-faults.ts'
import { amountFrom, shareFrom, wholeFrom } from './strategy-flags.ts'

/** `--faults 5%`: that share of attempts fails. Or by name: `failing=5%,losses=100,away=10,attempts=3`. */
export function faultsFrom(text: string | undefined): ProblemFaults | undefined {
  if (text === undefined) return undefined
  if (!text.includes('=')) return { failing: partFrom('--faults', text) }
  const given: { -readonly [Field in keyof ProblemFaults]: ProblemFaults[Field] } = {}
  for (const part of text.split(',')) {
    const [name, value = ''] = part.split('=').map(side => side.trim())
    if (name === 'failing') given.failing = partFrom('--faults failing', value)
    else if (name === 'losses') given.meanTimeBetweenLosses = amountFrom('--faults losses', value)
    else if (name === 'away') given.away = amountFrom('--faults away', value)
    else if (name === 'attempts') given.attempts = wholeFrom('--faults attempts', value, 1)
    else {
      throw new InputError(
        `--faults ${part}: expected failing (share of attempts), losses (mean time between losses of ` +
          'a machine), away (how long it stays away) or attempts',
      )
    }
  }
  return given
}

function partFrom(flag: string, text: string): number {
  const share = shareFrom(flag, text)
  if (share <= 1) return share
  throw new InputError(`${flag} ${text}: expected a share from 0 to 1, such as 0.05 or 5%`)
}
