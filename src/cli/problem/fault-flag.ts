import { didYouMean } from '../../input/nearest.ts'
import { InputError } from '../../model/input-error.ts'
import type { ProblemFaults } from '../../sim/problem-faults.ts'
import { amountFrom, shareFrom, wholeFrom } from './strategy-flags.ts'

/** `--faults 5%`: that share of attempts fails. Or by name: `failing=5%,losses=100,away=10,attempts=3`. */
export function faultsFrom(text: string | undefined): ProblemFaults | undefined {
  if (text === undefined) return undefined
  if (/^\s*[\d.-]/.test(text) && !/[=,]/.test(text)) return { failing: partFrom('--faults', text) }
  const given: { -readonly [Field in keyof ProblemFaults]: ProblemFaults[Field] } = {}
  const named = new Set<string>()
  for (const part of text.split(',')) {
    const [name, value = ''] = part.split('=').map(side => side.trim())
    if (named.has(name)) throw new InputError(`--faults ${text}: "${name}" is given twice`)
    named.add(name)
    if (name === 'failing') given.failing = partFrom('--faults failing', value)
    else if (name === 'losses') given.meanTimeBetweenLosses = amountFrom('--faults losses', value)
    else if (name === 'away') given.away = amountFrom('--faults away', value)
    else if (name === 'attempts') given.attempts = wholeFrom('--faults attempts', value, 1)
    else throw new InputError(`--faults ${part.trim()}: ${noSuchFault(name)}`)
  }
  return given
}

const faults: Readonly<Record<string, string>> = {
  failing: 'share of attempts',
  losses: 'mean time between losses of a machine',
  away: 'how long it stays away',
  attempts: 'how many a task has',
}

function noSuchFault(name: string): string {
  const known = Object.entries(faults).map(([fault, means]) => `${fault} (${means})`)
  return (
    `no such fault${didYouMean(name, Object.keys(faults))}\n` +
    `  expected a share of attempts that fail, such as 5%, or by name failing=5%,losses=100,away=10,attempts=3\n` +
    `  known: ${known.join(', ')}`
  )
}

function partFrom(flag: string, text: string): number {
  const share = shareFrom(flag, text)
  if (share <= 1) return share
  throw new InputError(`${flag} ${text}: expected a share from 0 to 1, such as 0.05 or 5%`)
}
