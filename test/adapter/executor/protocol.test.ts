import { describe, expect, test } from 'vitest'
import {
  decodeSlotLine,
  encodeMessage,
  encodeSlotLine,
  longAnswer,
  shortResult,
} from '../../../src/adapter/executor/protocol.ts'

describe('a message to a slot leaves out what says nothing', () => {
  const item = (index: number, key = String(index)) => ({ index, key, payload: `{"n":${index}}` })
  const headerOf = (...attempts: { items: ReturnType<typeof item>[]; try?: number }[]) => {
    const [header, ...payloads] = encodeMessage(
      3,
      10,
      attempts.map((attempt, at) => ({ task: at, attempt: at, try: 1, ...attempt })),
    )
      .join('')
      .split('\n')
    return { header: JSON.parse(header.slice(2)), payloads: payloads.filter(line => line !== '') }
  }

  test('items in a row are one number', () => {
    expect(headerOf({ items: [item(5)] }, { items: [item(6)] })).toEqual({
      header: { stage: 3, first: 10, items: 2, index: 5 },
      payloads: ['{"n":5}', '{"n":6}'],
    })
  })

  test('others are told one by one, and so are keys, tries and chunks', () => {
    expect(headerOf({ items: [item(5), item(7)] }).header).toMatchObject({
      index: [5, 7],
      counts: [2],
    })
    expect(headerOf({ items: [item(7)] }, { items: [item(6)] }).header.index).toEqual([7, 6])
    expect(headerOf({ items: [item(5, 'five')], try: 2 }).header).toMatchObject({
      keys: ['five'],
      tries: [2],
    })
  })

  test('a payload on several lines is one line', () => {
    const spread = { ...item(0), payload: '{\n  "n": 1\n}' }
    expect(headerOf({ items: [spread] }).payloads.map(line => JSON.parse(line))).toEqual([{ n: 1 }])
  })
})

test('a long message is sent in pieces of whole lines', () => {
  const payload = JSON.stringify('x'.repeat(30_000_000))
  const items = [0, 1, 2, 3, 4].map(index => ({ index, key: String(index), payload }))
  const sent = encodeMessage(3, 0, [{ task: 0, attempt: 0, try: 1, items }])
  expect(sent.map(piece => piece.match(/\n/g)?.length)).toEqual([3, 2, 1])
  expect(sent.every(piece => piece.endsWith('\n'))).toBe(true)
  expect(sent.join('').length).toBe(sent[0].indexOf('\n') + 1 + 5 * (payload.length + 1))
})

describe('a line from a slot', () => {
  const mark = 'a1B2'
  const use = { micros: 2_500, cpuMicros: 2_300, peakBytes: 1e8 }

  test('is read as it was written', () => {
    expect(decodeSlotLine(mark + shortResult(17, 3, '{"a":1}').trimEnd(), mark)).toEqual({
      ...{ kind: 'outcome', answer: 'result', seq: 17, micros: 3, cpuMicros: 3 },
      ...{ peakBytes: undefined, text: '{"a":1}' },
    })
    for (const [letter, answer] of [
      ['R', 'result'],
      ['s', 'stopped'],
      ['f', 'failure'],
    ] as const)
      expect(decodeSlotLine(mark + longAnswer(letter, 4, use, '"x y"').trimEnd(), mark)).toEqual({
        ...{ kind: 'outcome', answer, seq: 4, ...use, text: '"x y"' },
      })
    const exit = { kind: 'exit', code: 3, late: true } as const
    expect(decodeSlotLine(mark + encodeSlotLine(exit).trimEnd(), mark)).toEqual(exit)
  })

  test.each([
    'r 1 2 3',
    `${mark}r 1`,
    `${mark}r x 2 3`,
    `${mark}R 1 2 3 "x"`,
    `${mark}Z {}`,
    `${mark}P {`,
    mark,
  ])('without the mark, or of another shape, is none: %s', line => {
    expect(decodeSlotLine(line, mark)).toBeUndefined()
  })
})

test('a line of the slot that does not say what its kind must is none, however it was marked', () => {
  for (const line of [
    'T "poisoned"',
    'T {"seq":1,"stream":"log"}',
    'E {}',
    'L {"stage":1}',
    'B {"stage":1}',
  ])
    expect(decodeSlotLine(`mark${line}`, 'mark')).toBeUndefined()
})
