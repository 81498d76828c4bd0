import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../src/input/json.ts'
import { jsonFault } from '../../src/input/json-fault.ts'

test.each([
  ['', 'f.json:1:1: not JSON: the text ends', 'a value'],
  ['{"a": 1,\n "b": NaN}', 'f.json:2:7: not JSON: found "NaN"', 'a value'],
  ['{"a": 1,\n "b": 1e4x}', 'f.json:2:10: not JSON: found "x"', '"," or "}"'],
  ['[1,\n2,]', 'f.json:2:3: not JSON: found "]"', 'a value'],
  ['{"a": 1,}', 'f.json:1:9: not JSON: found "}"', 'a field name'],
  ['{a: 1}', 'f.json:1:2: not JSON: found "a"', 'a field name in double'],
  ['{"a" 1}', 'f.json:1:6: not JSON: found "1"', '":"'],
  ['{"a": "x', 'f.json:1:7: not JSON: found "\\""', 'a string that ends'],
  ['[1] [2]', 'f.json:1:5: not JSON: found "["', 'nothing more'],
  [
    '{"a": {"b": 1},\n "a": 2}',
    'f.json:2:2: the field "a" is given a second time',
    'each field once',
  ],
  [
    '{"a": 1, "\\u0061": 2}',
    'f.json:1:10: the field "a" is given a second time',
    'each field once',
  ],
])('%j is refused where it goes wrong', (text, place, expected) => {
  const parse = () => parseJson(text, 'f.json')
  expect(parse).toThrow(place)
  expect(parse).toThrow(`expected ${expected}`)
})

test('what JSON.parse takes is JSON, however deep, and nothing else is', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect(jsonFault(deep)).toBeUndefined()
  fc.assert(
    fc.property(fc.json(), text => {
      expect(jsonFault(text)).toBeUndefined()
    }),
    { seed: 3 },
  )
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '1',
    '-',
    '.5',
    'e2',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 9 }), parts => {
      const text = parts.join('')
      const fault = jsonFault(text)
      if (fault?.twice === undefined) expect(fault === undefined).toBe(parses(text))
    }),
    { seed: 3, numRuns: 5_000 },
  )
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
