import type { Objective } from '../model/job.ts'
import { objectiveInWords } from './objective.ts'

/** Until there is a plan: what `auto` waits for, and what it does then. */
export const learningInWords = (
  strategy: string,
  objective: Objective,
  waitsFor = 'every machine has five samples of a stage',
): string =>
  `until ${waitsFor}; then ${
    strategy === 'auto' ? `what simulates to the least ${objectiveInWords(objective)}` : strategy
  }`
