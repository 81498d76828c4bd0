/** How far the times of a job's stages are known, by their names. */
export type KnownTimes = {
  /** Stages nothing was learnt of. */
  readonly unknown: readonly string[]
  /** Stages that have changed since their times were learnt: code, `loads`, params, `returns` or what they gather. */
  readonly changed: readonly string[]
}

export const timesJson = ({ unknown, changed }: KnownTimes) => ({
  times: unknown.length === 0 ? 'learnt' : 'partly unknown',
  ...(unknown.length > 0 && { unknownStages: unknown }),
  ...(changed.length > 0 && { changedStages: changed }),
})

/** The same in words, a line each; none where all are known. */
export function timesNotes({ unknown, changed }: KnownTimes): string[] {
  const lines: string[] = []
  if (unknown.length > 0)
    lines.push(`times of ${unknown.join(', ')} are unknown and count as nothing here`)
  if (changed.length > 0)
    lines.push(
      `times of ${changed.join(', ')} were learnt of other code, loads or params: they count as a first guess`,
    )
  return lines
}
