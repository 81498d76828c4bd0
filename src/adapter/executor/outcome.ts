import type { Failure } from '../../model/failure.ts'
import type { Outcome } from '../../port/executor.ts'
import { parse } from './json.ts'
import type { SlotLine } from './protocol.ts'

type Item = {
  readonly task: number
  readonly attempt: number
  readonly index: number
  readonly content?: string
}

/** What a slot's line says became of an item; `undefined` if it says nothing that can be read. */
export function outcomeOf(
  { task, attempt, index, content }: Item,
  line: Extract<SlotLine, { kind: 'outcome' }>,
  peakBytes: number,
): Outcome | undefined {
  const { micros, cpuMicros, text } = line
  const use = { micros, cpuMicros, peakBytes, ...(content === undefined ? {} : { content }) }
  if (line.answer === 'result') return { task, attempt, index, result: text, ...use }
  if (line.answer === 'stopped') {
    return { task, attempt, index, result: text, stopped: true, ...use }
  }
  const failure = parseFailure(text)
  return failure === undefined ? undefined : { task, attempt, index, failure, ...use }
}

/** Of an item that never ran. */
export function unrun({ task, attempt, index }: Item, failure: Failure): Outcome {
  return { task, attempt, index, failure, micros: 0, cpuMicros: 0, peakBytes: 0 }
}

function parseFailure(json: string): Failure | undefined {
  try {
    const found = parse(json)
    return typeof found?.kind === 'string' && typeof found.message === 'string' ? found : undefined
  } catch {
    return undefined
  }
}
