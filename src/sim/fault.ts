import type { FailureKind } from '../model/failure.ts'
import type { Clock } from '../port/clock.ts'
import type { ExecutorEvent } from '../port/executor.ts'
import type { Prng } from '../std/prng.ts'
import { SECOND } from '../std/time.ts'
import type { SimClock } from './clock.ts'
import type { Act } from './executor.ts'

/** What goes wrong, as chances; all 0 once the world is healed. */
export type Faults = {
  /** An item's execution: fails, takes its slot down, never ends, is slow, does not hear. */
  readonly failing: number
  readonly crashing: number
  readonly hanging: number
  readonly slow: number
  readonly deaf: number
  /** A stage that is set up, or a source that is read: cannot be. */
  readonly breaking: number
  /** The loop's own wish to be woken: comes late, as when its process was held up. */
  readonly late: number
  /** A reply: comes twice, comes with an answer nobody asked for before it. */
  readonly doubled: number
  readonly lying: number
  /** Mean micros between blows to the node, its machines and its runs. */
  readonly betweenBlows: number
}

export const noFaults: Faults = {
  failing: 0,
  crashing: 0,
  hanging: 0,
  slow: 0,
  deaf: 0,
  breaking: 0,
  late: 0,
  doubled: 0,
  lying: 0,
  betweenBlows: Number.POSITIVE_INFINITY,
}

/** Each seed meets its own mixture: some worlds are nearly calm, some are hell. */
export function drawFaults(random: Prng): Faults {
  const some = (most: number): number => (random.chance(0.5) ? random.next() * most : 0)
  return {
    failing: some(0.3),
    crashing: some(0.15),
    hanging: some(0.1),
    slow: some(0.2),
    deaf: some(0.6),
    breaking: random.chance(0.2) ? 0.05 : 0,
    late: some(0.5),
    doubled: some(0.3),
    lying: some(0.3),
    betweenBlows: 200_000 + random.exponential(2_000_000),
  }
}

/** What one execution of an item does. */
export function drawAct(random: Prng, faults: Faults, scale: number, result: () => string): Act {
  const micros = Math.ceil(
    Math.min(3 * scale, random.exponential(scale)) * (random.chance(faults.slow) ? 1.9 : 1),
  )
  const deaf = random.chance(faults.deaf)
  if (random.chance(faults.hanging)) return { kind: 'hang', deaf }
  if (random.chance(faults.crashing))
    return { kind: 'die', micros, failure: { kind: 'crash', message: 'a simulated crash' } }
  if (random.chance(faults.failing)) {
    const kind: FailureKind = random.pick(['error', 'bad-result', 'out-of-memory', 'bad-input'])
    return { kind: 'answer', micros, deaf, failure: { kind, message: `a simulated ${kind}` } }
  }
  return { kind: 'answer', micros, deaf, result: result() }
}

/** The loop's clock, which may wake it late. */
export function holdUp(clock: SimClock, random: Prng, faults: () => Faults): Clock {
  const delay = () => (random.chance(faults().late) ? random.int(SECOND) : 0)
  return {
    ...clock,
    wake: (at, callback) => clock.wake(at === undefined ? undefined : at + delay(), callback),
  }
}

/** Between slots and loop: replies that lie go first, and some come again, at once or much later. */
export function distortReplies(
  random: Prng,
  faults: () => Faults,
  clock: SimClock,
  receive: (event: ExecutorEvent) => void,
): (event: ExecutorEvent) => void {
  return event => {
    if (event.kind !== 'outcomes') return receive(event)
    if (random.chance(faults().lying)) receive(lieOf(random, event))
    receive(event)
    if (!random.chance(faults().doubled)) return
    const later = random.chance(0.5) ? 0 : Math.ceil(random.exponential(500_000))
    clock.at(clock.now() + later, () => receive(event))
  }
}

/** An answer for an item, a task or an attempt that was not asked there, or from a slot it was not asked of. */
function lieOf(random: Prng, event: Extract<ExecutorEvent, { kind: 'outcomes' }>): ExecutorEvent {
  const [outcome] = event.outcomes
  const { machine, slot } = event.slot
  const lie = random.pick([
    { index: outcome.index + 1 },
    { attempt: outcome.attempt + 1 + random.int(3), task: outcome.task },
    { attempt: Math.max(0, outcome.attempt - 1 - random.int(3)) },
    { task: outcome.task + 1 + random.int(5) },
    'from elsewhere',
  ] as const)
  const told = { ...outcome, failure: undefined, result: '"a lie"' }
  if (lie === 'from elsewhere')
    return { ...event, slot: { machine, slot: slot + 1 }, outcomes: [told] }
  return { ...event, outcomes: [{ ...told, ...lie }] }
}
