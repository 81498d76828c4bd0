import { printable } from '../printable.ts'
import { seenWidth, wrapped } from '../print.ts'
import { screenWidth } from '../terminal.ts'

/** What of a stream to a terminal this needs. */
type Screen = {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

type Redrawn = {
  /** Draws again soon: many changes make one frame. */
  later(): void
  /** A line that stays, above the frame. */
  note(text: string): void
  /** Draws a last time; nothing is written from then on. */
  end(): void
}

/**
 * Lines that redraw in place. Each frame moves up over the last one and clears what it does not cover,
 * so other output can only push it down.
 */
export function redrawn(
  screen: Screen,
  frame: (size: { width: number; rows: number }) => readonly string[],
  { colour, everyMillis = 100 }: { colour: boolean; everyMillis?: number },
): Redrawn {
  /** Widths of the lines drawn last: in a window made narrower they take more rows than they did. */
  let drawn: number[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const over = (lines: readonly string[], { whole }: { whole: boolean }): void => {
    const columns = screenWidth(screen)
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0)
    const above = rows > 0 ? `\u001b[${rows}A\r` : '\r'
    const text = `${above}${lines.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`
    screen.write(whole ? text : `${cutting}${text}${breaking}`)
  }
  const widthNow = (): number => Math.max(20, screenWidth(screen) - 1)
  const draw = (): void => {
    clearTimeout(timer)
    timer = undefined
    const size = { width: widthNow(), rows: Math.max(3, (screen.rows || 24) - 2) }
    const lines = frame(size)
      .slice(0, size.rows)
      .map(line => printable(line, colour))
    over(lines, { whole: false })
    drawn = lines.map(seenWidth)
  }
  return {
    later() {
      if (!ended) timer ??= setTimeout(draw, everyMillis)
    },
    note(text) {
      if (ended) return
      // Over the last frame, which is drawn again below it; a `^C` the terminal echoed goes with it.
      over(wrapped(printable(`  ${text}`, colour), widthNow()), { whole: true })
      drawn = []
      draw()
    },
    end() {
      ended = true
      draw()
    },
  }
}

/**
 * A window may be narrower than was told by now. A line it breaks would take a row that is not counted,
 * and the next frame would begin a row too low; so for a frame it cuts them.
 */
const [cutting, breaking] = ['\u001b[?7l', '\u001b[?7h']
