import type { Decision, Event, Outcomes } from './event.ts'

/**
 * An entry of the journal as JSON text: `[now, events, decisions]`. What comes by the thousand is in
 * columns already; columns that are a run of consecutive numbers, or one value over and over, are
 * written as such, which is most of them.
 */
export function encodeEntry(
  now: number,
  events: readonly Event[],
  decisions: readonly Decision[],
): string {
  return JSON.stringify([now, events.map(packEvent), decisions.map(packDecision)])
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
  'indexes',
  'codes',
  'micros',
  'sizes',
  'items',
  'machines',
]
const decisionColumns = ['tasks', 'machines', 'counts']

function packEvent(event: Event): unknown {
  if (event.kind === 'outcomes') return packOutcomes(event)
  if (event.kind === 'read' || event.kind === 'plan') return packColumns(event, eventColumns)
  return event
}

function packOutcomes(event: Outcomes): Packed {
  return {
    ...event,
    tasks: pack(event.tasks),
    attempts: pack(event.attempts),
    indexes: pack(event.indexes),
    codes: pack(event.codes),
    micros: pack(event.micros),
  }
}

function packDecision(decision: Decision): unknown {
  return decision.kind === 'start' || decision.kind === 'assign' || decision.kind === 'cut'
    ? packColumns(decision, decisionColumns)
    : decision
}

function packColumns(value: object, columns: readonly string[]): Packed {
  const packed: Packed = { ...value }
  for (const name of columns)
    if (Array.isArray(packed[name])) packed[name] = pack(packed[name] as number[])
  return packed
}

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
