/** However much the state holds, a journal is replayed no longer than this takes. */
const MOST = 64 * 1024 * 1024
/** What a task that has not ended comes to in a snapshot, about. */
const TASK = 100

/**
 * Whether a restart would rather read a snapshot than replay what was appended since the last. Entries of
 * small runs cost 90 ms a MB to replay and a snapshot 20 (measured), so a few MB are enough; but it is
 * written whole, and in one go, so only after twice its own size: then it costs half of what is written.
 */
export function isSnapshotDue(
  bytes: number,
  by: { readonly every: number; readonly last: number; readonly tasks: number },
): boolean {
  const size = Math.max(by.last, by.tasks * TASK)
  return by.every > 0 && bytes > Math.max(by.every, Math.min(MOST, 2 * size))
}
