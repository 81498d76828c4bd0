import type { Decision, Event } from '../core/event.ts'
import type { State } from '../core/state.ts'
import { Violation } from '../std/assert.ts'
import { type Prng, prng } from '../std/prng.ts'
import { SECOND } from '../std/time.ts'
import { type Blow, drawBlow } from './blow.ts'
import { checkBooks, demand } from './checker.ts'
import { type SimClock, simClock } from './clock.ts'
import { checkContinued, hasEnded, learntBefore, nameOfItem, runNamed } from './continued.ts'
import { createDisk, type Disk } from './disk.ts'
import { drawFaults, type Faults, noFaults } from './fault.ts'
import { beginLife, type Continuing, type Life } from './node.ts'
import { checkEnded, checkPayloads, checkReplay } from './oracle.ts'
import { createPusher, type Pusher } from './pusher.ts'
import { drawWorkload, lineageOf, type SimRun, withSuccessors, type Workload } from './workload.ts'

/**
 * A node in a simulated world: the real core and loop over simulated ports, everything drawn from one
 * seed. First a time of faults (slots, replies, disk, node, machines), in which nothing wrong may
 * happen; then the world heals, and every item must end. A violation names the seed.
 */
export async function simulateWorld(seed: number, continuing: Continuing): Promise<WorldReport> {
  const world = createWorld(seed, continuing)
  try {
    await world.live()
  } catch (error) {
    throw world.blame(error)
  }
  return world.report()
}

export type WorldReport = {
  readonly seed: number
  readonly steps: number
  readonly lives: number
  readonly attempts: number
  readonly items: number
  /** Every journal entry of every life, in order. */
  readonly journal: readonly string[]
}

/** How long faults last, in virtual time. */
const TROUBLE = 20 * SECOND
/** By then a healed world must be still. */
const END = 100_000 * SECOND

