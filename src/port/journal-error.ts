/**
 * The directory cannot be trusted or written: told as a story (where, what, what was expected, what to
 * do), and closed by `kind` so that a caller can choose an exit code without reading the text.
 */
export class JournalError extends Error {
  override name = 'JournalError'
  readonly kind: JournalErrorKind
  constructor(kind: JournalErrorKind, story: JournalStory, cause?: unknown) {
    super(tell(story), cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}

/**
 * `corrupt`: bytes differ from what was written; `newer`: written by a later version; `gone`: deleted, moved or
 * removed while it was in use; `full`, `readonly`, `locked`, `io`: what the operating system answered.
 */
export type JournalErrorKind = 'corrupt' | 'newer' | 'gone' | 'full' | 'readonly' | 'locked' | 'io'

type JournalStory = {
  /** The row or the file: `entry 1234`, `/data/run/dray.db`. */
  readonly where: string
  readonly what: string
  readonly expected?: string
  readonly remedy: string
}

function tell(story: JournalStory): string {
  const expected = story.expected === undefined ? '' : ` (expected ${story.expected})`
  return `${story.where}: ${story.what}${expected}. ${story.remedy}`
}

/** A clean took away what was being read, between two of its rows. */
export function removedMeanwhile(where: string): JournalError {
  return new JournalError('gone', {
    where,
    what: 'the run was removed while its results were read',
    remedy: 'What was read so far is not all of it; `dray ls` lists the runs that are here.',
  })
}
