import { beganHere, placeOfFrame, userFrames } from '../adapter/modules/user-frames.ts'
import { InputError } from '../model/input-error.ts'

/**
 * A job's own modules (the job file, the generator of its input) run in the command's process, and
 * what they leave behind may throw or reject where nobody waits for it. Nothing vouches for such a
 * process, so the command ends, as if killed: what had finished is durable. What is answered tells
 * it as the user's, with its place; an error that began in this package stays what it is.
 */
export function explainUncaught(error: unknown): unknown {
  // Compiled modules are told in lines of their sources; the text of a stack is made when it is read.
  process.setSourceMapsEnabled(true)
  const { said, stack } = readSafely(error)
  if (beganHere(stack)) return error
  const place = placeOfFrame(userFrames(stack)[0])
  return new InputError(
    `${place === undefined ? '' : `${place}: `}nobody caught ${said}; ` +
      `it ended dray, since the job's input and job file run in its process\n` +
      `  expected await or .catch for each promise that may fail; ${KEPT}`,
  )
}

/** What is said of a module that ends the process it was a guest of. */
export function explainExit(code: number): string {
  return (
    `the job's input or job file called process.exit(${code}), and dray ended with it\n` +
    `  expected it to return where it has no more to give, and to throw where it fails; ${KEPT}`
  )
}

const KEPT = 'what has finished is kept, and the same command goes on'

/** Anything can be thrown, also what throws when it is looked at. */
function readSafely(error: unknown): { readonly said: string; readonly stack: string } {
  try {
    if (!(error instanceof Error)) return { said: String(error), stack: '' }
    const stack = typeof error.stack === 'string' ? error.stack : ''
    return { said: `${error.name}: ${error.message}`, stack }
  } catch {
    return { said: 'a value that cannot be read', stack: '' }
  }
}
