import { setImmediate as turn } from 'node:timers/promises'
import { isSameTime, sameFile } from '../../adapter/source/file-version.ts'
import type { Job } from '../../model/job.ts'
import type { SourceItem } from '../../port/source.ts'

/** Whether an item is what it was under the version given: then its version as it is kept from now on. */
type SameVersion = (
  before: string,
  item: SourceItem,
) => string | undefined | Promise<string | undefined>

export const equalVersion = (before: string, { version }: SourceItem): string | undefined =>
  before === version ? version : undefined

/** A file with a new time may only have been touched: its content is read to tell. */
export function sameVersion({ input }: Pick<Job, 'input'>): SameVersion {
  if (input.kind !== 'files') return equalVersion
  return (before, { version, payload }) =>
    isSameTime(before, version)
      ? before
      : turn().then(() => sameFile(before, version, JSON.parse(payload) as string))
}
