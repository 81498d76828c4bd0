import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { schemaVersion } from '../../src/adapter/sqlite/schema.ts'
import { decodeEntry, encodeEntry } from '../../src/core/codec.ts'
import type { Decision, Event } from '../../src/core/event.ts'
import { emptyState } from '../../src/core/initial.ts'
import { encodeItems } from '../../src/core/items.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { endReplay, replay } from '../../src/core/step.ts'
import { replayed } from './transcript.ts'

/**
 * Journals as earlier versions wrote them, in test/core/golden: entries, a snapshot taken half-way,
 * and what they came to. Whatever the core becomes, it must read them and come to the same. A file is
 * never written again; that of a version without one is made by `GOLDEN=1 npx vitest run
 * test/core/golden.test.ts`, from transcripts that between them hold every kind of event and decision.
 */
const folder = new URL('./golden/', import.meta.url)

type Golden = {
  readonly rule: string
  readonly entries: readonly string[]
  readonly snapshot: { readonly after: number; readonly body: string }
  readonly comesTo: unknown
}

const present = new URL(`version-${schemaVersion}.json`, folder)
if (process.env.GOLDEN !== undefined && !existsSync(present))
  writeFileSync(present, `${JSON.stringify(chosen(), null, 1)}\n`)

for (const file of readdirSync(folder).sort()) {
  const journals = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden[]
  describe(`journals of ${file.replace('.json', '')}`, () => {
    test.each(journals)('$rule', ({ entries, snapshot, comesTo }) => {
      expect(outcomeOf(restored(emptyState(), entries))).toEqual(comesTo)
      const rest = entries.slice(snapshot.after)
      expect(outcomeOf(restored(decodeState(snapshot.body), rest))).toEqual(comesTo)
    })
  })
}

test('the present version has golden journals, of every kind of event and decision', () => {
  const journals = JSON.parse(readFileSync(present, 'utf8')) as Golden[]
  const found = new Set(journals.flatMap(({ entries }) => entries.flatMap(kindsOf)))
  expect([...found].sort()).toEqual([...Object.keys(events), ...Object.keys(decisions)].sort())
})

test('an entry that is written and read is what it was, every field of every kind', () => {
  const journals = JSON.parse(readFileSync(present, 'utf8')) as Golden[]
  const columns = { first: 3, count: 4, sizes: [1, 2, 3, 9], cursor: 'a "b"\n', done: true }
  const kept = [{ stage: 1, positions: [0], codes: [0] }]
  for (const { now, events, decisions } of journals.flatMap(({ entries }) =>
    entries.map(decodeEntry),
  )) {
    const more = [
      ...events,
      ...events.map(event => (event.kind === 'read' ? { ...event, ...columns } : event)),
      ...events.map(event => (event.kind === 'outcomes' ? { ...event, kept } : event)),
      ...events.map(event =>
        event.kind === 'outcomes' ? { ...event, saved: true as const } : event,
      ),
    ]
    expect(decodeEntry(encodeEntry(now, more, decisions))).toEqual({ now, events: more, decisions })
  }
})

function restored(state: State, entries: readonly string[]): State {
  for (const entry of entries) {
    const { now, events, decisions } = decodeEntry(entry)
    replay(state, now, events, decisions)
  }
  endReplay(state)
  return state
}

/** What must not change, in words that do not follow the shape of the state. */
function outcomeOf(state: State): unknown {
  return JSON.parse(
    JSON.stringify({
      term: state.term,
      nextAttempt: state.nextAttempt,
      runs: state.runs.map(run => ({
        name: run.definition.name,
        state: run.state,
        attempts: run.attempts,
        retries: run.retries,
        problem: run.problem?.message,
        stages: run.stages.map(number => {
          const { definition, known, complete, items, pool, openTasks } = state.stages[number]
          const { name } = definition
          return { name, known, complete, items: encodeItems(items, known), pool, openTasks }
        }),
      })),
      machines: state.machines.map(({ definition, alive, free, running, queued, slots }) => ({
        id: definition.id,
        alive,
        free: Array.from(free.slice(0, state.resources.length)),
        running,
        queued,
        slots: slots.map(({ loaded, stopping, dying }) => [loaded, [...stopping.keys()], dying]),
      })),
    }),
  )
}

/** Transcripts, each of which holds a kind that those before it do not. */
function chosen(): Golden[] {
  const held = new Set<string>()
  const folder = new URL('./transcripts/', import.meta.url)
  const rules = readdirSync(folder)
    .sort()
    .flatMap(file => readFileSync(new URL(file, folder), 'utf8').split(/^## /m).slice(1))
  return rules.flatMap(rule => {
    let entries: readonly string[] = []
    replayed(rule, (state, journal) => {
      entries = journal
      return state
    })
    const kinds = entries.flatMap(kindsOf)
    if (rule.length > 1_500 || kinds.every(kind => held.has(kind))) return []
    for (const kind of kinds) held.add(kind)
    const after = Math.ceil(entries.length / 2)
    return {
      rule: rule.slice(0, rule.indexOf('\n')),
      entries,
      snapshot: { after, body: encodeState(restored(emptyState(), entries.slice(0, after))) },
      comesTo: outcomeOf(restored(emptyState(), entries)),
    }
  })
}

function kindsOf(entry: string): string[] {
  const { events, decisions } = decodeEntry(entry)
  return [
    ...events.map(({ kind }) => `event ${kind}`),
    ...decisions.map(({ kind }) => `decision ${kind}`),
  ]
}

const events: Record<`event ${Event['kind']}`, true> = {
  'event term': true,
  'event joined': true,
  'event left': true,
  'event submit': true,
  'event read': true,
  'event outcomes': true,
  'event loaded': true,
  'event slotEnded': true,
  'event givenBack': true,
  'event stageBroken': true,
  'event pressure': true,
  'event cancel': true,
  'event drain': true,
  'event resume': true,
  'event pause': true,
  'event goOn': true,
  'event redefine': true,
  'event retryFailed': true,
  'event finished': true,
  'event plan': true,
  'event learnt': true,
  'event hindsight': true,
  'event foretold': true,
  'event forget': true,
}

const decisions: Record<`decision ${Decision['kind']}`, true> = {
  'decision cut': true,
  'decision assign': true,
  'decision start': true,
  'decision retry': true,
  'decision fail': true,
  'decision stop': true,
  'decision unload': true,
  'decision takeBack': true,
  'decision reading': true,
  'decision gathering': true,
  'decision grow': true,
  'decision skip': true,
  'decision giveUp': true,
  'decision finish': true,
}
