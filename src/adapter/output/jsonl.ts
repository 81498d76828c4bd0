import type { Failure } from '../../model/failure.ts'
import { failureIn, type StoredResult } from '../../port/store.ts'
import { createAtomicFile } from './atomic-file.ts'

/** A line per item: `{"index","key","result"}`, or `{"index","key","error"}` where it has none. */
export async function writeJsonl(
  path: string,
  results: Iterable<StoredResult>,
): Promise<{ readonly bytes: number; readonly items: number }> {
  const file = await createAtomicFile(path)
  let items = 0
  try {
    for (const result of results) {
      items += 1
      const full = file.write(jsonLine(result))
      if (full !== undefined) await full
    }
    return { bytes: await file.commit(), items }
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** One line, its end included. */
export function jsonLine(result: StoredResult): string {
  const head = `{"index":${result.index},"key":${JSON.stringify(result.key)}`
  if (!hasResult(result)) return `${head},"error":${JSON.stringify(errorOf(result))}}\n`
  const { payload } = result
  const line = payload.includes('\n') ? JSON.stringify(JSON.parse(payload)) : payload
  return `${head},"result":${line}}\n`
}

/** Done, and stopped early with success, carry a result; the rest a failure. */
export const hasResult = (result: StoredResult): boolean =>
  result.state === 'done' || result.state === 'stopped'

/** What of a failure belongs in an output: no stacks. */
export function errorOf(result: StoredResult): Failure {
  const { kind, code, message } = failureIn(result)
  return code === undefined ? { kind, message } : { kind, code, message }
}
