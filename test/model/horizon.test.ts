import { describe, expect, it } from 'vitest'
import { serialHorizon, tickOf } from '../../src/model/horizon.ts'
import { problem } from '../policy/planning/problems.ts'

describe('the serial horizon', () => {
  it('is the last release, every slowest run and every slowest transfer', () => {
    const on = problem({
      machines: [{ id: 'm0' }, { id: 'm1', speed: 2 }],
      network: { bandwidth: 10, latency: 1 },
      tasks: [
        { id: 'a', work: 6 },
        { id: 'b', times: [null, 5], release: 7, after: [{ task: 'a', bytes: 20 }] },
        { id: 'c', work: 1, after: [{ task: 'a', time: 2 }] },
      ],
    })
    expect(serialHorizon(on)).toBe(7 + 6 + 5 + 1 + (1 + 2) + 2)
  })

  it.each([
    [0, 1e-15],
    [1e-7, 1e-15],
    [900, 1e-9],
    [1_000_000, 1e-6],
    [9_000_000_000, 1e-6],
    [10_000_000_000, 1e-5],
    [9e15, 1],
    [9.1e15, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('of %d has ticks of %d', (horizon, tick) => {
    expect(tickOf(horizon)).toBe(tick)
  })
})
