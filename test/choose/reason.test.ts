import { expect, test } from 'vitest'
import { reasonFor } from '../../src/choose/reason.ts'

const tried = (name: string, value: number) => ({ name, value, makespan: value })

test.each([
  [
    'the runners-up and how far they are behind',
    'heft',
    [tried('mct', 6), tried('heft', 4), tried('lpt', 4), tried('met', 8)],
    {},
    'heft has the least makespan of 4 tried, as has lpt; next mct 50 % worse, met 100 % worse',
  ],
  [
    'that nothing can be better, where that ended the search at the first',
    'mct',
    [tried('mct', 4)],
    { settled: true },
    'mct has the least makespan there is; no other was tried',
  ],
  [
    'that time ran out before a second',
    'mct',
    [tried('mct', 4)],
    {},
    'mct was tried first; there was no time for another',
  ],
  [
    'what going through all schedules found, which is no trial',
    'exhaustion',
    [tried('mct', 6)],
    {},
    'exhaustion has the least makespan there is; next mct 50 % worse',
  ],
])('a choice says %s', (_, name, all, about, said) => {
  const winner = all.find(one => one.name === name) ?? tried(name, 4)
  expect(reasonFor(winner, all, 'makespan', about)).toBe(said)
})
