import type { Event } from '../core/event.ts'
import { InputError } from '../model/input-error.ts'
import type { MachineDefinition } from '../model/run.ts'
import { chanceAt } from '../std/chance.ts'
import { prng } from '../std/prng.ts'
import type { SimClock } from './clock.ts'
import type { Act, SimExecutor } from './executor.ts'
import { FAULTS } from './uncertainty.ts'

/** What goes wrong in a simulated problem. Rates of 0 and absent ones: never. */
export type ProblemFaults = {
  /** Share of attempts that fail, somewhere on their way. */
  readonly failing?: number
  /** Mean time between losses of one machine, in the problem's unit. */
  readonly meanTimeBetweenLosses?: number
  /** How long a lost machine stays away, in the problem's unit. */
  readonly away?: number
  /** Attempts a task has; 3 when absent. */
  readonly attempts?: number
}

type Losses = {
  readonly clock: SimClock
  readonly executor: SimExecutor
  readonly send: (event: Event) => void
  readonly machines: readonly MachineDefinition[]
  readonly finished: () => boolean
  /** How many tasks have ended so far. */
  readonly ended: () => number
}

export function faultsOf(
  faults: ProblemFaults | undefined,
  { seed, ticks }: { seed: number; ticks: number },
) {
  if (faults === undefined) return undefined
  const failing = faults.failing ?? 0
  return {
    /** By task and try, so that a strategy's order of attempts changes nobody's luck. */
    act(task: number, tries: number, micros: number): Act | undefined {
      const counter = task * 64 + tries
      if (chanceAt(seed ^ FAULTS, counter) >= failing) return undefined
      const failure = { kind: 'error', message: 'a simulated failure' } as const
      return {
        kind: 'answer',
        micros: Math.round(micros * chanceAt(seed ^ (FAULTS << 8), counter)),
        failure,
      }
    },
    schedule(losses: Losses) {
      const mean = faults.meanTimeBetweenLosses
      if (mean === undefined || mean <= 0) return
      const rate = { mean: mean * ticks, away: awayOf(faults, ticks), seed }
      const patience = patienceWith(losses, mean)
      losses.machines.forEach((_, machine) => {
        loseRepeatedly({ ...losses, patience }, machine, rate)
      })
    },
  }
}

/** Where machines are lost before they end anything, a run would never end: that is told instead. */
function patienceWith({ machines, ended }: Losses, mean: number): () => void {
  let [lost, before] = [0, 0]
  return () => {
    const now = ended()
    lost = now > before ? 1 : lost + 1
    before = now
    if (lost <= 1_000 + 100 * machines.length) return
    throw new InputError(
      `--faults losses=${mean}: machines are lost so often that no task ends between ${lost} losses\n` +
        '  expected a mean time between losses of a machine that is not far below the times of tasks',
    )
  }
}

/** In ticks; a thousand absences still count in whole ones. */
function awayOf({ away = 0 }: ProblemFaults, ticks: number): number {
  const longest = Math.floor(Number.MAX_SAFE_INTEGER / 1_000 / ticks)
  if (away <= longest) return away * ticks
  throw new InputError(
    `--faults away=${away}: longer than this problem's time can be counted; expected at most ${longest}`,
  )
}

function loseRepeatedly(
  losses: Losses & { readonly patience: () => void },
  machine: number,
  rate: { mean: number; away: number; seed: number },
): void {
  const { clock, executor, send, finished, patience } = losses
  const random = prng(rate.seed, FAULTS + 1 + machine)
  const lose = (): void => {
    if (finished()) return
    patience()
    executor.drop(machine)
    send({ kind: 'left', machine, reason: 'a simulated loss' })
    clock.at(clock.now() + Math.round(rate.away), () => {
      if (finished()) return
      send({ kind: 'joined', machine: losses.machines[machine] })
      later()
    })
  }
  const later = (): void =>
    clock.at(clock.now() + Math.max(1, Math.round(random.exponential(rate.mean))), lose)
  later()
}
