import { describe, expect, test } from 'vitest'
import type { Action, Event } from '../../src/core/event.ts'
import { DONE, stateOf } from '../../src/core/items.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { emptyState } from '../../src/core/initial.ts'
import { endReplay, step } from '../../src/core/step.ts'
import type { RunDefinition } from '../../src/model/run.ts'
import { checkBooks } from '../../src/sim/checker.ts'

/**
 * A world so small that everything that can happen to it can be tried: two machines, three items.
 * From each state every possible next event is taken, to a depth; then the world is left in peace and
 * must finish. States seen before are not entered again.
 */
const SECOND = 1_000_000
const machine = (id: string) => ({ id, speed: 1, slots: 1, capacity: { cpu: 1 }, cost: 0 })

const run = (strategy: string, linked: boolean): RunDefinition => ({
  name: 'J',
  job: 'J',
  tolerate: { count: 9, share: 0 },
  objective: 'makespan',
  due: undefined,
  priority: 0,
  strategy,
  order: 'fifo',
  seed: 1,
  stages: [
    stage('a', -1, { kind: 'source' }),
    ...(linked ? [stage('b', 0, { kind: 'item' } as const)] : []),
  ],
})

function stage(
  name: string,
  after: number,
  link: RunDefinition['stages'][number]['link'],
): RunDefinition['stages'][number] {
  return {
    name,
    after,
    link,
    needs: { cpu: 1 },
    loads: undefined,
    chunk: { kind: 'fixed', items: 1 },
    timeout: 5 * SECOND,
    grace: SECOND,
    retry: { attempts: 2, delay: 0, maxDelay: 0, never: [], on: {} },
  }
}

type World = {
  readonly text: string
  readonly sent: readonly Sent[]
  readonly story: readonly string[]
}
/** An attempt a slot has been given and has not answered; `killed`: instead, the end of the slot it owes. */
type Sent = {
  readonly machine: number
  readonly task: number
  readonly attempt: number
  readonly index: number
  readonly killed: boolean
}
type Move = {
  readonly name: string
  readonly events: readonly Event[]
  readonly after: number
  readonly gone: (sent: Sent) => boolean
}

/** All processor time (about 10 s each), so a busy machine takes several times as long. */
const PATIENCE = 240_000

describe('whatever order things happen in, the books add up and every item ends', () => {
  for (const [strategy, linked, depth] of [
    ['on-demand', false, 5],
    ['round-robin', false, 4],
    ['mct', true, 4],
  ] as const) {
    test(
      `${strategy}, ${linked ? 'two stages' : 'one stage'}, ${depth} events deep`,
      () => {
        const seen = new Set<string>()
        let frontier = [begin(strategy, linked)]
        for (let level = 0; level < depth; level += 1) {
          const next: World[] = []
          for (const world of frontier) {
            for (const move of movesOf(world)) {
              const reached = take(world, move)
              const identity =
                withoutCounters(reached.text) +
                JSON.stringify(
                  reached.sent.map(({ machine, index, killed }) => [machine, index, killed]),
                )
              if (seen.has(identity)) continue
              seen.add(identity)
              finishInPeace(reached)
              next.push(reached)
            }
          }
          frontier = next
        }
        expect(seen.size).toBeGreaterThan(200)
      },
      PATIENCE,
    )
  }
})

function begin(strategy: string, linked: boolean): World {
  const state = emptyState()
  const events: Event[] = [
    { kind: 'joined', machine: machine('m0') },
    { kind: 'joined', machine: machine('m1') },
    { kind: 'submit', run: run(strategy, linked) },
  ]
  step(state, 0, events)
  const { actions } = step(state, 0, [
    { kind: 'read', stage: 0, first: 0, count: 3, cursor: '', done: true },
  ])
  return { text: encodeState(state), sent: sentBy(state, actions, []), story: [] }
}

/** 0: done, 1: failed. */
const answerTo = ({ machine, task, attempt, index }: Sent, code: number): Event => ({
  kind: 'outcomes',
  machine,
  slot: 0,
  tasks: [task],
  attempts: [attempt],
  indexes: [index],
  codes: [code],
  micros: [10],
  peakBytes: 0,
  failures: code === 1 ? [{ kind: 'error', message: 'failed' }] : [],
})

