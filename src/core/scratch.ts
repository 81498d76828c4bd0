import type { StageDefinition } from '../model/run.ts'
import type { MachinesView } from '../policy/allocation/allocation.ts'
import type { Order } from '../policy/order/order.ts'
import { NEVER } from '../std/time.ts'
import type { Columns } from './columns.ts'
import { columns } from './columns.ts'
import type { Kept } from './event.ts'
import { limits } from './limits.ts'
import type { Line } from './line.ts'
import type { Marks } from './marks.ts'
import { noMarks } from './marks.ts'
import { OrderedView } from './ordered.ts'
import type { Class } from './state.ts'

/** Buffers of the current step, and views reused from decision to decision. Never journalled. */
export type Scratch = {
  kept: Kept[]
  /** Index of the event being applied within its batch. */
  event: number
  readonly view: MachinesView
  readonly columns: Columns
  /** By machine whose slots are not counted, while tasks are assigned: what it does next. */
  readonly lines: Map<number, Line>
  /** Rises whenever a machine joins or leaves; by run, where it was when the run last started something. */
  machinesAt: number
  readonly met: Map<number, number>
  /** What an order sees of a task. */
  readonly ordered: OrderedView
  /** Nothing stores answers, so they are not gathered. */
  forgetful: boolean
  /** Shares decide between runs, in this turn of the phases. */
  shared: boolean
  /** The order by which runs compete then; looked up when first two of them meet. */
  between: Order | undefined | 'unknown'
  /** When a choice that waits for something wants to be asked again though nothing happened. */
  askAt: number
  /** Machines that may be able to start something of their queue. */
  readonly dirty: Marks
  /** Slots that answered and could take another message of the same class, by `slotKey`. */
  readonly hungry: Set<number>
  /** When a slot last began to load a model, by `slotKey`. */
  readonly loadedAt: Map<number, number>
  /** Applying a journal: queues are not kept, they are rebuilt at the end. */
  replaying: boolean
  /** Stages whose bookkeeping may allow a read, a cut, a level or an end. */
  touched: Marks
  /** Runs that may have ended. */
  touchedRuns: Marks
  /** Runs that may still change and classes with something queued, and some that no longer are: `live.ts`. */
  readonly live: Marks
  readonly queued: Marks
  /** Empty sets that change places with the two above while those are worked off. */
  untouched: Marks
  untouchedRuns: Marks
  /** By stage: the class of its items that wish for nothing. */
  readonly plain: Map<number, { readonly of: StageDefinition; readonly klass: Class }>
  /** By stage: its classes by what their tasks wish for. */
  readonly classes: Map<number, Map<string, number>>
  /** The machine that is kept for a task which has waited long for room, within a phase; -1: none. */
  reserved: number
  /** Classes no machine can take now: not asked again within a phase. */
  readonly refused: Set<number>
}

/** A slot as one number: a set of numbers costs a tenth of one of objects or texts. */
export function slotKey(machine: number, slot: number): number {
  return machine * limits.slots + slot
}

export function slotAt(key: number): { readonly machine: number; readonly slot: number } {
  return { machine: Math.floor(key / limits.slots), slot: key % limits.slots }
}

export function emptyScratch(): Scratch {
  return {
    kept: [],
    event: 0,
    dirty: noMarks(),
    machinesAt: 0,
    met: new Map(),
    hungry: new Set(),
    loadedAt: new Map(),
    replaying: false,
    touched: noMarks(),
    touchedRuns: noMarks(),
    live: noMarks(),
    queued: noMarks(),
    columns: columns(),
    lines: new Map(),
    ordered: new OrderedView(),
    forgetful: false,
    shared: false,
    between: 'unknown',
    askAt: NEVER,
    untouched: noMarks(),
    untouchedRuns: noMarks(),
    reserved: -1,
    refused: new Set(),
    plain: new Map(),
    classes: new Map(),
    view: {
      count: 0,
      now: 0,
      offered: new Uint8Array(0),
      first: 0,
      end: 0,
      processing: new Float64Array(0),
      freeAt: new Float64Array(0),
      assignedWork: new Float64Array(0),
      load: new Float64Array(0),
      slots: new Float64Array(0),
      turn: 0,
      chance: 0,
      planned: -1,
      cost: new Float64Array(0),
      dueAt: NEVER,
      needs: new Float64Array(0),
      free: [],
      capacity: [],
      setup: new Float64Array(0),
      wanted: new Uint8Array(0),
      residentAt: Number.POSITIVE_INFINITY,
    },
  }
}
