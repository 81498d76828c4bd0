import type { Decision, Event } from '../core/event.ts'
import { Violation } from '../std/assert.ts'
import { type Prng, prng } from '../std/prng.ts'
import { SECOND } from '../std/time.ts'
import { type Blow, drawBlow } from './blow.ts'
import { checkBooks, checkStarts } from './checker.ts'
import { type SimClock, simClock } from './clock.ts'
import { nameOfItem } from './continued.ts'
import { createDisk, type Disk } from './disk.ts'
import { drawFaults, type Faults, noFaults } from './fault.ts'
import { beginLife, type Continuing, type Life } from './node.ts'
import { checkEnded, checkPayloads, checkReplay } from './oracle.ts'
import { createUsers } from './users.ts'
import { drawWorkload, withSuccessors, type Workload } from './workload.ts'

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
  const clock: SimClock = simClock()
  const away = new Set<string>()
  const journal: string[] = []
  let faults: Faults = drawFaults(prng(seed, 13))
  let disk: Disk = createDisk()
  let life: Life | undefined
  let lives = 0
  let steps = 0
  /** Items that were ever begun, by name. */
  const begun = new Set<string>()
  /** The disk has lost what it had acknowledged. */
  let forgetful = false
  let wrong: unknown

  const alive = (): Life | undefined => (life?.over ? undefined : life)
  const users = createUsers({
    seed,
    workload,
    continuing,
    clock,
    random: blows,
    store: () => disk.store,
    node: alive,
    begun,
    isForgetful: () => forgetful,
  })

  const boot = (): void => {
    life = beginLife({
      clock,
      disk,
      workload,
      random,
      faults: () => faults,
      heard: body => journal.push(body),
      mayRepeat: users.hasRetried,
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
    users.submitAgain()
    if (faults === noFaults) goOn()
  }

  const check = (
    { state, loop }: Life,
    events: readonly Event[],
    decisions: readonly Decision[],
  ): void => {
    steps += 1
    if (steps > 100_000) throw new Violation('it does not come to an end')
    checkBooks(state)
    checkStarts(state, decisions)
    users.hear(events, state)
    if (steps % 60 !== 0) return
    checkReplay(disk, state)
    checkPayloads(state, loop.payloads)
  }

  const goOn = (): void => {
    for (const run of life?.state.runs ?? []) send({ kind: 'goOn', run: run.number })
  }

  /** The node dies, and a while later a new one boots from what the disk has kept. */
  const crash = (torn: number): void => {
    if (life === undefined || life.over) return
    life.over = true
    users.lost()
    // What was removed is gone for good, whatever the journal loses.
    if (users.removed.size > 0) torn = 0
    if (torn > 0) forgetful = true
    life.loop.stop()
    void life.executor.close(0)
    disk = disk.crash()
    if (torn > 0) disk.tearTail(Math.min(torn, [...disk.journal.load().entries].length))
    clock.at(clock.now() + 1 + blows.int(SECOND), boot)
  }

  const send = (event: Event): void => alive()?.loop.send(event)

  const strike = (): void => {
    if (life !== undefined && !life.over) suffer(drawBlow(blows, life.state))
    const next = clock.now() + Math.ceil(blows.exponential(faults.betweenBlows))
    if (next < TROUBLE) clock.at(next, strike)
  }

  const suffer = (blow: Blow | undefined): void => {
    if (blow?.kind === 'crash') crash(blow.torn)
    else if (blow?.kind === 'lose') lose(blow.machine)
    else if (blow?.kind === 'event' && blow.event.kind === 'retryFailed')
      users.retry(blow.event.run)
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
      users.begin()
      strike()
      clock.at(TROUBLE, heal)
      await pass()
      if (wrong !== undefined) throw wrong
      if (life === undefined) throw new Violation('the node never booted')
      checkReplay(disk, life.state)
      checkEnded(life.state, disk.store, workload, users.removed)
      users.check(life.state)
      // Now that nothing fails any more, what failed is tried again.
      for (const run of life.state.runs) users.retry(run.number)
      await pass()
      checkReplay(disk, life.state)
      checkEnded(life.state, disk.store, workload, users.removed)
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

/** Lets every promise that can go on do so: chains in the driver are shorter than this. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await undefined
}
