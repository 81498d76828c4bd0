/** Milliseconds from one look to the next. */
const LOOK = 2_000

/**
 * Looks for the directory now and then: it may be deleted while long items run and nothing is committed, and no
 * append would say so. `check` throws when it is gone, and `gone` is told why. Answers how to stop looking.
 */
export function lookForPlace(check: () => void, gone: (error: unknown) => void): () => void {
  const look = setInterval(() => {
    try {
      check()
    } catch (error) {
      gone(error)
    }
  }, LOOK).unref()
  return () => clearInterval(look)
}
