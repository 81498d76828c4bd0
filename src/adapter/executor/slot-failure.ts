import { type Failure, MEMORY_OF_BOX } from '../../model/failure.ts'
import type { ChannelEnd } from './channel.ts'
import {
  BUILT_INS_CHANGED,
  DESCRIPTORS_GONE,
  FILES_SPENT,
  PIPE_GONE,
  SOFTWARE_FAULT,
} from './protocol.ts'

/** What the loop knows about a slot that ended. */
type Circumstances = {
  readonly end: ChannelEnd
  /** The core asked for it, or the memory watch did. */
  readonly killed: 'asked' | 'memory' | undefined
  /** It exited by itself and said so. */
  readonly exit: { readonly code: number; readonly late: boolean } | undefined
  /** The last sample of its resident memory, and the limit of what ran. */
  readonly residentBytes: number
  /** How much of it was left by items before the one that ran. */
  readonly leftBytes: number
  readonly heapLimit: number
  readonly memoryLimit: number | undefined
  readonly memoryWasShort: boolean
  /** It held more than half of the box's memory itself. */
  readonly heldMost: boolean
}

/** Code of a `lost` that met an item in a slot which items before it had filled. */
export const LEFT_MEMORY = 'LEFT-MEMORY'

export const ON_REQUEST: Failure = { kind: 'cancelled', message: 'the slot was ended on request' }

export const OUTSIDE_PROTOCOL: Failure = {
  kind: 'crash',
  code: 'PROTOCOL',
  message: 'the slot wrote outside the protocol to the pipe its answers go through',
}

/** Why a slot ended, in words its user can act on. */
export function slotFailure(of: Circumstances): Failure {
  const { end } = of
  if (of.killed === 'asked') return ON_REQUEST
  if (of.killed === 'memory') return overLimit(of)
  const heap = /heap out of memory|invalid table size|Allocation failed/.test(end.lastWords)
  if (end.fault === 'heap' || (heap && (end.signal === 'SIGABRT' || end.code === 134))) {
    if (of.leftBytes > of.heapLimit / 2) return filledBefore(of, "JavaScript's heap was full")
    return {
      kind: 'out-of-memory',
      code: 'HEAP',
      message: "JavaScript's heap is full: the handler keeps more than the engine allows",
      detail: detailOf(end),
    }
  }
  const ownDoing = end.fault !== undefined || end.lastWords.includes(PIPE_GONE)
  if (end.signal === 'SIGKILL' && !ownDoing && memoryWasHigh(of)) {
    const held = `${megabytes(of.residentBytes)} resident`
    const message = `the system killed the slot while memory was short (${held})`
    const code = nearLimit(of) || of.heldMost ? {} : { code: MEMORY_OF_BOX }
    return { kind: 'out-of-memory', ...code, message, detail: detailOf(end) }
  }
  if (of.exit?.late === true) return exitedLate(of.exit.code)
  return { kind: 'crash', ...story(of), detail: detailOf(end) }
}

/** The item that runs now is not to blame. */
function exitedLate(code: number): Failure {
  const did = undoings[code] ?? `called process.exit(${code})`
  const message = `the slot ended under it: what had run there before it ${did}`
  return { kind: 'lost', code: 'EXIT', message }
}

const CLOSED = "closed a file that is not its own: standard output, or the slot's pipe"

const undoings: Readonly<Record<number, string | undefined>> = {
  [DESCRIPTORS_GONE]: CLOSED,
  [FILES_SPENT]: 'left so many files open that it may open no more',
  [BUILT_INS_CHANGED]: 'changed what all items of its process share: a global, a prototype',
}

function story({ end, exit }: Circumstances): { code: string; message: string } {
  if (end.fault === 'could not start') {
    return { code: 'START', message: `the slot's process could not start: ${end.lastWords}` }
  }
  if (exit?.code === SOFTWARE_FAULT) {
    const message = "the slot's own code failed: a handler changed what it is built on"
    return { code: 'EXIT', message }
  }
  if (exit?.code === DESCRIPTORS_GONE) {
    return { code: 'PROTOCOL', message: `the handler ${CLOSED}` }
  }
  if (exit !== undefined) {
    return { code: 'EXIT', message: `the handler called process.exit(${exit.code})` }
  }
  if (end.lastWords.includes(PIPE_GONE) || end.code === DESCRIPTORS_GONE) {
    return { code: 'PROTOCOL', message: 'the handler closed the pipe of its answers' }
  }
  // A slot that dies closes its pipes before its exit is seen; the signal it died of says more.
  const ownSignal = end.signal !== undefined && end.signal !== 'SIGKILL'
  if (end.fault !== undefined && !(end.fault === 'closed its pipes' && ownSignal)) {
    return { code: 'PROTOCOL', message: `the slot ${end.fault}` }
  }
  if (end.signal !== undefined) {
    const meaning = meanings[end.signal]
    const said = meaning === undefined ? end.signal : `${end.signal} (${meaning})`
    return { code: end.signal, message: `the slot's process died of ${said}` }
  }
  return { code: `EXIT`, message: `the slot ended by itself with code ${end.code}` }
}

const meanings: Readonly<Record<string, string | undefined>> = {
  SIGSEGV: 'bad memory access in native code',
  SIGBUS: 'bad memory access in native code',
  SIGABRT: 'native code gave up',
  SIGILL: 'an instruction this processor does not have',
  SIGFPE: 'bad arithmetic in native code',
  SIGKILL: 'killed from outside',
  SIGTERM: 'ended from outside',
}

function overLimit(of: Circumstances): Failure {
  const limit =
    of.memoryLimit === undefined
      ? 'what this machine has left'
      : `the ${megabytes(of.memoryLimit)} its needs allow`
  const message = `the slot held ${megabytes(of.residentBytes)}, more than ${limit}`
  const isOthers = of.residentBytes - of.leftBytes <= (of.memoryLimit ?? 0)
  return isOthers ? filledBefore(of, message) : { kind: 'out-of-memory', code: 'LIMIT', message }
}

/** In a new process there is room for the item that ran. */
function filledBefore({ leftBytes }: Circumstances, what: string): Failure {
  const message = `${what}: items before it had left ${megabytes(leftBytes)} there`
  return { kind: 'lost', code: LEFT_MEMORY, message }
}

const memoryWasHigh = (of: Circumstances): boolean => of.memoryWasShort || nearLimit(of)

const nearLimit = ({ memoryLimit, residentBytes }: Circumstances): boolean =>
  memoryLimit !== undefined && residentBytes > 0.8 * memoryLimit

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

function detailOf(end: ChannelEnd): string | undefined {
  const text = end.lastWords.trim()
  return text === '' ? undefined : text.slice(-2_000)
}
