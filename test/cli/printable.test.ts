import { describe, expect, test } from 'vitest'
import { wantsColour } from '../../src/cli/colour.ts'
import { printable } from '../../src/cli/printable.ts'
import { folderWith } from './harness.ts'

const red = '\u001b[31m'
const plain = '\u001b[39m'

describe('text for people', () => {
  test.each([
    ['colours go where none are wanted', `a ${red}b${plain}`, false, 'a b'],
    ['and stay where they are', `a ${red}b${plain}`, true, `a ${red}b${plain}`],
    ['one that is left open ends with the text', `a ${red}b`, true, `a ${red}b\u001b[0m`],
    [
      'what steers a terminal is shown as what it is not',
      'a\u001b[2J\u001b]0;t\u0007',
      true,
      'a\ufffd[2J\ufffd]0;t\ufffd',
    ],
    ['what turns the direction of text too', 'a\u202eb', false, 'a\ufffdb'],
    ['a line that writes over itself shows where', '10 %\r20 %', false, '10 %\ufffd20 %'],
    ['line ends of any kind are line ends', 'a\r\nb\tc\r', false, 'a\nb\tc'],
    ['joined emoji stay joined', '👩‍👩‍👧 é 识别', false, '👩‍👩‍👧 é 识别'],
  ])('%s', (_, text, colour, shown) => {
    expect(printable(text, colour)).toBe(shown)
  })

  test.each([
    ['a terminal', true, {}, true],
    ['a pipe', false, {}, false],
    ['a pipe in CI', false, { CI: 'true' }, false],
    ['NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['TERM=dumb', true, { TERM: 'dumb' }, false],
  ])('colours of %s', (_, isTTY, env, wanted) => {
    expect(wantsColour({ isTTY }, env)).toBe(wanted)
  })

  test('what a handler says of a failure steers nothing, in run, why and logs', async () => {
    const folder = folderWith({
      'odd.mjs':
        'export default (item, ctx) => { ctx.log("log\\u001b[2J"); return ctx.failed("bad \\u001b[31mitem\\u001b[2J\\u202e") }',
    })
    const ran = await folder.dray(
      'map',
      'odd.mjs',
      'range:0..1',
      '-o',
      'out.jsonl',
      '--retries',
      '0',
    )
    const why = await folder.dray('why')
    const logs = await folder.dray('logs')
    for (const { out, err } of [ran, why, logs]) {
      for (const odd of ['\u001b', '\u202e']) expect(out + err).not.toContain(odd)
    }
    expect(ran.err).toContain('bad item\ufffd[2J\ufffd')
    expect(why.out).toContain('bad item\ufffd[2J\ufffd')
    expect(logs.out).toContain('log\ufffd[2J')
    folder.remove()
  })
})
