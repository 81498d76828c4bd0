import { describe, expect, test } from 'vitest'
import { emptyState } from '../../src/core/initial.ts'
import { limits } from '../../src/core/limits.ts'
import { step } from '../../src/core/step.ts'
import { itemFor, payloadsOf, retain, stow, unstow } from '../../src/driver/payloads.ts'
import { release } from '../../src/driver/release.ts'
import type { SourceItem } from '../../src/port/source.ts'
import { createDisk } from '../../src/sim/disk.ts'
import { runOf, stageOf } from '../fixtures/run-definition.ts'
import { live } from '../policy/live.ts'

const MEBIBYTE = 2 ** 20
const COUNT = 40
/** One text for all of them: together they would not fit what may wait, and take a mebibyte. */
const text = JSON.stringify('x'.repeat(MEBIBYTE))
const items = Array.from(
  { length: COUNT },
  (_, index): SourceItem => ({ key: `k${index}`, payload: text, version: '', size: 1 }),
)

/** Of each pushed item `a` makes something, which those `after` it take. */
function pushed(...after: readonly string[]) {
  const state = emptyState()
  const run = runOf([
    stageOf({ link: { kind: 'source', pushed: true }, grace: 1 }),
    ...after.map(name => stageOf({ name, after: 0, link: { kind: 'item' }, grace: 1 })),
  ])
  step(state, 0, [
    { kind: 'submit', run },
    { kind: 'read', stage: 0, first: 0, count: COUNT, cursor: '', done: true },
  ])
  const { store } = createDisk()
  const spooled = (_: string, first: number, count: number) => items.slice(first, first + count)
  const payloads = payloadsOf(
    () => {
      throw new Error('pushed items have no source')
    },
    { spooled },
  )
  const [a] = state.stages
  const held = (hold: { readonly items: ReadonlyMap<number, unknown> } | undefined) =>
    (hold?.items.size ?? 0) * MEBIBYTE
  return { state, store, payloads, a, held }
}

describe('what waits in memory is bounded', () => {
  test('pushed items: those beyond come from the spool, and what has ended makes room', () => {
    const { state, store, payloads, a, held } = pushed()
    stow(payloads, 0, 0, items)
    unstow(payloads, 0, 0, COUNT)
    expect(held(payloads.cargo.get(0))).toBeLessThanOrEqual(limits.pushedBytes)
    expect(held(payloads.cargo.get(0))).toBeGreaterThan(limits.pushedBytes / 2)
    for (let index = 0; index < COUNT; index += 1) {
      const item = itemFor(state, payloads, store, a, index)
      expect(item).toEqual({ index, key: `k${index}`, payload: text })
      release(state, payloads, a, index)
    }
    expect(held(payloads.cargo.get(0))).toBe(0)
    stow(payloads, 0, 0, items)
    unstow(payloads, 0, 0, COUNT)
    expect(held(payloads.cargo.get(0))).toBeLessThanOrEqual(limits.pushedBytes)
    expect(held(payloads.cargo.get(0))).toBeGreaterThan(limits.pushedBytes / 2)
  })

  test('results that the next stage has still to take: the store has those beyond', () => {
    const { state, payloads, a, held } = pushed('b')
    for (let index = 0; index < COUNT; index += 1) retain(state, payloads, a, index, text)
    expect(held(payloads.results.get(0))).toBeLessThanOrEqual(limits.heldCharacters)
    expect(held(payloads.results.get(0))).toBeGreaterThan(limits.heldCharacters / 2)
  })
})

test('a task may take what it asked for beside the models that its slot holds of others', async () => {
  const small = { name: 'small', items: 1, seconds: 1, memory: 40e6 }
  const large = { name: 'large', items: 1, seconds: 1, memory: 300e6, loads: 1, model: 300e6 }
  const alone = await live([small], [{}])
  const beside = await live([large, small], [{}])
  expect(beside.starts).toEqual(['large', 'small'])
  expect(beside.mayTake[1]! - alone.mayTake[0]!).toBeGreaterThanOrEqual(300e6)
})
