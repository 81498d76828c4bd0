import { randomInt } from 'node:crypto'

const adjectives = ['able', 'amber', 'bold', 'brave', 'bright', 'brisk', 'calm', 'clear', 'clever', 'cool', 'crisp', 'deft', 'eager', 'early', 'fair', 'fleet', 'fond', 'fresh', 'gentle', 'glad', 'golden', 'grand', 'green', 'happy', 'hardy', 'jolly', 'keen', 'kind', 'light', 'lively', 'lucky', 'mellow', 'merry', 'mild', 'neat', 'noble', 'plain', 'proud', 'quick', 'quiet', 'rapid', 'ready', 'round', 'sharp', 'silent', 'smart', 'snug', 'solid', 'steady', 'still', 'sunny', 'swift', 'tidy', 'warm', 'wise', 'witty']
const animals = ['badger', 'bear', 'beaver', 'bison', 'crane', 'crow', 'deer', 'dove', 'eagle', 'elk', 'falcon', 'finch', 'fox', 'gecko', 'goose', 'hare', 'hawk', 'heron', 'horse', 'ibis', 'jay', 'koala', 'lark', 'lemur', 'lion', 'lynx', 'marten', 'mole', 'moose', 'mouse', 'newt', 'otter', 'owl', 'panda', 'pike', 'plover', 'puma', 'quail', 'raven', 'robin', 'seal', 'shrew', 'snipe', 'stork', 'swan', 'tern', 'tiger', 'toad', 'trout', 'vole', 'wasp', 'weasel', 'whale', 'wolf', 'wren', 'yak']

/** A name for a run that people can say and tab-complete; numbered once the plain ones are used up. */
export function runNameFor(taken: (name: string) => boolean): string {
  for (let tries = 0; tries < 50; tries += 1) {
    const name = `${adjectives[randomInt(adjectives.length)]}-${animals[randomInt(animals.length)]}`
    if (!taken(name)) return name
  }
  for (;;) {
    const name = `${adjectives[randomInt(adjectives.length)]}-${animals[randomInt(animals.length)]}-${randomInt(10_000)}`
    if (!taken(name)) return name
  }
}
