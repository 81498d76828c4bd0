import { type Stdin, wholeInputDocument } from '../../adapter/source/spooled.ts'
import type { Job } from '../../model/job.ts'
import type { Host } from '../host.ts'
import { jobOf } from '../recorded-job.ts'

/**
 * An interrupted run that had kept all of its standard input needs it no second time. It goes on with
 * what it kept where nobody gives input: at a terminal, or where what is given ends before it begins.
 */
export function hasKeptInput(host: Host, job: Job, run: string): boolean {
  const record = host.store.run(run)
  if (job.input.kind !== 'stdin' || record === undefined) return false
  if (host.runNamed(run)?.state !== 'paused') return false
  const isSame = JSON.stringify(jobOf(record).input) === JSON.stringify(job.input)
  return isSame && host.store.get(wholeInputDocument(run)) !== undefined
}

/** Standard input, whole, or `undefined` where nobody gives any; waits for its first byte or its end. */
export async function givenInput(stdin: Stdin | undefined): Promise<Stdin | undefined> {
  if (stdin === undefined || (stdin as { readonly isTTY?: boolean }).isTTY === true)
    return undefined
  const pieces = stdin[Symbol.asyncIterator]()
  let piece = await pieces.next()
  while (piece.done !== true && piece.value.length === 0) piece = await pieces.next()
  if (piece.done === true) return undefined
  const first = piece.value
  return (async function* () {
    yield first
    yield* { [Symbol.asyncIterator]: () => pieces }
  })()
}
