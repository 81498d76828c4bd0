/**
 * What the user gave cannot be used: a job file, an input, a flag. The message stands alone on one
 * screen: the place (file, line or JSON path), what was found, what was expected. Exit code 2.
 */
export class InputError extends Error {
  override name = 'InputError'
}
