/**
 * Greedy decoding of connectionist temporal classification (Graves et al. 2006), as CRNN reads lines
 * (Shi, Bai and Yao 2015): the likeliest class at every step, repeats merged, blanks dropped.
 *
 * Spaces are decided apart. The recogniser learnt mostly from Chinese lines, where a space is rare,
 * so in English it is nearly always suspected but often loses to the blank. Correcting for the other
 * prior (Saerens, Latinne and Decaestecker 2002) means a lower threshold: between Latin letters of
 * the example's pages, true spaces peak above 0.027 and 99.9 % of the other places stay below 0.05.
 */
export type Decoded = { readonly text: string; readonly confidence: number }

const blank = 0
/** A space between two Latin symbols, and between any others. */
const likelySpace = { latin: 0.03, other: 0.5 }

/** `scores` is steps x classes, row by row; class 0 is the blank, the last one the space. Confidence
 *  is the mean probability of the symbols kept, 0 for an empty line. */
export function decode(scores: Float32Array, steps: number, alphabet: readonly string[]): Decoded {
  const classes = alphabet.length
  const space = classes - 1
  let text = ''
  let sum = 0
  let kept = 0
  let previous = blank
  let spaceSeen = 0
  for (let step = 0; step < steps; step++) {
    const row = step * classes
    const best = likeliest(scores, row, classes)
    spaceSeen = Math.max(spaceSeen, scores[row + space])
    if (best !== blank && best !== space && best !== previous) {
      if (text !== '' && isSpace(spaceSeen, text.at(-1)!, alphabet[best])) text += ' '
      text += alphabet[best]
      sum += scores[row + best]
      kept++
      spaceSeen = 0
    }
    previous = best
  }
  return { text, confidence: kept === 0 ? 0 : Math.round((sum / kept) * 1e4) / 1e4 }
}

function likeliest(scores: Float32Array, row: number, classes: number): number {
  let best = 0
  for (let c = 1; c < classes; c++) if (scores[row + c] > scores[row + best]) best = c
  return best
}

function isSpace(probability: number, before: string, after: string): boolean {
  const latin = isLatin(before) && isLatin(after)
  return probability >= (latin ? likelySpace.latin : likelySpace.other)
}

const isLatin = (symbol: string) => symbol.charCodeAt(0) < 0x250
