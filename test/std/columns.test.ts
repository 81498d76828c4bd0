import { expect, test } from 'vitest'
import { columnsOf, cutInMiddle, firstColumns, inOneLine } from '../../src/std/columns.ts'

test.each([
  ['plain', 5],
  ['任务', 4],
  ['プラン', 6],
  ['계획', 4],
  ['😀', 2],
  ['e\u0301', 1],
  ['ａ', 2],
  ['µs é ä', 6],
  ['…█▓·', 4],
])('%s takes %d columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns)
})

test.each([
  ['short', 8, 'short'],
  ['scan-000017.png', 9, 'scan….png'],
  ['任务分配执行机制', 9, '任务…机制'],
  ['任务分配执行机制', 8, '任务…制'],
  ['aaae\u0301bbb', 5, 'aa…bb'],
])('%s in %d columns is %s', (text, columns, cut) => {
  const shown = cutInMiddle(text, columns).join('')
  expect(shown).toBe(cut)
  expect(columnsOf(shown)).toBeLessThanOrEqual(columns)
})

test('a letter keeps the marks over it', () => {
  expect(firstColumns('ae\u0301i', 2)).toEqual(['a', 'e\u0301'])
})

test('nothing in a name steers a terminal, breaks a line or turns its direction', () => {
  expect(inOneLine('a\u001b[2Jb\nc\u202ed\u2028e')).toBe('a?[2Jb?cd?e')
})
