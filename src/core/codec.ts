import type { Decision, Event, Outcomes, SourceRead } from './event.ts'

/**
 * An entry of the journal as JSON text: `[now, events, decisions]`. What comes by the thousand is in
 * columns already; columns that are a run of consecutive numbers, or one value over and over, are
 * written as such, which is most of them. The golden journals have every field of every kind.
 */
export function encodeEntry(
  now: number,
  events: readonly Event[],
  decisions: readonly Decision[],
): string {
  return `[${now},[${events.map(eventText).join(',')}],[${decisions.map(decisionText).join(',')}]]`
}

export function decodeEntry(body: string): { now: number; events: Event[]; decisions: Decision[] } {
  const [now, events, decisions] = JSON.parse(body) as [number, Packed[], Packed[]]
  return {
    now,
    events: events.map(event => unpack(event, eventColumns)) as unknown as Event[],
    decisions: decisions.map(decision =>
      unpack(decision, decisionColumns),
    ) as unknown as Decision[],
  }
}

type Packed = Record<string, unknown>
/** `[first, count]`: consecutive; `[value, -count]`: the same value. */
type Column = number[] | { r: [number, number] }

const eventColumns = [
  'tasks',
  'attempts',
  'firsts',
  'indexes',
  'codes',
  'micros',
  'sizes',
  'items',
  'machines',
]
const decisionColumns = ['tasks', 'machines', 'counts']

/**
 * The parts that occur with every item are assembled by hand, field by field: `JSON.stringify` takes 15,000
 * instructions for an object with ten fields, a tenth of what the loop spends on an item that arrives alone.
 */
function eventText(event: Event): string {
  if (event.kind === 'outcomes') return outcomesText(event)
  if (event.kind === 'read') return readText(event)
  const hasColumns = event.kind === 'plan' || event.kind === 'givenBack'
  return JSON.stringify(hasColumns ? packColumns(event, eventColumns) : event)
}

function outcomesText(event: Outcomes): string {
  const { machine, slot, tasks, attempts, indexes, codes, micros, peakBytes, failures } = event
  const { saved, kept } = event
  const failed = failures.length === 0 ? '[]' : JSON.stringify(failures)
  const before = saved === true ? ',"saved":true' : ''
  const after = kept === undefined ? '' : `,"kept":${JSON.stringify(kept)}`
  return (
    `{"kind":"outcomes","machine":${machine},"slot":${slot},"tasks":${columnText(tasks)},` +
    `"attempts":${columnText(attempts)},"indexes":${columnText(indexes)},"codes":${columnText(codes)},` +
    `"micros":${columnText(micros)},"peakBytes":${peakBytes},"failures":${failed}${before}${after}}`
  )
}

function readText(event: SourceRead): string {
  const { stage, first, count, cursor, done, sizes, problems, kept, wishes } = event
  if ((sizes ?? problems ?? kept ?? wishes) !== undefined)
    return JSON.stringify(packColumns(event, eventColumns))
  const place = `"cursor":${JSON.stringify(cursor)},"done":${done}`
  return `{"kind":"read","stage":${stage},"first":${first},"count":${count},${place}}`
}

function decisionText(decision: Decision): string {
  if (decision.kind === 'start') {
    const { machine, slot, firstAttempt, tasks } = decision
    const which = `"firstAttempt":${firstAttempt},"tasks":${columnText(tasks)}`
    return `{"kind":"start","machine":${machine},"slot":${slot},${which}}`
  }
  if (decision.kind === 'cut' && decision.counts === undefined) {
    const { stage, first, tasks } = decision
    return `{"kind":"cut","stage":${stage},"first":${first},"tasks":${tasks}}`
  }
  const hasColumns = decision.kind === 'assign' || decision.kind === 'cut'
  return JSON.stringify(hasColumns ? packColumns(decision, decisionColumns) : decision)
}

function packColumns(value: object, columns: readonly string[]): Packed {
  const packed: Packed = { ...value }
  for (const name of columns)
    if (Array.isArray(packed[name])) packed[name] = pack(packed[name] as number[])
  return packed
}

const columnText = (column: readonly number[]): string =>
  column.length === 1 ? `[${column[0]}]` : JSON.stringify(pack(column))

function pack(column: readonly number[]): Column {
  const { length } = column
  if (length < 3) return column as number[]
  const step = column[1] - column[0]
  if (step !== 0 && step !== 1) return column as number[]
  for (let at = 2; at < length; at += 1)
    if (column[at] - column[at - 1] !== step) return column as number[]
  return { r: [column[0], step === 1 ? length : -length] }
}

function unpack(packed: Packed, columns: readonly string[]): Packed {
  for (const name of columns) {
    const column = packed[name] as Column | undefined
    if (
      column === undefined ||
      column === null ||
      Array.isArray(column) ||
      typeof column !== 'object'
    )
      continue
    const [first, count] = column.r
    packed[name] = Array.from({ length: Math.abs(count) }, (_, at) =>
      count > 0 ? first + at : first,
    )
  }
  return packed
}