/** Everything that can happen next. */
function movesOf(world: World): Move[] {
  const state = restored(world)
  const moves: Move[] = [{ name: 'time passes', events: [], after: 6 * SECOND, gone: () => false }]
  for (const sent of world.sent) {
    const { attempt } = sent
    if (sent.killed) continue
    const answer = (code: number): Event => answerTo(sent, code)
    const mine = (other: Sent): boolean => other.attempt === attempt
    moves.push({ name: `${attempt} done`, events: [answer(0)], after: SECOND, gone: mine })
    moves.push({ name: `${attempt} failed`, events: [answer(1)], after: SECOND, gone: mine })
    moves.push({
      name: `${attempt} done, said twice`,
      events: [answer(0), answer(0)],
      after: SECOND,
      gone: mine,
    })
  }
  state.machines.forEach(({ alive, definition }, number) => {
    const here = (sent: Sent): boolean => sent.machine === number
    if (!alive) {
      moves.push({
        name: `${definition.id} joins`,
        events: [{ kind: 'joined', machine: definition }],
        after: SECOND,
        gone: () => false,
      })
      return
    }
    moves.push({
      name: `${definition.id} is lost`,
      events: [{ kind: 'left', machine: number, reason: 'lost' }],
      after: SECOND,
      gone: here,
    })
    moves.push({
      name: `a slot of ${definition.id} dies`,
      events: [slotGone(number)],
      after: SECOND,
      gone: here,
    })
  })
  return moves
}

function take(world: World, move: Move): World {
  const state = restored(world)
  const story = [...world.story, move.name]
  const { actions } = told(story, () => step(state, state.now + move.after, move.events))
  told(story, () => checkBooks(state))
  const sent = sentBy(
    state,
    actions,
    world.sent.filter(known => !move.gone(known)),
  )
  return { text: encodeState(state), sent, story }
}

function slotGone(machine: number): Event {
  return { kind: 'slotEnded', machine, slot: 0, failure: { kind: 'crash', message: 'died' } }
}

/** From here on machines are there and slots answer. */
function finishInPeace(world: World): void {
  const state = restored(world)
  let { sent } = world
  told(world.story, () => {
    for (let turn = 0; turn < 60 && state.runs[0].state !== 'finishing'; turn += 1) {
      const events: Event[] = state.machines
        .filter(({ alive }) => !alive)
        .map(({ definition }) => ({ kind: 'joined', machine: definition }))
      for (const one of sent) events.push(one.killed ? slotGone(one.machine) : answerTo(one, 0))
      const { actions } = step(state, state.now + SECOND, events)
      checkBooks(state)
      sent = sentBy(state, actions, [])
    }
    expect(state.runs[0].state).toBe('finishing')
    for (const { known, items } of state.stages) {
      for (let index = 0; index < known; index += 1)
        expect(stateOf(items, index)).toBeGreaterThanOrEqual(DONE)
    }
  })
}

/** What the slots hold after the actions: what they were told to run, without what was killed. */
function sentBy(state: State, actions: readonly Action[], before: readonly Sent[]): Sent[] {
  let sent = [...before]
  for (const action of actions) {
    if (action.kind === 'run') {
      action.tasks.forEach((task, at) => {
        sent.push({
          machine: action.machine,
          task,
          attempt: action.firstAttempt + at,
          index: state.tasks.first[task],
          killed: false,
        })
      })
    } else if (action.kind === 'kill') {
      sent = sent.filter(({ machine }) => machine !== action.machine)
      sent.push({ machine: action.machine, task: -1, attempt: 0, index: -1, killed: true })
    }
  }
  return sent
}

function restored(world: World): State {
  const state = decodeState(world.text)
  endReplay(state)
  return state
}

/** Two states that differ only in how much has been counted behave alike. */
function withoutCounters(text: string): string {
  const state = JSON.parse(text)
  const slim = (machine: Record<string, unknown>) => ({
    alive: machine.alive,
    slots: machine.slots,
    queued: machine.queued,
  })
  const { state: states, first, tries, losses, machine } = state.tasks
  return JSON.stringify([
    state.machines.map(slim),
    states,
    first,
    tries,
    losses,
    machine,
    state.stages.map(({ items, pool, openTasks }: Record<string, unknown>) => [
      items,
      pool,
      openTasks,
    ]),
  ])
    .replace(/"(headSince|freeAt|work|watchedAt)":[\d.]+/g, '')
    .replace(/\[\d+,\[/g, '[[')
}

function told<T>(story: readonly string[], act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new Error(`after: ${story.join(', ')}: ${error instanceof Error ? error.stack : error}`)
  }
}
