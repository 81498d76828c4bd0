import type { Action } from '../core/event.ts'

type Read = Extract<Action, { kind: 'readSource' }>

/** Back-pressure by size: a stage of which enough waits in memory is read on when some has been taken. */
export function readGate(isFull: (stage: number) => boolean, read: (action: Read) => void) {
  const waiting = new Map<number, Read>()
  return {
    ask(action: Read): void {
      if (isFull(action.stage)) waiting.set(action.stage, action)
      else read(action)
    },
    /** To be called after every step. */
    openWhereThereIsRoom(): void {
      if (waiting.size === 0) return
      for (const [stage, action] of waiting) {
        if (isFull(stage)) continue
        waiting.delete(stage)
        read(action)
      }
    },
    forget: (stage: number): boolean => waiting.delete(stage),
  }
}
