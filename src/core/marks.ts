/**
 * A set of small numbers (stages, runs, machines) that is filled and emptied at every step. A `Set`
 * allocates when it is cleared; this is a list and a flag a number.
 */
export type Marks = { readonly numbers: number[]; count: number; flags: Uint8Array }

export function noMarks(): Marks {
  return { numbers: [], count: 0, flags: new Uint8Array(16) }
}

export function mark(marks: Marks, number: number): void {
  if (number >= marks.flags.length) widen(marks, number)
  if (marks.flags[number] === 1) return
  marks.flags[number] = 1
  marks.numbers[marks.count] = number
  marks.count += 1
}

export function clearMarks(marks: Marks): void {
  for (let at = 0; at < marks.count; at += 1) marks.flags[marks.numbers[at]] = 0
  marks.count = 0
}

function widen(marks: Marks, number: number): void {
  const flags = new Uint8Array(2 * (number + 1))
  flags.set(marks.flags)
  marks.flags = flags
}
