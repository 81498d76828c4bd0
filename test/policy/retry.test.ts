import { describe, expect, test } from 'vitest'
import type { FailureKind } from '../../src/model/failure.ts'
import type { RetrySpec } from '../../src/model/job.ts'
import { decideRetry } from '../../src/policy/retry/backoff.ts'
import { SECOND } from '../../src/std/time.ts'

const rule: RetrySpec = { attempts: 5, delay: SECOND, maxDelay: 6 * SECOND, never: [], on: {} }

const decide = (
  failure: { kind: FailureKind; code?: string },
  tries: number,
  chance = 0.5,
  changed: Partial<RetrySpec> = {},
) =>
  decideRetry(
    { ...rule, ...changed },
    { failure: { message: '', ...failure }, tries, memoryScale: 1 },
    chance,
  )

describe('exponential backoff with full jitter', () => {
  test.each([
    // tries, chance, delay in seconds
    [1, 0, 0],
    [1, 0.5, 0.5],
    [2, 0.5, 1],
    [3, 0.5, 2],
    [4, 0.5, 3],
  ])('after %i tries, chance %f: %f s', (tries, chance, seconds) => {
    expect(decide({ kind: 'error' }, tries, chance)?.delay).toBe(seconds * SECOND)
  })

  test('never beyond the longest delay, however many tries', () => {
    expect(decide({ kind: 'error' }, 400, 0.999, { attempts: 1_000 })?.delay).toBeLessThan(
      6 * SECOND,
    )
  })
})

describe('who is tried again', () => {
  test('nobody beyond the number of attempts, the first included', () => {
    expect(decide({ kind: 'error' }, 4)).toBeDefined()
    expect(decide({ kind: 'error' }, 5)).toBeUndefined()
  })

  test('not what cannot get better: bad input, a cancelled run', () => {
    expect(decide({ kind: 'bad-input' }, 1)).toBeUndefined()
    expect(decide({ kind: 'cancelled' }, 1)).toBeUndefined()
  })

  test('not what the job names, by kind or by code', () => {
    const never = { never: ['bad-result', 'ENOENT'] }
    expect(decide({ kind: 'bad-result' }, 1, 0.5, never)).toBeUndefined()
    expect(decide({ kind: 'error', code: 'ENOENT' }, 1, 0.5, never)).toBeUndefined()
    expect(decide({ kind: 'error', code: 'EIO' }, 1, 0.5, never)).toBeDefined()
    expect(decide({ kind: 'timeout' }, 1, 0.5, never)).toBeDefined()
  })
})

describe('with how much memory', () => {
  const on = { on: { 'out-of-memory': { memory: 2 }, TooBig: { memory: 4 } } }
  test('as the job says for the kind or code, on top of what it has grown to', () => {
    expect(decide({ kind: 'out-of-memory' }, 1, 0.5, on)?.memoryScale).toBe(2)
    expect(decide({ kind: 'error', code: 'TooBig' }, 1, 0.5, on)?.memoryScale).toBe(4)
    expect(decide({ kind: 'error' }, 1, 0.5, on)?.memoryScale).toBe(1)
    const failure = { kind: 'out-of-memory', message: '' } as const
    expect(
      decideRetry({ ...rule, ...on }, { failure, tries: 2, memoryScale: 2 }, 0)?.memoryScale,
    ).toBe(4)
  })
})
