import type { Failure } from '../../model/failure.ts'
import type { AttemptOrder, StageCode } from '../../port/executor.ts'
import { parse, stringify } from './json.ts'

/**
 * What loop and slot say to each other: lines of text, a letter first. Payloads and results are JSON
 * text without raw line ends, so each is a line and neither side parses what it only passes on. The
 * items sent to one slot are numbered from 0; answers name that number, so late, doubled and foreign
 * answers are told apart without sending task and attempt numbers there and back.
 *
 * From the slot, every line begins with a mark that the loop drew for this slot and told it first (`N`):
 * what a handler writes to the pipe by itself, a forged answer or half a line, is known by lacking it.
 *
 * To the slot: `N` mark, `D` definition, `M` message (a header, then a line per item), `A` abort, `G` give back what
 * has not begun up to an item, `U` unload, `F` forget, `Q` quit.
 * From the slot: `H` the file of an item that is about to be answered, `r`/`R` result, `s` stopped, `f` failure, `L` loaded, `B` broken, `C` compile it for me,
 * `G` given back, `T` text written, `P` progress, `E` the process exits by its own will.
 */
export type StageDefinition = {
  readonly stage: number
  /** Of the stage and all that its answers depend on but the items. */
  readonly print: string
  readonly run: string
  readonly name: string
  readonly kind: StageCode['kind']
  readonly takesFiles: boolean
  /** The module as the user named it, and the file to import. */
  readonly module: string
  readonly file: string
  /** The model it loads: stages of one name whose `setup` is the same function share what it returns. */
  readonly model: string | undefined
  readonly returns: unknown
  readonly params: Readonly<Record<string, unknown>>
  readonly maxResultBytes: number
  readonly timeoutMillis: number | undefined
  /** Wall time over processor time: 2 on a machine of half speed. */
  readonly slowdown: number
  readonly checkpoints: string
}

/** With this code a slot ends whose own code failed: EX_SOFTWARE of sysexits.h. */
export const SOFTWARE_FAULT = 70
/** With this one a slot whose descriptors a handler closed: EX_OSERR. */
export const DESCRIPTORS_GONE = 71
/** What it says last on standard error where it cannot say so by the pipe any more. */
export const PIPE_GONE = 'the slot ends: the pipe of its answers was closed in it\n'
/** With this one a slot whose handlers opened as many files as it may have and left them open: EX_TEMPFAIL. */
export const FILES_SPENT = 75
/** With this one a slot in which a handler changed what all items share: EX_CONFIG. */
export const BUILT_INS_CHANGED = 78

/** Columns; each is left out where it says nothing. A number for `index` counts up from there. */
export type MessageHeader = {
  readonly stage: number
  readonly first: number
  readonly items: number
  readonly index: number | readonly number[]
  readonly keys?: readonly string[]
  readonly tries?: readonly number[]
  readonly counts?: readonly number[]
}

/** Pieces to send one after the other, nearly always one: no string may be longer than half a gigabyte. */
export function encodeMessage(
  stage: number,
  first: number,
  attempts: readonly AttemptOrder[],
): string[] {
  const index: number[] = []
  const keys: string[] = []
  const payloads: string[] = []
  let plainKeys = true
  let consecutive = true
  let oneTry = true
  let oneItem = true
  for (const attempt of attempts) {
    if (attempt.try !== 1) oneTry = false
    if (attempt.items.length !== 1) oneItem = false
    for (const item of attempt.items) {
      if (index.length > 0 && item.index !== index[index.length - 1] + 1) consecutive = false
      index.push(item.index)
      keys.push(item.key)
      if (plainKeys && item.key !== String(item.index)) plainKeys = false
      payloads.push(oneLine(item.payload))
    }
  }
  // Most are plain; `stringify` takes ten times as long for it.
  if (plainKeys && consecutive && oneTry && oneItem && index.length > 0) {
    const items = `"stage":${stage},"first":${first},"items":${index.length},"index":${index[0]}`
    return pieces(`M {${items}}`, payloads)
  }
  const header: MessageHeader = {
    stage,
    first,
    items: index.length,
    index: consecutive && index.length > 0 ? index[0] : index,
    keys: plainKeys ? undefined : keys,
    tries: oneTry ? undefined : attempts.map(attempt => attempt.try),
    counts: oneItem ? undefined : attempts.map(attempt => attempt.items.length),
  }
  return pieces(`M ${stringify(header)}`, payloads)
}

const LARGEST_PIECE = 64 * 1024 * 1024

function pieces(header: string, payloads: readonly string[]): string[] {
  const sent: string[] = []
  let lines = [header]
  let length = header.length
  for (const payload of payloads) {
    if (length + payload.length > LARGEST_PIECE) {
      lines.push('')
      sent.push(lines.join('\n'))
      lines = []
      length = 0
    }
    lines.push(payload)
    length += payload.length + 1
  }
  lines.push('')
  sent.push(lines.join('\n'))
  return sent
}

/** A line end inside JSON text can only be white space between its parts. */
function oneLine(payload: string): string {
  return payload.includes('\n') ? payload.replace(/\n/g, ' ') : payload
}

