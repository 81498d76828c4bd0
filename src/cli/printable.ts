/**
 * Text for people quotes what users, handlers and files wrote: nothing of it may steer the terminal,
 * write over other lines or turn their direction. Colours stay where they are wanted, and end with it.
 */
export function printable(text: string, colour: boolean): string {
  const parts = text.replace(endOfLine, '').split(colours)
  const shown = parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(unprintable, '\ufffd')
    return colour ? part : ''
  })
  const last = parts.length > 1 ? parts[parts.length - 2] : undefined
  return shown.join('') + (colour && last !== undefined && !closes.test(last) ? reset : '')
}

const escapeCode = String.fromCharCode(27)
const reset = `${escapeCode}[0m`
const colours = new RegExp(`(${escapeCode}\\[[0-9;]*m)`)
/** The codes that end a colour or a weight. */
const closes = /\[(?:0|22|39)?m$/
const endOfLine = /\r+(?=\n|$)/g
/** Control characters but for tabs and line feeds, and those that turn the direction of text. */
const unprintable = /[^\P{Cc}\t\n]|\p{Bidi_Control}/gu
