import { decodeEntry } from '../../src/core/codec.ts'
import type { Decision, Event } from '../../src/core/event.ts'

/**
 * Worlds are worth what they reach. Every event and decision is a mark, and so are the rare ways some of
 * them come: a mark that no journal of these seeds bears is listed. Then the worlds are to be made wilder,
 * or the mark is gone with its branch.
 */
export const marks: Readonly<Record<Event['kind'] | Decision['kind'], readonly string[]>> = {
  term: [''],
  joined: [''],
  left: [''],
  submit: ['', 'after two'],
  read: ['', 'unreadable items', 'nothing', 'kept items', 'wishes'],
  outcomes: ['', 'a failure', 'several items', 'kept after them'],
  loaded: [''],
  slotEnded: [''],
  givenBack: [''],
  pressure: ['high', 'over'],
  cancel: [''],
  drain: [''],
  resume: [''],
  pause: [''],
  goOn: [''],
  redefine: [''],
  retryFailed: [''],
  finished: [''],
  plan: [''],
  cut: ['', 'chunks'],
  assign: [''],
  start: ['', 'company'],
  retry: ['', 'more memory', 'after a crash', 'after a timeout'],
  fail: ['error', 'bad-input', 'bad-result', 'timeout', 'out-of-memory', 'crash'],
  stop: ['abort: timeout', 'abort: cancelled', 'kill: timeout', 'kill: cancelled'],
  unload: ['a stage', 'everything'],
  takeBack: [''],
  reading: [''],
  gathering: [''],
  grow: [''],
  skip: [''],
  giveUp: [''],
  finish: [''],
  stageBroken: ['code', 'input'],
  learnt: ['of a machine', 'of all'],
  hindsight: [''],
  foretold: [''],
  forget: [''],
}

export function marksIn(journal: readonly string[]): Set<string> {
  const reached = new Set<string>()
  for (const body of journal) {
    const { events, decisions } = decodeEntry(body)
    for (const of of [...events, ...decisions])
      for (const mark of marksOf(of)) reached.add(`${of.kind} ${mark}`)
  }
  return reached
}

function marksOf(of: Event | Decision): string[] {
  switch (of.kind) {
    case 'read':
      return [
        '',
        of.problems && 'unreadable items',
        of.count === 0 && 'nothing',
        of.kept && 'kept items',
        of.wishes && 'wishes',
      ].filter(isMark)
    case 'outcomes':
      return [
        '',
        of.failures.length > 0 && 'a failure',
        of.tasks.length > 1 && 'several items',
        of.kept && 'kept after them',
      ].filter(isMark)
    case 'submit':
      return ['', of.run.name.endsWith('-again-again') && 'after two'].filter(isMark)
    case 'learnt':
      return [of.machine < 0 ? 'of all' : 'of a machine']
    case 'stageBroken':
      return [of.reading === true ? 'input' : 'code']
    case 'pressure':
      return [of.high ? 'high' : 'over']
    case 'cut':
      return ['', of.counts && 'chunks'].filter(isMark)
    case 'start':
      return ['', of.tasks.length > 1 && 'company'].filter(isMark)
    case 'retry':
      return ['', of.memoryScale > 1 && 'more memory', `after a ${of.failure?.kind}`].filter(isMark)
    case 'fail':
      return [of.failure.kind]
    case 'stop':
      return [`${of.how}: ${of.failure.kind}`]
    case 'unload':
      return [of.stage < 0 ? 'everything' : 'a stage']
    default:
      return ['']
  }
}

const isMark = (mark: string | false | undefined): mark is string => typeof mark === 'string'
