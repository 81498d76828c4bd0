import { ownFolder } from './own-folder.ts'

/** Lines of a stack that are about the user's own files: not Node's, not those of this package. */
export function userFrames(stack: string): string[] {
  return framesOf(stack).filter(line => !isOwn(line))
}

/** `/jobs/list.ts:3:9`, of a line of a stack. */
export function placeOfFrame(line: string | undefined): string | undefined {
  return /([^\s(]+:\d+:\d+)\)?$/.exec(line ?? '')?.[1].replace(/^file:\/\//, '')
}

/** Whether an error began in this package: its frame is the first that is not Node's. */
export function beganHere(stack: string): boolean {
  const [first] = framesOf(stack)
  return first !== undefined && isOwn(first)
}

function framesOf(stack: string): string[] {
  return stack
    .split('\n')
    .filter(line => /^\s+at .*:\d+:\d+\)?$/.test(line))
    .filter(line => !/\bnode:|dray-module-/.test(line))
}

const isOwn = (line: string): boolean => line.includes(ownFolder)
