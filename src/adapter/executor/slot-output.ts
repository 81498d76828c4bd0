import type { ExecutorEvent } from '../../port/executor.ts'
import type { PendingItem, pendingItems } from './pending.ts'
import { printedText } from './printed.ts'
import { MAX_TEXT } from './voice.ts'

type Stream = 'stdout' | 'stderr' | 'log'

/**
 * Decides which item a text belongs to. The slot's runtime names the item that wrote. Text that reaches the
 * pipes without the runtime (native code, a dying engine) is attributed to the item that runs, or to the last
 * one, and limited here.
 */
export function slotOutput(
  pending: ReturnType<typeof pendingItems>,
  emit: (event: ExecutorEvent) => void,
) {
  const textOf = printedText()
  let lastAnswered: PendingItem | undefined

  function tell(item: PendingItem | undefined, stream: Stream, text: string): void {
    if (item === undefined) return
    const { code, attempt, try: tryNumber, index } = item
    const of = { run: code.run, stage: code.name, attempt, try: tryNumber, index }
    emit({ kind: 'log', ...of, stream, text })
  }

  return {
    answered(item: PendingItem): void {
      lastAnswered = item
    },
    named(seq: number, stream: Stream, text: string): void {
      tell(pending.get(seq) ?? pending.first() ?? lastAnswered, stream, text)
    },
    unnamed(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
      const item = pending.first() ?? lastAnswered
      if (item === undefined || item.written > MAX_TEXT) return
      const room = MAX_TEXT - item.written
      const text = textOf(stream, bytes, room)
      if (text === '') return
      item.written += text.length
      tell(item, stream, text.length > room ? `${text.slice(0, room)}\n... truncated\n` : text)
    },
  }
}
