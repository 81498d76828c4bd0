import type { Decision, Event, Outcomes } from '../core/event.ts'
import type { Slot } from '../core/machine.ts'
import type { State } from '../core/state.ts'
import type { Failure } from '../model/failure.ts'
import type { HistoryBatch } from '../port/journal.ts'
import { runName, storedName } from './stored-name.ts'

/**
 * History of attempts that end without an answer: their slot ended under them, or their machine left.
 * Of a queue only the head was running, and not even that while the stage was being set up. Call before the core is
 * stepped; answers that came earlier in the same instant are applied first.
 */
export function unansweredBatches(
  state: State,
  now: number,
  events: readonly Event[],
  nth: number,
): HistoryBatch[] {
  const event = events[nth]
  if (event.kind !== 'slotEnded' && event.kind !== 'left') return []
  const { machine } = event
  const before = events.slice(0, nth)
  const slots = state.machines[machine]?.slots ?? []
  const left = { kind: 'lost', message: '' } as const
  return slots
    .filter(({ number }) => event.kind === 'left' || number === event.slot)
    .flatMap(slot => {
      const failure = event.kind === 'left' ? left : (slot.killing ?? event.failure)
      const peakBytes = event.kind === 'left' ? 0 : (event.peakBytes ?? 0)
      return headBatch(state, now, slot, { machine, failure, before, peakBytes })
    })
}

/**
 * History of attempts that are over because we asked them to stop: fenced from now on, whatever their
 * machine still does. Call after the step.
 */
export function stoppedBatches(
  state: State,
  now: number,
  decisions: readonly Decision[],
): HistoryBatch[] {
  return decisions.flatMap(decision => {
    if (decision.kind !== 'stop' || decision.how !== 'abort') return []
    const { machine, failure } = decision
    const slot = state.machines[machine].slots[decision.slot]
    const [fenced] = slot.stopping
    if (fenced === undefined) return []
    const [attempt, [index]] = fenced
    const { stage, headSince: start } = slot
    return batchOf(state, slot, { machine, failure, stage, attempt, index, start, now })
  })
}

function headBatch(
  state: State,
  now: number,
  slot: Slot,
  ended: {
    readonly machine: number
    readonly failure: Failure
    readonly before: readonly Event[]
    readonly peakBytes: number
  },
): HistoryBatch[] {
  const isOwn = (event: { readonly machine: number; readonly slot: number }) =>
    event.machine === ended.machine && event.slot === slot.number
  const own = ended.before.filter(
    (event): event is Outcomes => event.kind === 'outcomes' && isOwn(event),
  )
  /** By attempt, the first item of it that was. */
  const returned = new Map(
    ended.before.flatMap(event =>
      event.kind === 'givenBack' && isOwn(event)
        ? event.attempts.map((attempt, at) => [attempt, event.firsts?.[at] ?? 0] as const)
        : [],
    ),
  )
  const isSetUp =
    !slot.loading ||
    own.some(({ saved }) => saved !== true) ||
    ended.before.some(event => event.kind === 'loaded' && isOwn(event))
  const head = isSetUp ? headOf(state, slot, own, returned) : undefined
  if (head === undefined) return []
  return batchOf(state, slot, {
    ...ended,
    ...head,
    start: own.length > 0 ? now : slot.headSince,
    now,
  })
}

/** The first item in the slot that has no answer yet. */
function headOf(
  { tasks }: State,
  slot: Slot,
  own: readonly Outcomes[],
  returned: ReadonlyMap<number, number>,
) {
  for (const task of slot.running) {
    const attempt = tasks.attempt[task]
    const answered = own.reduce(
      (sum, { attempts }) => sum + attempts.filter(number => number === attempt).length,
      0,
    )
    if (answered >= tasks.left[task]) continue
    const stage = tasks.stage[task]
    const index = tasks.first[task] + tasks.count[task] - tasks.left[task] + answered
    if (index >= (returned.get(attempt) ?? Number.POSITIVE_INFINITY)) continue
    return { stage, attempt, index }
  }
  return undefined
}

/** Work given up because its run was cancelled is not shown as a failure. */
function batchOf(
  state: State,
  slot: Slot,
  ended: {
    readonly machine: number
    readonly failure: Failure
    readonly stage: number
    readonly attempt: number
    readonly index: number
    readonly start: number
    readonly now: number
    readonly peakBytes?: number
  },
): HistoryBatch[] {
  const stage = state.stages[ended.stage]
  if (stage === undefined || ended.failure.kind === 'cancelled') return []
  return [
    {
      run: runName(state, stage),
      stage: storedName(state, stage),
      attempts: [ended.attempt],
      indexes: [ended.index],
      counts: [1],
      machines: [state.machines[ended.machine].definition.id],
      slots: [slot.number],
      starts: [ended.start],
      ends: [ended.now],
      cpuMicros: [0],
      peakBytes: [ended.peakBytes ?? 0],
      sizes: [stage.sizes.get(ended.index) ?? 1],
      outcomes: [ended.failure.kind],
    },
  ]
}
