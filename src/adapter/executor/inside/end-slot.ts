const exit = process.exit.bind(process)

/** Ends the slot whatever handlers have made of `process.exit`, or of what its listeners call: those are called once. */
export function endSlot(code: number): never {
  try {
    return exit(code)
  } catch {
    return exit(code)
  }
}
