/**
 * How wide text is where every letter has a cell of its own: East Asian letters and emoji take two
 * columns, marks set over a letter none (Unicode Annex 11, by blocks; Node has no public function).
 */
export function columnsOf(text: string): number {
  let columns = 0
  for (const letter of text) columns += columnsOfLetter(letter)
  return columns
}

export const columnsOfLetter = (letter: string): number =>
  without.test(letter) ? 0 : wide.test(letter) ? 2 : 1

const without = /^[\p{Mn}\p{Me}\p{Cf}]/u
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/**
 * Names come from files: nothing in them may steer a terminal, break a line or turn its direction.
 * What has no shape is left out; what could be anything is a question mark.
 */
export const inOneLine = (text: string): string =>
  text.replace(/\p{Cf}/gu, '').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')

/** Line ends are spelt out, and nothing else: a key is there to be copied. */
export const keyInLine = (key: string): string => key.replace(/\r/g, '\\r').replace(/\n/g, '\\n')

/** As much of it as fits a line beside others. */
export function shortKey(key: string): string {
  const line = keyInLine(key)
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}

/** As many letters from the start as fit, each with the marks over it. */
export function firstColumns(text: string, columns: number): string[] {
  const letters: string[] = []
  let room = columns
  for (const letter of text) {
    const takes = columnsOfLetter(letter)
    if (takes > room) break
    if (takes === 0 && letters.length > 0) letters[letters.length - 1] += letter
    else letters.push(letter)
    room -= takes
  }
  return letters
}

/** Cut in the middle: names that begin alike mostly end in what tells them apart. */
export function cutInMiddle(text: string, columns: number): string[] {
  if (columnsOf(text) <= columns) return firstColumns(text, columns)
  const end = lastColumns(text, Math.floor((columns - 1) / 2))
  return [...firstColumns(text, columns - 1 - columnsOf(end.join(''))), '…', ...end]
}

function lastColumns(text: string, columns: number): string[] {
  const letters = firstColumns(text, Number.POSITIVE_INFINITY)
  let [from, room] = [letters.length, columns]
  while (from > 0 && columnsOf(letters[from - 1]) <= room) {
    from -= 1
    room -= columnsOf(letters[from])
  }
  return letters.slice(from)
}
