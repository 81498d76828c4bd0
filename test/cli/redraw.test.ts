import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { redrawn } from '../../src/cli/watch/redraw.ts'

/** A terminal that keeps what is written to it. */
function screenOf(columns: number, rows = 24) {
  const written: string[] = []
  return { columns, rows, written, write: (text: string) => written.push(text) }
}

/** As a terminal gets it that shall cut lines, not break them, where it is narrower than was told. */
const cut = (text: string): string => `\u001b[?7l${text}\u001b[?7h`

describe('lines that redraw', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('after the end nothing is written over what follows, not by a frame asked for before a note', () => {
    const screen = screenOf(80)
    const lines = redrawn(screen, () => ['one'], { colour: false })
    lines.later()
    lines.note('stopping')
    lines.later()
    lines.end()
    const { length } = screen.written
    lines.later()
    lines.note('late')
    vi.runAllTimers()
    expect(screen.written.length).toBe(length)
  })

  test('many changes make one frame, which covers the one before', () => {
    const screen = screenOf(80)
    const lines = redrawn(screen, () => ['one', 'two'], { colour: false })
    for (let n = 0; n < 9; n += 1) lines.later()
    vi.runAllTimers()
    expect(screen.written).toEqual([cut('\rone\u001b[K\ntwo\u001b[K\n\u001b[J')])
    lines.end()
    expect(screen.written[1]).toBe(cut('\u001b[2A\rone\u001b[K\ntwo\u001b[K\n\u001b[J'))
  })

  test('in a window made narrower the old lines take more rows', () => {
    const screen = screenOf(80)
    const lines = redrawn(screen, () => ['x'.repeat(70)], { colour: false })
    lines.later()
    vi.runAllTimers()
    screen.columns = 40
    lines.end()
    expect(screen.written[1].includes('\u001b[2A\r')).toBe(true)
  })

  test('a terminal that was told no size is as wide as most', () => {
    const screen = screenOf(0, 0)
    const widths: number[] = []
    const lines = redrawn(screen, ({ width }) => [String(widths.push(width)), 'two'], {
      colour: false,
    })
    lines.later()
    vi.runAllTimers()
    lines.end()
    expect(widths).toEqual([79, 79])
    expect(screen.written[1]).toContain('\u001b[2A\r')
  })

  test('nothing in a frame or a note steers the terminal', () => {
    const screen = screenOf(80)
    const lines = redrawn(screen, () => ['a\u001b[2Jb\u0007'], { colour: false })
    lines.note('x\u202ey')
    const text = screen.written.join('')
    expect(text).toContain('a\ufffd[2Jb\ufffd')
    expect(text).toContain('x\ufffdy')
  })
})
