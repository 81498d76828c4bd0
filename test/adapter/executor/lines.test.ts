import { expect, test } from 'vitest'
import { lineCutter } from '../../../src/adapter/executor/lines.ts'

function cut(chunks: readonly (string | Uint8Array)[], most = 1_000) {
  const lines: string[] = []
  let tooLong = 0
  const take = lineCutter({
    onLine: line => lines.push(line),
    maxLine: () => most,
    onTooLong: () => {
      tooLong += 1
    },
  })
  for (const chunk of chunks) take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return { lines, tooLong }
}

test('lines are the same wherever the stream is cut, also within a character', () => {
  const bytes = Buffer.from('one\ntwö\n\nthree\n')
  for (let at = 0; at <= bytes.length; at += 1)
    expect(cut([bytes.subarray(0, at), bytes.subarray(at)]).lines).toEqual([
      'one',
      'twö',
      '',
      'three',
    ])
})

test('a line longer than the limit is told once, and nothing after it is heard', () => {
  expect(cut(['ok\n', 'x'.repeat(8), 'x'.repeat(8), 'x'.repeat(8), '\nlate\n'], 10)).toEqual({
    lines: ['ok'],
    tooLong: 1,
  })
})

test('the beginning of a line counts that came with the end of another', () => {
  expect(cut([`ok\n${'x'.repeat(8)}`, 'xxx', 'y\n'], 10).tooLong).toBe(1)
})
