/** However much the state holds, a journal is replayed no longer than this takes. */
const MOST = 64 * 1024 * 1024
/** What a task that has not ended comes to in a snapshot, about. */
const TASK = 100

/** Replayed in a fortieth of a second. */
const LEAST_AT_CLOSE = 256 * 1024

type Kept = { readonly every: number; readonly last: number; readonly tasks: number }

/**
 * Whether a restart would rather read a snapshot than replay what was appended since the last. Entries of
 * small runs cost 90 ms a MB to replay and a snapshot 20 (measured), so a few MB are enough; but it is
 * written whole, and in one go, so only after twice its own size: then it costs half of what is written.
 */
export function isSnapshotDue(bytes: number, { every, last, tasks }: Kept): boolean {
  return every > 0 && bytes > Math.max(every, Math.min(MOST, 2 * sizeOf(last, tasks)))
}

/**
 * Whether a close leaves one behind: whoever looks at the directory next, each time, would replay what came since
 * the last. From a quarter of its size on the first look saves what it costs; small runs do not come to it.
 */
export function isSnapshotDueAtClose(bytes: number, { every, last, tasks }: Kept): boolean {
  const least = Math.min(every, LEAST_AT_CLOSE)
  return every > 0 && bytes > Math.max(least, sizeOf(last, tasks) / 4)
}

const sizeOf = (last: number, tasks: number): number => Math.max(last, tasks * TASK)
