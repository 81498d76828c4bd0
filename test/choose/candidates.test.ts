import { expect, test } from 'vitest'
import { onlineCandidates } from '../../src/choose/candidates.ts'
import { article } from './problems.ts'

const ordersTried = (due: number, only?: string) => {
  const plain = article()
  const problem = { ...plain, tasks: plain.tasks.map(task => ({ ...task, due })) }
  return new Set(onlineCandidates(problem, 'makespan', only).map(({ order }) => order))
}

test('orders by due date are tried where something is due, and nowhere else', () => {
  expect([...ordersTried(Infinity)]).not.toContain('edd')
  expect([...ordersTried(9)]).toContain('edd')
})

test('an order that was asked for is the only one', () => {
  expect([...ordersTried(9, 'spt')]).toEqual(['spt'])
})

test('a rule made for the objective is tried before the others', () => {
  const [first] = onlineCandidates(article(), 'cost')
  expect(first.strategy).toBe('cheapest')
})

test('those that serve anything come in the likeliest order before they come in others', () => {
  const names = onlineCandidates(article(), 'mean-flow-time').map(({ name }) => name)
  expect(names.slice(0, 3)).toEqual([
    'on-demand in spt order',
    'mct in spt order',
    'on-demand in wspt order',
  ])
  expect(new Set(names).size).toBe(names.length)
})
