import { expect, test } from 'vitest'
import { pendingItems } from '../../../src/adapter/executor/pending.ts'
import { slotOutput } from '../../../src/adapter/executor/slot-output.ts'
import type { ExecutorEvent } from '../../../src/port/executor.ts'
import { code, order } from './harness.ts'

const stage = { id: 3, code: code('answers.mjs') }

function opened() {
  const pending = pendingItems()
  const heard: [index: number, text: string][] = []
  const output = slotOutput(pending, (event: ExecutorEvent) => {
    if (event.kind === 'log') heard.push([event.index, event.text])
  })
  return { pending, output, heard }
}

test('text is of the item that is named, else of the one that runs, else of the last', () => {
  const { pending, output, heard } = opened()
  output.unnamed('stderr', Buffer.from('before anything ran'))
  pending.add(stage, [order(7, 1), order(8, 1)])
  output.named(1, 'log', 'named')
  output.unnamed('stdout', Buffer.from('runs'))
  for (const seq of [0, 1]) output.answered(pending.take(seq)!)
  output.unnamed('stderr', Buffer.from('was last'))
  expect(heard).toEqual([
    [8, 'named'],
    [7, 'runs'],
    [8, 'was last'],
  ])
})

test('an item that floods the pipes is cut once, with a note', () => {
  const { pending, output, heard } = opened()
  pending.add(stage, [order(7, 1)])
  for (let i = 0; i < 10; i += 1) output.unnamed('stdout', Buffer.alloc(30_000, 'é'))
  const text = heard.map(([, piece]) => piece).join('')
  expect(text.length).toBeLessThan(70_000)
  expect(text.match(/truncated/g)).toHaveLength(1)
})

test('a character cut between two pieces stays whole, and one cut by the limit is nobody else’s', () => {
  const { pending, output, heard } = opened()
  pending.add(stage, [order(7, 1), order(8, 1)])
  const euro = Buffer.from('€')
  output.unnamed('stdout', euro.subarray(0, 1))
  output.unnamed('stdout', euro.subarray(1))
  output.unnamed('stdout', Buffer.concat([Buffer.from('a'), Buffer.alloc(999_999, '€')]))
  output.answered(pending.take(0)!)
  output.unnamed('stdout', Buffer.from('next'))
  expect(heard.map(([index, text]) => [index, text.slice(0, 3)])).toEqual([
    [7, '€'],
    [7, 'a€€'],
    [8, 'nex'],
  ])
})

test('an item is answered once; what is answered again, or was never sent, is nobody', () => {
  const { pending } = opened()
  pending.add(stage, [order(7, 1), order(8, 1)])
  expect(pending.take(1)?.task).toBe(8)
  expect(pending.take(1)).toBeUndefined()
  expect(pending.take(99)).toBeUndefined()
  expect(pending.count()).toBe(1)
  expect(pending.first()?.task).toBe(7)
})
