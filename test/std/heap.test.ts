import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heap } from '../../src/std/heap.ts'

const byNumber = (a: number, b: number) => a - b

describe('heap', () => {
  it('pops in order, whatever was pushed and popped between', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(fc.option(fc.integer())), (first, moves) => {
        const queue = heap(byNumber, first)
        const model = [...first].sort(byNumber)
        for (const move of moves) {
          if (move === null) {
            expect(queue.pop()).toBe(model.shift())
          } else {
            queue.push(move)
            model.push(move)
            model.sort(byNumber)
          }
          expect(queue.peek()).toBe(model[0])
          expect(queue.size()).toBe(model.length)
        }
        expect([...queue.values()].sort(byNumber)).toEqual(model)
      }),
    )
  })

  it('is empty after clear', () => {
    const queue = heap(byNumber, [3, 1])
    queue.clear()
    expect([queue.size(), queue.peek(), queue.pop()]).toEqual([0, undefined, undefined])
  })
})
