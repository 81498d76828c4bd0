import type { Event } from '../core/event.ts'
import type { State } from '../core/state.ts'
import type { Store } from '../port/store.ts'
import type { Prng } from '../std/prng.ts'
import { SECOND } from '../std/time.ts'
import type { SimClock } from './clock.ts'
import { checkContinued, hasEnded, learntBefore, runNamed } from './continued.ts'
import type { Continuing, Life } from './node.ts'
import { createPusher, type Pusher } from './pusher.ts'
import { lineageOf, type SimRun, type Workload } from './workload.ts'

type UsersWorld = {
  readonly seed: number
  readonly workload: Workload
  readonly continuing: Continuing
  readonly clock: SimClock
  readonly random: Prng
  readonly store: () => Store
  /** The node, while it lives. */
  readonly node: () => Life | undefined
  /** Items that were ever begun, by name. */
  readonly begun: ReadonlySet<string>
  /** The disk has lost what it had acknowledged. */
  readonly isForgetful: () => boolean
}

/**
 * What users do in a world: submit runs, push items, continue what has ended, remove what was continued, try again
 * what failed.
 */
export function createUsers(world: UsersWorld) {
  const { seed, workload, continuing, clock, random, store, node } = world
  const successors = workload.runs.filter(({ after }) => after !== undefined)
  /** Runs whose failed items were tried again from outside, and runs that were removed, by name. */
  const retried = new Set<string>()
  const removed = new Set<string>()
  let pushers: Pusher[] = []

  const send = (event: Event): void => node()?.loop.send(event)

  const submit = (name: string): void => {
    const life = node()
    const run = workload.runs.find(({ definition }) => definition.name === name)
    if (life === undefined || run === undefined || runNamed(life.state, name)) return
    if (run.after) continuing.submitted(store(), name, run.after)
    send({ kind: 'submit', run: run.definition })
  }

  /** What follows once something is durable: a run is told what the one before learnt, what is forgotten removed. */
  const follow = (event: Event, state: State): void => {
    if (event.kind === 'forget') {
      const { name } = state.runs[event.run].definition
      removed.add(name)
      store().removeRuns([name])
    } else if (event.kind === 'hindsight') {
      const range = { low: SECOND, expected: 2 * SECOND, high: 3 * SECOND }
      send({ kind: 'foretold', run: event.run, mark: 0, at: state.now, ...range })
    } else if (event.kind === 'submit') {
      const after = successors.find(({ definition }) => definition.name === event.run.name)?.after
      const previous = after && runNamed(state, after.previous)
      const run = runNamed(state, event.run.name)
      if (previous && run) for (const learnt of learntBefore(state, previous, run)) send(learnt)
    }
  }

  /** A run that has ended is continued; when that one has ended too, the first may be removed. */
  const goOnFrom = (run: SimRun, state: State, someEnded: boolean): void => {
    const name = run.after?.previous ?? ''
    const [previous, next] = [runNamed(state, name), runNamed(state, run.definition.name)]
    if (previous === undefined || !hasEnded(previous) || removed.has(name)) return
    if (next === undefined) return submit(run.definition.name)
    if (!someEnded || !hasEnded(next) || world.isForgetful()) return
    const { begun } = world
    const retriedOnce = retried.has(run.definition.name)
    const before = lineageOf(workload, name)
    checkContinued(state, run, { store: store(), begun, retried: retriedOnce, before })
    // One that goes on from there may still ask for it.
    const last = successors.find(({ after }) => after?.previous === run.definition.name)
    if (last && !hasEnded(runNamed(state, last.definition.name))) return
    if (seed % 2 === 0) send({ kind: 'forget', run: previous.number })
  }

  const isContinued = (state: State, name: string): boolean =>
    removed.has(name) ||
    successors.some(
      ({ definition, after }) =>
        after?.previous === name && runNamed(state, definition.name) !== undefined,
    )

  return {
    /** Each run is submitted at its instant; one that continues another is once that has ended. */
    begin(): void {
      for (const { definition, at, after } of workload.runs)
        if (after === undefined) clock.at(at, () => submit(definition.name))
      pushers = workload.runs
        .filter(({ openSource }) => openSource === undefined)
        .map(({ definition, items }) =>
          createPusher({ run: definition.name, items, clock, random, node }),
        )
    },
    /** A node boots, which may know nothing of what was submitted before. */
    submitAgain(): void {
      for (const { definition, at } of workload.runs) if (at <= clock.now()) submit(definition.name)
    },
    /** A step of the node is durable. */
    hear(events: readonly Event[], state: State): void {
      for (const pusher of pushers) pusher.acknowledged()
      for (const event of events) follow(event, state)
      const someEnded = events.some(({ kind }) => kind === 'finished')
      for (const run of successors) goOnFrom(run, state, someEnded)
    },
    /** The node died. */
    lost(): void {
      for (const pusher of pushers) pusher.lost()
    },
    /** Nobody goes back to what was continued: its results are another run's now. */
    retry(number: number): void {
      const life = node()
      if (life === undefined) return
      const { name } = life.state.runs[number].definition
      if (isContinued(life.state, name)) return
      retried.add(name)
      life.keepers.delete(name)
      send({ kind: 'retryFailed', run: number })
      for (const pusher of pushers) clock.at(clock.now() + SECOND, pusher.goOn)
    },
    hasRetried: (run: string): boolean => retried.has(run),
    removed: removed as ReadonlySet<string>,
    /** Everything that was acknowledged to those who push is there. */
    check(state: State): void {
      if (!world.isForgetful()) for (const pusher of pushers) pusher.check(state, store())
    },
  }
}
