import { describe, expect, it } from 'vitest'
import { findCycle, successorsOf, topologicalOrder } from '../../src/model/precedence.ts'
import type { Precedence } from '../../src/model/problem.ts'

/** Edges as `from>to`, over tasks 0..tasks-1. */
function edgesOf(tasks: number, text: string): Precedence {
  const pairs = text
    .split(' ')
    .filter(Boolean)
    .map(pair => pair.split('>').map(Number))
  const firstEdge = new Int32Array(tasks + 1)
  const from: number[] = []
  for (let task = 0; task < tasks; task += 1) {
    for (const [before, after] of pairs) if (after === task) from.push(before)
    firstEdge[task + 1] = from.length
  }
  const count = from.length
  return {
    firstEdge,
    from: Int32Array.from(from),
    bytes: new Float64Array(count),
    time: new Float64Array(count),
  }
}

describe('precedence', () => {
  it('turns around without losing an edge', () => {
    const { firstEdge, to, edge } = successorsOf(edgesOf(4, '0>1 0>2 1>3 2>3 0>3'))
    expect([...firstEdge]).toEqual([0, 3, 4, 5, 5])
    expect([...to]).toEqual([1, 2, 3, 3, 3])
    expect([...edge]).toEqual([0, 1, 4, 2, 3])
  })

  it('orders tasks after their predecessors', () => {
    expect([...topologicalOrder(edgesOf(4, '3>0 0>1 3>2'))]).toEqual([3, 0, 2, 1])
  })

  it.each([
    ['0>1 1>2', undefined],
    ['1>1', [1]],
    ['0>1 1>0', [0, 1]],
    ['3>0 0>2 2>1 1>0', [0, 2, 1]],
    ['0>3 1>2 2>1 2>3', [1, 2]],
  ])('finds the cycle in %s, along its edges', (text, cycle) => {
    expect(findCycle(edgesOf(4, text))).toEqual(cycle)
  })
})