export type SlotLine =
  | {
      readonly kind: 'outcome'
      readonly answer: 'result' | 'stopped' | 'failure'
      readonly seq: number
      readonly micros: number
      readonly cpuMicros: number
      readonly peakBytes: number | undefined
      readonly text: string
    }
  | {
      readonly kind: 'loaded'
      readonly stage: number
      readonly micros: number
      readonly residentBytes: number
      readonly bytes: number
      readonly frees: boolean
    }
  | { readonly kind: 'broken'; readonly stage: number; readonly failure: Failure }
  | { readonly kind: 'compile'; readonly stage: number }
  | {
      readonly kind: 'text'
      readonly seq: number
      readonly stream: 'stdout' | 'stderr' | 'log'
      readonly text: string
    }
  | { readonly kind: 'progress'; readonly seq: number; readonly fraction: number }
  | { readonly kind: 'content'; readonly seq: number; readonly version: string }
  /** Items that have not begun and will not. */
  | { readonly kind: 'givenBack'; readonly first: number; readonly last: number }
  /** `late`: by what an item that had ended, or another stage's module, left behind. */
  | { readonly kind: 'exit'; readonly code: number; readonly late: boolean }

/** `r 17 3 {"a":1}`: item 17 took 3 microseconds. Short items need no memory or processor reading of their own. */
export function shortResult(seq: number, micros: number, json: string): string {
  return `r ${seq} ${micros} ${json}\n`
}

/** `R 17 2500 2300 104857600 {"a":1}`, `s ...` and `f ...` alike: micros, cpu micros, peak bytes. */
export function longAnswer(
  letter: 'R' | 's' | 'f',
  seq: number,
  use: { readonly micros: number; readonly cpuMicros: number; readonly peakBytes: number },
  json: string,
): string {
  return `${letter} ${seq} ${use.micros} ${use.cpuMicros} ${use.peakBytes} ${json}\n`
}

/** `undefined`: not a line of this protocol, or not the runtime's. */
export function decodeSlotLine(text: string, mark: string): SlotLine | undefined {
  if (!text.startsWith(mark)) return undefined
  const line = text.slice(mark.length)
  const letter = line.charCodeAt(0)
  if (letter === 0x72 /* r */) {
    const afterSeq = line.indexOf(' ', 2)
    const afterMicros = line.indexOf(' ', afterSeq + 1)
    const seq = Number(line.slice(2, afterSeq))
    const micros = Number(line.slice(afterSeq + 1, afterMicros))
    if (afterSeq < 0 || afterMicros < 0 || !(seq >= 0) || !(micros >= 0)) return undefined
    const text = line.slice(afterMicros + 1)
    return {
      kind: 'outcome',
      answer: 'result',
      seq,
      micros,
      cpuMicros: micros,
      peakBytes: undefined,
      text,
    }
  }
  if (line.charCodeAt(1) !== 0x20) return undefined
  const answer = answers[line[0]]
  return answer === undefined ? decodeRest(line) : decodeLong(line, answer)
}

const answers: Readonly<Record<string, 'result' | 'stopped' | 'failure' | undefined>> = {
  R: 'result',
  s: 'stopped',
  f: 'failure',
}

function decodeLong(line: string, answer: 'result' | 'stopped' | 'failure'): SlotLine | undefined {
  const numbers: number[] = []
  let from = 2
  while (numbers.length < 4) {
    const to = line.indexOf(' ', from)
    const value = to < 0 ? Number.NaN : Number(line.slice(from, to))
    if (!(value >= 0)) return undefined
    numbers.push(value)
    from = to + 1
  }
  const [seq, micros, cpuMicros, peakBytes] = numbers
  return { kind: 'outcome', answer, seq, micros, cpuMicros, peakBytes, text: line.slice(from) }
}

const restKinds: Readonly<Record<string, SlotLine['kind'] | undefined>> = {
  L: 'loaded',
  B: 'broken',
  C: 'compile',
  T: 'text',
  P: 'progress',
  H: 'content',
  G: 'givenBack',
  E: 'exit',
}

function decodeRest(line: string): SlotLine | undefined {
  const kind = restKinds[line[0]]
  if (kind === undefined) return undefined
  try {
    const said = parse(line.slice(2))
    return shapes[kind](said) ? ({ ...said, kind } as SlotLine) : undefined
  } catch {
    return undefined
  }
}

/** What a slot says is written by a process that handlers have had their hands on. */
const shapes: Readonly<Record<SlotLine['kind'], (said: Record<string, unknown>) => boolean>> = {
  outcome: () => false,
  loaded: ({ stage, micros, residentBytes, bytes }) =>
    [stage, micros, residentBytes, bytes].every(isCount),
  broken: ({ stage, failure }) => isCount(stage) && isFailure(failure),
  compile: ({ stage }) => isCount(stage),
  content: ({ seq, version }) => isCount(seq) && typeof version === 'string',
  givenBack: ({ first, last }) => isCount(first) && isCount(last),
  text: ({ seq, stream, text }) =>
    Number.isInteger(seq) && streams.has(stream) && typeof text === 'string',
  progress: ({ seq, fraction }) => isCount(seq) && typeof fraction === 'number',
  exit: ({ code, late }) => Number.isInteger(code) && typeof late === 'boolean',
}

const streams: ReadonlySet<unknown> = new Set(['stdout', 'stderr', 'log'])
const isCount = (said: unknown): boolean => Number.isInteger(said) && Number(said) >= 0
const isFailure = (said: unknown): boolean => {
  const { kind, message } = (said ?? {}) as Readonly<Record<string, unknown>>
  return typeof kind === 'string' && typeof message === 'string'
}

const letters = {
  loaded: 'L',
  broken: 'B',
  compile: 'C',
  text: 'T',
  progress: 'P',
  content: 'H',
  givenBack: 'G',
  exit: 'E',
} as const

export function encodeSlotLine(line: Exclude<SlotLine, { kind: 'outcome' }>): string {
  const { kind, ...rest } = line
  return `${letters[kind]} ${stringify(bare(rest))}\n`
}

/** Without a prototype, to which a handler may have given a `toJSON`. */
export const bare = (fields: object): object => Object.assign(Object.create(null), fields)
