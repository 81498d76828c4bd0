import { InputError } from '../model/input-error.ts'
import type { ProblemFaults } from '../sim/problem-faults.ts'
import { numberFrom, wholeFrom } from './strategy-flags.ts'

/** `--faults 5%`: that share of attempts fails. Or by name: `failing=5%,losses=100,away=10,attempts=3`. */
export function faultsFrom(text: string | undefined): ProblemFaults | undefined {
  if (text === undefined) return undefined
  if (!text.includes('=')) return { failing: shareFrom(text) }
  const given: { -readonly [Field in keyof ProblemFaults]: ProblemFaults[Field] } = {}
  for (const part of text.split(',')) {
    const [name, value = ''] = part.split('=').map(side => side.trim())
    if (name === 'failing') given.failing = shareFrom(value)
    else if (name === 'losses') given.meanTimeBetweenLosses = numberFrom('--faults losses', value)
    else if (name === 'away') given.away = numberFrom('--faults away', value)
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

function shareFrom(text: string): number {
  const share = numberFrom('--faults', text)
  if (share <= 1) return share
  throw new InputError(`--faults ${text}: expected a share from 0 to 1, such as 0.05 or 5%`)
}
