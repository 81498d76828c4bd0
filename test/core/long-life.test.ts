import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import { emptyState } from '../../src/core/initial.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { endReplay, step } from '../../src/core/step.ts'
import type { Link, RunDefinition } from '../../src/model/run.ts'

/**
 * A directory keeps its runs for months. What is at work must not pay for what has ended: counted here
 * in looks at runs, stages and classes, which depend on nothing but the state.
 */
const policies = [
  { strategy: 'on-demand', order: 'fifo' },
  { strategy: 'mct', order: 'fair' },
  { strategy: 'setup-aware', order: 'edd' },
]

describe('a thousand ended runs', () => {
  for (const policy of policies) {
    test(`cost the next one no look, under ${policy.strategy} and ${policy.order}`, () => {
      expect(looksAtNext(aged(1_000, policy), policy)).toBe(looksAtNext(aged(10, policy), policy))
    })
  }

  test('cost a machine that joins or leaves no look', () => {
    const looks = (count: number) => {
      const old = aged(count, policies[0])
      // Who asks first takes off the list what has ended since.
      tell(old, [{ kind: 'resume' }])
      const { state, looks } = counted(old)
      tell(state, [{ kind: 'joined', machine: machine('m1') }])
      tell(state, [{ kind: 'left', machine: 1, reason: 'test' }])
      return looks()
    }
    expect(looks(1_000)).toBe(looks(10))
  })

  test('leave a few kilobytes each behind, whether it goes on or starts again from its snapshot', () => {
    const state = aged(1_000, policies[0])
    expect(bufferBytes(state) / 1_000).toBeLessThan(2_048)
    const text = encodeState(state)
    expect(text.length / 1_000).toBeLessThan(6_144)
    expect(bufferBytes(decodeState(text)) / 1_000).toBeLessThan(2_048)
  })

  test('are not looked at again after a start from the snapshot', () => {
    const looks = (count: number) => {
      const again = decodeState(encodeState(aged(count, policies[1])))
      endReplay(again)
      return looksAtNext(again, policies[1])
    }
    expect(looks(1_000)).toBe(looks(10))
  })
})

type Policy = (typeof policies)[number]

function looksAtNext(state: State, policy: Policy): number {
  const seen = counted(state)
  work(seen.state, policy)
  return seen.looks()
}

function aged(runs: number, policy: Policy): State {
  const state = emptyState()
  tell(state, [
    { kind: 'term', term: 1 },
    { kind: 'joined', machine: machine('m0') },
  ])
  for (let run = 0; run < runs; run += 1) work(state, policy)
  return state
}

const machine = (id: string) => ({
  id,
  speed: 1,
  slots: 2,
  capacity: { cpu: 2, memory: 8 },
  cost: 0,
})

function tell(state: State, events: readonly Event[]) {
  return step(state, state.now + 10, events).actions
}

/** One run from its submission to its end; every slot answers at the next instant. */
function work(state: State, policy: Policy): void {
  let events: Event[] = [{ kind: 'submit', run: definition(`run${state.runs.length}`, policy) }]
  while (events.length > 0) events = tell(state, events).flatMap(action => answer(state, action))
}

function answer(state: State, action: ReturnType<typeof tell>[number]): Event[] {
  const read = { kind: 'read', first: 0, cursor: '', done: true } as const
  switch (action.kind) {
    case 'readSource':
      return [{ ...read, stage: action.stage, count: 6 }]
    case 'gather':
      return [{ ...read, stage: action.stage, count: 1 }]
    case 'finish':
      return [{ kind: 'finished', run: action.run, problem: undefined }]
    case 'run': {
      const { machine, slot, tasks, firstAttempt } = action
      return [
        {
          ...{ kind: 'outcomes', machine, slot, tasks, peakBytes: 0, failures: [] },
          attempts: tasks.map((_, at) => firstAttempt + at),
          indexes: tasks.map(task => state.tasks.first[task]),
          codes: tasks.map(() => 0),
          micros: tasks.map(() => 10),
        },
      ]
    }
    default:
      return []
  }
}

function definition(name: string, policy: Policy): RunDefinition {
  const links: Link[] = [{ kind: 'source' }, { kind: 'item' }, { kind: 'gather' }]
  return {
    name,
    job: 'job',
    stages: links.map((link, at) => ({
      name: `s${at}`,
      after: at - 1,
      link,
      needs: {},
      loads: { name: `model${at}`, memory: 3 },
      chunk: { kind: 'fixed', items: 1 },
      timeout: undefined,
      grace: 1_000,
      retry: { attempts: 1, delay: 0, maxDelay: 0, never: [], on: {} },
    })),
    tolerate: { count: 0, share: 0 },
    objective: 'makespan',
    due: 1_000,
    priority: 0,
    seed: 1,
    ...policy,
  }
}

/** The same state, with every look at a run, a stage or a class counted. */
function counted(state: State): { readonly state: State; readonly looks: () => number } {
  let looks = 0
  const counting = <T>(list: T[]): T[] =>
    new Proxy(list, {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) looks += 1
        return Reflect.get(target, name, receiver)
      },
    })
  const { runs, stages, classes } = state
  return {
    state: {
      ...state,
      runs: counting(runs),
      stages: counting(stages),
      classes: counting(classes),
    },
    looks: () => looks,
  }
}

/** Bytes of all typed arrays that what has ended still holds. */
function bufferBytes(state: State): number {
  const seen = new Set<unknown>()
  const weigh = (value: unknown): number => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return 0
    seen.add(value)
    if (ArrayBuffer.isView(value)) return weigh(value.buffer)
    if (value instanceof ArrayBuffer) return value.byteLength
    const inside = value instanceof Map ? [...value.values()] : Object.values(value)
    return inside.reduce<number>((sum, part) => sum + weigh(part), 0)
  }
  return weigh([state.runs, state.stages, state.classes])
}
