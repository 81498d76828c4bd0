import type { Spending, Stop } from '../../choose/drive.ts'
import { objectives } from '../../choose/objective.ts'
import { type Strategy, strategies, strategyNamed } from '../../choose/strategies.ts'
import { didYouMean } from '../../input/nearest.ts'
import { InputError } from '../../model/input-error.ts'
import type { Objective } from '../../model/job.ts'
import { aliases, orderNamed, orders } from '../../policy/registry.ts'
import { parseDuration } from '../../std/units.ts'

/** The flags that `plan`, `simulate` and `compare` share, read once and explained when wrong. */
type SpendingFlags = {
  readonly timeLimit?: string
  readonly steps?: string
}

export function strategyFrom(name: string, flag = '--strategy'): Strategy {
  const found = strategyNamed(name)
  if (found !== undefined) return found
  const known = strategies.map(strategy => strategy.name)
  const hint = orderNamed(name)
    ? `; it is an order: --order ${name}`
    : didYouMean(name, [...known, ...Object.keys(aliases)])
  throw new InputError(`${flag} ${name}: no such strategy${hint}\n  known: ${known.join(', ')}`)
}

export function strategiesFrom(text: string): readonly Strategy[] {
  if (text.trim() === 'all') return strategies
  const names = text.split(',').map(name => name.trim())
  const chosen = names.filter(name => name !== '').map(name => strategyFrom(name, '--strategies'))
  if (chosen.length === 0) throw new InputError('--strategies: expected names with commas, or all')
  return chosen.filter((strategy, at) => chosen.indexOf(strategy) === at)
}

export function orderFrom(name: string | undefined): string {
  if (name === undefined) return 'fifo'
  const found = orderNamed(name)
  if (found !== undefined) return found.name
  const known = orders.map(order => order.name)
  const hint = strategyNamed(name)
    ? `; it is a strategy: --strategy ${name}`
    : didYouMean(name, known)
  throw new InputError(`--order ${name}: no such order${hint}\n  known: ${known.join(', ')}`)
}

/** It stands whatever the strategy: what plans decide is then where, and the order who goes first there. */
export const orderHelp = `which task first, also where a plan puts it: ${orders.map(({ name }) => name).join(', ')}`

/** `--objective NAME`; absent where it was not given, so that a job's own can stand. */
export function objectiveFrom(name: string | undefined): Objective | undefined {
  if (name === undefined) return undefined
  const found = objectives.find(objective => objective === name)
  if (found !== undefined) return found
  throw new InputError(
    `--objective ${name}: no such objective${didYouMean(name, objectives)}\n  known: ${objectives.join(', ')}`,
  )
}

export const objectiveOption = [
  '--objective <name>',
  'what auto and portfolio make least: makespan, mean-flow-time, weighted-tardiness or cost',
] as const

/** `--time-limit 10s`, where 0 means what is there at once, or `--steps N`, which repeats exactly. */
export function spendingFrom(flags: SpendingFlags, defaultMs: number, stop?: Stop): Spending {
  if (flags.steps !== undefined) {
    if (flags.timeLimit !== undefined) {
      throw new InputError('--steps and --time-limit: give one of them')
    }
    return { kind: 'steps', steps: wholeFrom('--steps', flags.steps, 1) }
  }
  if (flags.timeLimit === undefined) return { kind: 'time', ms: defaultMs, stop }
  const micros = /^0+$/.test(flags.timeLimit.trim()) ? 0 : parseDuration(flags.timeLimit)
  if (micros === undefined || micros > longestMicros) {
    const expected = micros === undefined ? 'a duration such as 10s or 500ms' : 'at most 24d'
    throw new InputError(`--time-limit ${flags.timeLimit}: expected ${expected}`)
  }
  return { kind: 'time', ms: micros / 1000, stop }
}

/** Timers take 2^31 milliseconds at most. */
const longestMicros = 2 ** 31 * 1000

export function wholeFrom(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new InputError(`${flag} ${text}: expected a whole number, ${least} or more`)
}

/** An amount, such as a time in the unit of the problem. */
export function amountFrom(flag: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new InputError(`${flag} ${text}: expected a number, 0 or more`)
}

/** A part of something, or a multiple of it. */
export function shareFrom(flag: string, text: string): number {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())
  const value = share ? Number(share[1]) / 100 : text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new InputError(`${flag} ${text}: expected a number, 0 or more, such as 0.2 or 20%`)
}

/** `--noise 0.2`: a spread beyond twice the mean is no measurement, but a percentage without its sign. */
export function noiseFrom(text: string): number {
  const noise = shareFrom('--noise', text)
  if (noise <= widestNoise) return noise
  throw new InputError(
    `--noise ${text}: expected at most ${widestNoise} (200%), such as 0.2 or 20%`,
  )
}

const widestNoise = 2
