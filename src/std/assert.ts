/** A broken invariant: memory can no longer be trusted, so the node stops. Nobody catches this. */
export class Violation extends Error {
  override name = 'Violation'
}

export function assert(condition: boolean, story: string): asserts condition {
  if (!condition) throw new Violation(story)
}

/** The end of an exhaustive switch: a new member of the union fails to compile here. */
export function unreachable(value: never): never {
  throw new Violation(`unexpected value ${JSON.stringify(value)}`)
}
