import type { Event } from '../core/event.ts'
import type { Run } from '../core/run.ts'
import type { State } from '../core/state.ts'
import { allocations, orders } from '../policy/registry.ts'
import { unreachable } from '../std/assert.ts'
import type { Prng } from '../std/prng.ts'

/** What befalls a node from outside: its own death, its disk, its machines, its users. */
export type Blow =
  /** The node dies; the last `torn` commits with it. */
  | { readonly kind: 'crash'; readonly torn: number }
  | {
      readonly kind: 'disk'
      readonly write: 'append' | 'snapshot'
      readonly outcome: 'lost' | 'kept'
    }
  | { readonly kind: 'lose'; readonly machine: number }
  | { readonly kind: 'event'; readonly event: Event }

const kinds = [
  'crash',
  'torn',
  'disk',
  'lose',
  'lose',
  'pressure',
  'drain',
  'rest',
  'cancel',
  'cancel',
  'retry',
  'plan',
  'redefine',
] as const

export function drawBlow(random: Prng, { machines, runs, stages }: State): Blow | undefined {
  const kind = random.pick(kinds)
  if (machines.length === 0 || runs.length === 0) return undefined
  const machine = random.pick(machines).number
  const run = random.pick(runs)
  switch (kind) {
    case 'crash':
      return { kind, torn: 0 }
    case 'torn':
      return { kind: 'crash', torn: 1 + random.int(3) }
    case 'disk':
      return {
        kind,
        write: random.chance(0.8) ? 'append' : 'snapshot',
        outcome: random.pick(['lost', 'kept'] as const),
      }
    case 'lose':
      return { kind, machine }
    case 'pressure':
      return told({ kind, machine, high: random.chance(0.5) })
    case 'drain':
      return told({ kind: random.chance(0.5) ? 'drain' : 'resume' })
    case 'rest':
      return told({ kind: random.chance(0.5) ? 'pause' : 'goOn', run: run.number })
    case 'cancel':
      return random.chance(0.6) ? told({ kind, run: run.number }) : undefined
    case 'retry':
      return told({ kind: 'retryFailed', run: run.number })
    case 'plan':
      return told(
        drawPlan(random, stages[random.pick(run.stages)].number, stages.length, machines.length),
      )
    case 'redefine':
      return told(otherPolicies(random, run))
    default:
      return unreachable(kind)
  }
}

function told(event: Event): Blow {
  return { kind: 'event', event }
}

/** Any items to any machines in any order: a plan may be bad, or old. */
function drawPlan(random: Prng, stage: number, most: number, machines: number): Event {
  const items = random.shuffle(Array.from({ length: random.int(12 + most) }, (_, item) => item))
  return {
    kind: 'plan',
    stage,
    strategy: 'by lot',
    seed: 1,
    steps: 0,
    items,
    machines: items.map(() => random.int(machines)),
    ranks: items.map((_, rank) => rank),
  }
}

function otherPolicies(random: Prng, { number, definition }: Run): Event {
  const strategy = random.pick(allocations).name
  const order = random.pick(orders).name
  return { kind: 'redefine', run: number, definition: { ...definition, strategy, order } }
}
