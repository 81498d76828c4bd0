import { printedText } from './printed.ts'
import { encodeSlotLine } from './protocol.ts'

/** Text kept per attempt; a handler that floods its output gets this much and a note. */
export const MAX_TEXT = 64 * 1024
const NOTE = '\n... truncated\n'
const PIECE = 8 * 1024
const LINGER_MS = 50

/** What an item says besides its answer: gathered into pieces, attributed, limited. */
export function slotVoice(put: (line: string) => void, flush: () => void) {
  const textOf = printedText()
  let seq = -1
  let spent = 0
  let stream: 'stdout' | 'stderr' | 'log' = 'log'
  let text = ''
  let timer: NodeJS.Timeout | undefined

  function say(): void {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    if (text === '') return
    put(encodeSlotLine({ kind: 'text', seq, stream, text }))
    text = ''
  }

  function sayNow(): void {
    say()
    flush()
  }

  return {
    begin(next: number): void {
      if (text !== '') say()
      seq = next
      spent = 0
    },
    end(): void {
      if (text !== '') say()
      seq = -1
    },
    /** Whether the item that began last has said anything. */
    hasSpoken: () => spent > 0,
    wrote(from: 'stdout' | 'stderr' | 'log', said: string | Uint8Array): void {
      if (spent > MAX_TEXT) return
      const stdio = from === 'stdout' ? from : 'stderr'
      const more = typeof said === 'string' ? said : textOf(stdio, said, MAX_TEXT - spent)
      if (more === '') return
      if (from !== stream) say()
      stream = from
      spent += more.length
      text += spent > MAX_TEXT ? more.slice(0, more.length - (spent - MAX_TEXT)) + NOTE : more
      if (text.length >= PIECE) say()
      else timer ??= setTimeout(sayNow, LINGER_MS)
    },
  }
}
