import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/input/nearest.ts'

test('two letters that changed places are one slip, nearer than two letters that differ', () => {
  expect(nearest('lsat', ['list', 'last'])).toBe('last')
})

test('names equally near are all offered, at most three', () => {
  expect(didYouMean('mat', ['met', 'mct', 'heft'])).toBe('; did you mean "met" or "mct"?')
  expect(didYouMean('mat', ['met', 'mct', 'mit', 'mot'])).not.toContain('mot')
})

test('a name is offered for one that shares some of its letters, case aside, and for no other', () => {
  expect(nearest('HEFTT', ['heft'])).toBe('heft')
  expect(didYouMean('xyz', ['heft', 'ab'])).toBe('')
})

test('a part of a name is offered the whole one, where no other is near', () => {
  const known = ['local-search', 'least-loaded', 'power-of-two', 'heft', 'mct']
  expect(didYouMean('search', known)).toBe('; did you mean "local-search"?')
  expect(didYouMean('power', known)).toBe('; did you mean "power-of-two"?')
  expect(didYouMean('of', known)).toBe('')
})

test('a plural is near its singular', () => {
  expect(nearest('retries', ['name', 'returns', 'retry'])).toBe('retry')
})
