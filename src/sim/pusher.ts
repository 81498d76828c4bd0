import type { State } from '../core/state.ts'
import type { Loop, PushedItem } from '../driver/loop.ts'
import type { Source } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import type { Prng } from '../std/prng.ts'
import { SECOND } from '../std/time.ts'
import { demand } from './checker.ts'
import type { SimClock } from './clock.ts'

/**
 * A user who pushes items to an open run, one or a few at a time, and takes each for granted only when
 * it is durable: what was not acknowledged when the node died is pushed again. After the last one the
 * run is closed.
 */
export type Pusher = {
  /** The step with everything handed over so far is durable. */
  acknowledged(): void
  /** The node died: whatever is not acknowledged may be lost. */
  lost(): void
  /** The run goes on: what is left to push is pushed, and the run closed. */
  goOn(): void
  /** Every acknowledged item is stored. Not asked where the disk itself forgot. */
  check(state: State, store: Store): void
}

type PusherWorld = {
  readonly run: string
  readonly items: number
  readonly random: Prng
  readonly clock: SimClock
  /** The node, while it lives. */
  readonly node: () => { readonly state: State; readonly loop: Loop } | undefined
}

export function createPusher({ run, items, random, clock, node }: PusherWorld): Pusher {
  const waiting: PushedItem[] = Array.from({ length: items }, (_, value) => ({
    key: `k${value}`,
    payload: String(value),
    ...(random.chance(0.3) ? { priority: random.int(3) - 1 } : {}),
    ...(value % 5 === 3 ? { due: clock.now() + value * SECOND, weight: 1 + (value % 3) } : {}),
    ...(random.chance(0.2) ? { notBefore: clock.now() + random.int(30 * SECOND) } : {}),
  }))
  const kept = new Set<string>()
  let handed: PushedItem[] = []

  let resting = false

  const push = (): void => {
    resting = false
    const alive = node()
    const started = alive?.state.runs.find(({ definition }) => definition.name === run)
    if (alive === undefined || started === undefined) return later()
    const stage = alive.state.stages[started.stages[0]]
    const ended = started.state !== 'active' && started.state !== 'paused'
    if (stage.complete || ended) {
      resting = true
      return
    }
    if (waiting.length > 0) {
      const some = waiting.splice(0, 1 + random.int(3))
      handed.push(...some)
      alive.loop.push(stage, some)
    } else if (handed.length === 0) {
      const first = stage.known
      alive.loop.send({
        kind: 'read',
        stage: stage.number,
        first,
        count: 0,
        cursor: String(first),
        done: true,
      })
    }
    later()
  }

  const later = (): void => clock.at(clock.now() + Math.ceil(random.exponential(SECOND / 4)), push)
  const goOn = (): void => {
    if (resting) later()
    resting = false
  }
  later()

  return {
    acknowledged() {
      for (const { key } of handed) kept.add(key)
      handed = []
    },
    lost() {
      waiting.unshift(...handed)
      handed = []
      goOn()
    },
    goOn,
    check(state, store) {
      const known = state.runs.find(({ definition }) => definition.name === run)
      if (known === undefined) return
      const keys = new Set(store.spooled(run, 0, 1e6).map(({ key }) => key))
      for (const key of kept)
        demand(keys.has(key), () => `${key} was acknowledged by ${run} and is gone`)
    },
  }
}

/** Pushed items as they are read again after a restart. */
export function spoolSource(run: string, store: Store): Source {
  return {
    fingerprint: async () => undefined,
    count: async () => undefined,
    async read(cursor, limit) {
      const from = Number(cursor ?? 0)
      const items = store
        .spooled(run, from, limit)
        .map(({ key, payload }) => ({ key, payload, version: '', size: 1 }))
      return { items, cursor: String(from + items.length), done: false }
    },
    async close() {},
  }
}
