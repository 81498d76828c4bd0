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

/** Ascending, so that what was marked in another order (after a restart) is worked off alike. */
export function sortMarks({ numbers, count }: Marks): void {
  for (let at = 1; at < count; at += 1) {
    if (numbers[at - 1] < numbers[at]) continue
    const sorted = numbers.slice(0, count).sort((a, b) => a - b)
    for (let to = 0; to < count; to += 1) numbers[to] = sorted[to]
    return
  }
}

/** Takes out what is no longer so, and sorts what stays. */
export function siftMarks<C>(
  marks: Marks,
  context: C,
  stays: (context: C, number: number) => boolean,
): Marks {
  const { numbers, flags } = marks
  let kept = 0
  for (let at = 0; at < marks.count; at += 1) {
    const number = numbers[at]
    if (stays(context, number)) numbers[kept++] = number
    else flags[number] = 0
  }
  marks.count = kept
  sortMarks(marks)
  return marks
}

function widen(marks: Marks, number: number): void {
  const flags = new Uint8Array(2 * (number + 1))
  flags.set(marks.flags)
  marks.flags = flags
}
