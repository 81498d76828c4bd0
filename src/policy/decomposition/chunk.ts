import type { ChunkSpec } from '../../model/job.ts'
import { guided } from './guided.ts'

export type ChunkQuestion = {
  /** Items of the stage not yet cut, as far as they are known. */
  readonly remaining: number
  /** Slots that could work on the stage. */
  readonly slots: number
  /** Measured micros per item; `NaN` while unknown. */
  readonly microsPerItem: number
}

/** How many items the next task of a stage takes. */
export function chunkSize(spec: ChunkSpec, question: ChunkQuestion): number {
  switch (spec.kind) {
    case 'whole':
      return Math.max(1, question.remaining)
    case 'fixed':
      return spec.items
    case 'auto':
      return guided(question)
  }
}