function createWorld(seed: number, continuing: Continuing) {
  const random: Prng = prng(seed, 10)
  const blows: Prng = prng(seed, 11)
  const workload: Workload = withSuccessors(prng(seed, 14), drawWorkload(prng(seed, 12)))
  const successors = workload.runs.filter(({ after }) => after !== undefined)
  const clock: SimClock = simClock()
  const away = new Set<string>()
  const journal: string[] = []
  let faults: Faults = drawFaults(prng(seed, 13))
  let disk: Disk = createDisk()
  let life: Life | undefined
  let lives = 0
  let steps = 0
  /** Runs whose failed items were tried again from outside. */
  const retried = new Set<string>()
  /** Runs that were removed, and items that were ever begun, by name. */
  const forgotten = new Set<string>()
  const begun = new Set<string>()
  /** The disk has lost what it had acknowledged. */
  let forgetful = false
  let pushers: Pusher[] = []
  let wrong: unknown

  const boot = (): void => {
    life = beginLife({
      clock,
      disk,
      workload,
      random,
      faults: () => faults,
      heard: body => journal.push(body),
      mayRepeat: run => retried.has(run),
      began: (stage, index) => life && begun.add(nameOfItem(life.state, stage, index)),
      continuing,
      onStep: check,
      onFailure: error => {
        if (error.name === 'JournalError') crash(0)
        else wrong ??= error
      },
    })
    lives += 1
    for (const machine of workload.machines)
      if (!away.has(machine.id)) send({ kind: 'joined', machine })
    for (const { definition, at } of workload.runs) if (at <= clock.now()) submit(definition.name)
    if (faults === noFaults) goOn()
  }

  const check = (
    { state, loop }: Life,
    events: readonly Event[],
    decisions: readonly Decision[],
  ): void => {
    steps += 1
    if (steps > 100_000) throw new Violation('it does not come to an end')
    for (const pusher of pushers) pusher.acknowledged()
    checkBooks(state)
    for (const event of events) follow(event, state)
    checkStarts(state, decisions)
    const someEnded = events.some(({ kind }) => kind === 'finished')
    for (const run of successors) goOnFrom(run, state, someEnded)
    if (steps % 60 !== 0) return
    checkReplay(disk, state)
    checkPayloads(state, loop.payloads)
  }

  /** What users do once something is durable: tell a run what the one before learnt, remove what is forgotten. */
  const follow = (event: Event, state: State): void => {
    if (event.kind === 'forget') {
      const { name } = state.runs[event.run].definition
      forgotten.add(name)
      disk.store.removeRuns([name])
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
    if (previous === undefined || !hasEnded(previous) || forgotten.has(name)) return
    if (next === undefined) return submit(run.definition.name)
    if (!someEnded || !hasEnded(next) || forgetful) return
    const retriedOnce = retried.has(run.definition.name)
    const before = lineageOf(workload, name)
    checkContinued(state, run, { store: disk.store, begun, retried: retriedOnce, before })
    // One that goes on from there may still ask for it.
    const last = successors.find(({ after }) => after?.previous === run.definition.name)
    if (last && !hasEnded(runNamed(state, last.definition.name))) return
    if (seed % 2 === 0) send({ kind: 'forget', run: previous.number })
  }

  const isContinued = (name: string): boolean =>
    forgotten.has(name) ||
    successors.some(
      ({ definition, after }) =>
        after?.previous === name && life && runNamed(life.state, definition.name) !== undefined,
    )

  const goOn = (): void => {
    for (const run of life?.state.runs ?? []) send({ kind: 'goOn', run: run.number })
  }

  const submit = (name: string): void => {
    const run = workload.runs.find(({ definition }) => definition.name === name)
    if (life === undefined || run === undefined) return
    if (life.state.runs.some(({ definition }) => definition.name === name)) return
    if (run.after) continuing.submitted(disk.store, name, run.after)
    life.loop.send({ kind: 'submit', run: run.definition })
  }

  /** The node dies, and a while later a new one boots from what the disk has kept. */
  const crash = (torn: number): void => {
    if (life === undefined || life.over) return
    life.over = true
    for (const pusher of pushers) pusher.lost()
    // What was removed is gone for good, whatever the journal loses.
    if (forgotten.size > 0) torn = 0
    if (torn > 0) forgetful = true
    life.loop.stop()
    void life.executor.close(0)
    disk = disk.crash()
    if (torn > 0) disk.tearTail(Math.min(torn, [...disk.journal.load().entries].length))
    clock.at(clock.now() + 1 + blows.int(SECOND), boot)
  }

  const send = (event: Event): void => {
    if (life !== undefined && !life.over) life.loop.send(event)
  }

  const strike = (): void => {
    if (life !== undefined && !life.over) suffer(drawBlow(blows, life.state))
    const next = clock.now() + Math.ceil(blows.exponential(faults.betweenBlows))
    if (next < TROUBLE) clock.at(next, strike)
  }

  const suffer = (blow: Blow | undefined): void => {
    if (blow?.kind === 'crash') crash(blow.torn)
    else if (blow?.kind === 'lose') lose(blow.machine)
    else if (blow?.kind === 'event' && blow.event.kind === 'retryFailed') retry(blow.event.run)
    else if (blow?.kind === 'event') send(blow.event)
    else if (blow?.write === 'append') disk.failNextAppend(blow.outcome)
    else if (blow?.write === 'snapshot') disk.failNextSnapshot(blow.outcome)
  }

  const lose = (number: number): void => {
    if (life === undefined || !life.state.machines[number].alive) return
    const { id } = life.state.machines[number].definition
    away.add(id)
    life.executor.drop(number)
    send({ kind: 'left', machine: number, reason: 'lost by lot' })
    clock.at(clock.now() + blows.int(2 * SECOND), () => rejoin(id))
  }

  const rejoin = (id: string): void => {
    if (!away.delete(id)) return
    const machine = workload.machines.find(known => known.id === id)
    if (machine !== undefined) send({ kind: 'joined', machine })
  }

  /** From here on nothing goes wrong any more; what was stopped goes on. */
  const heal = (): void => {
    faults = noFaults
    for (const id of [...away]) rejoin(id)
    if (life === undefined || life.over) return
    send({ kind: 'resume' })
    for (const machine of life.state.machines)
      send({ kind: 'pressure', machine: machine.number, high: false })
    goOn()
  }

  const retry = (number: number): void => {
    if (life === undefined || life.over) return
    // Nobody goes back to what was continued: its results are another run's now.
    if (isContinued(life.state.runs[number].definition.name)) return
    const { name } = life.state.runs[number].definition
    retried.add(name)
    life.keepers.delete(name)
    send({ kind: 'retryFailed', run: number })
    for (const pusher of pushers) clock.at(clock.now() + SECOND, pusher.goOn)
  }

  const pass = async (): Promise<void> => {
    for (;;) {
      await turns()
      if (wrong !== undefined) throw wrong
      if (clock.advance(END)) continue
      await turns()
      if (!clock.advance(END)) return
    }
  }

  return {
    async live() {
      boot()
      for (const { definition, at, after } of workload.runs)
        if (after === undefined) clock.at(at, () => submit(definition.name))
      pushers = workload.runs
        .filter(({ openSource }) => openSource === undefined)
        .map(({ definition, items }) =>
          createPusher({
            run: definition.name,
            items,
            clock,
            random: blows,
            node: () => (life?.over ? undefined : life),
          }),
        )
      strike()
      clock.at(TROUBLE, heal)
      await pass()
      if (wrong !== undefined) throw wrong
      if (life === undefined) throw new Violation('the node never booted')
      checkReplay(disk, life.state)
      checkEnded(life.state, disk.store, workload, forgotten)
      if (!forgetful) for (const pusher of pushers) pusher.check(life.state, disk.store)
      // Now that nothing fails any more, what failed is tried again.
      for (const run of life.state.runs) retry(run.number)
      await pass()
      checkReplay(disk, life.state)
      checkEnded(life.state, disk.store, workload, forgotten)
    },
    blame(error: unknown): Error {
      const story = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return new Error(
        `seed ${seed}, life ${lives}, step ${steps}, instant ${clock.now()}: ${story}\nrepeat it: SEED=${seed} npx vitest run test/sim/world.test.ts`,
      )
    },
    report(): WorldReport {
      const state = life?.state
      return {
        seed,
        steps,
        lives,
        journal,
        attempts: (state?.nextAttempt ?? 1) - 1,
        items: state?.stages.reduce((sum, stage) => sum + stage.known, 0) ?? 0,
      }
    },
  }
}

/** Nothing starts in a run that was stopped or cancelled, or has ended. */
function checkStarts(state: State, decisions: readonly Decision[]): void {
  decisions.forEach((decision, at) => {
    if (decision.kind !== 'start') return
    const task = decision.tasks[0]
    const run = state.runs[state.stages[state.tasks.stage[task]].run]
    const stopsLater = decisions.slice(at).some(later => later.kind === 'giveUp')
    demand(
      run.state === 'active' || stopsLater,
      () => `task ${task} starts, but ${run.definition.name} is ${run.state}`,
    )
  })
}

/** Lets every promise that can go on do so: chains in the driver are shorter than this. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await undefined
}
