import { expect, test } from 'vitest'
import { itemsInWords } from '../../src/api/why/why-run.ts'

test('a key that failed is shown as it is written, to be copied; only line ends are spelt out', () => {
  const firstKeys = ['say "no"', 'C:\\scans\\a.png', 'two\nlines']
  const group = {
    stage: 's',
    kind: 'error' as const,
    message: 'no',
    firstKeys,
    items: 3,
    helps: '',
  }
  expect(itemsInWords(group)).toBe('3 items such as say "no", C:\\scans\\a.png, two\\nlines')
})
