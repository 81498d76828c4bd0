import type { Failure } from '../../model/failure.ts'
import type { AttemptOrder, ExecutorEvent, Outcome, SlotAddress } from '../../port/executor.ts'
import { outcomeOf, unrun } from './outcome.ts'
import { pendingItems } from './pending.ts'
import type { SlotLine } from './protocol.ts'
import { slotOutput } from './slot-output.ts'
import type { Message } from './unsent.ts'

/** What became of the items that a slot was given. Answers that arrive together leave together. */
export function slotAnswers(address: SlotAddress, emit: (event: ExecutorEvent) => void) {
  const pending = pendingItems()
  const output = slotOutput(pending, emit)
  let outcomes: Outcome[] = []
  let peakBytes = 0

  function leave(outcome: Outcome): void {
    if (outcomes.length === 0) queueMicrotask(deliver)
    outcomes.push(outcome)
  }

  function deliver(): void {
    if (outcomes.length === 0) return
    const together = outcomes
    outcomes = []
    emit({ kind: 'outcomes', slot: address, outcomes: together })
  }

  /** Answers that came before go first. */
  function giveBack(items: readonly Unbegun[]): void {
    if (items.length === 0) return
    deliver()
    const heads = items.filter(({ attempt }, at) => attempt !== items[at - 1]?.attempt)
    emit({
      kind: 'givenBack',
      slot: address,
      tasks: heads.map(({ task }) => task),
      attempts: heads.map(({ attempt }) => attempt),
      firsts: heads.map(({ index }) => index),
    })
  }

  return {
    /** What the slot prints, told by item. */
    output,
    /** Items sent and not answered. */
    waiting: () => pending.count(),
    first: pending.first,
    /** Items are sent; the number of the first of them. */
    sent({ state, attempts }: Message): number {
      const first = pending.nextSeq()
      pending.add(state, attempts)
      return first
    },
    /** The slot answered; `ignored` where nobody waits for that. */
    heard(line: Extract<SlotLine, { kind: 'outcome' }>): 'taken' | 'ignored' | 'unreadable' {
      const item = pending.take(line.seq)
      if (item === undefined) return 'ignored'
      if (line.peakBytes !== undefined) peakBytes = line.peakBytes
      const outcome = outcomeOf(item, line, peakBytes)
      if (outcome === undefined) return 'unreadable'
      leave(outcome)
      output.answered(item)
      return 'taken'
    },
    /** The slot found this version of the file that an item names. */
    found({ seq, version }: Extract<SlotLine, { kind: 'content' }>): void {
      const item = pending.get(seq)
      if (item !== undefined) item.content = version
    },
    progressed({ seq, fraction }: Extract<SlotLine, { kind: 'progress' }>): void {
      const item = pending.get(seq)
      if (item === undefined) return
      emit({ kind: 'progress', attempt: item.attempt, task: item.task, fraction })
    },
    /** What the slot holds, for answers that do not say it. */
    holds(bytes: number): void {
      peakBytes = bytes
    },
    /** Answers for an attempt that was never sent. */
    refuse({ task, attempt, items }: AttemptOrder, failure: Failure): void {
      for (const { index } of items) leave(unrun({ task, attempt, index }, failure))
    },
    /** Answers for what was sent of a stage. */
    failStage(stage: number, failure: Failure): void {
      for (const item of pending.all()) {
        if (item.stage !== stage) continue
        pending.take(item.seq)
        leave(unrun(item, failure))
      }
    },
    /** Number of the last item that was sent, while any is not answered. */
    last: (): number | undefined => (pending.count() === 0 ? undefined : pending.nextSeq() - 1),
    /** The slot says that it has not begun them, and that it will not. */
    unbegun({ first, last }: Extract<SlotLine, { kind: 'givenBack' }>): void {
      giveBack(pending.takeRange(first, last))
    },
    /** The same of attempts that were never sent. */
    giveBackUnsent(orders: readonly AttemptOrder[]): void {
      giveBack(orders.map(({ task, attempt, items: [{ index }] }) => ({ task, attempt, index })))
    },
    /** Numbers of the first and the last of an attempt's items that were sent and not answered. */
    rangeOf(attempt: number): readonly [first: number, last: number] | undefined {
      const sent = pending.all().filter(item => item.attempt === attempt)
      return sent.length === 0 ? undefined : [sent[0].seq, sent[sent.length - 1].seq]
    },
    /** The slot has ended: what was answered leaves, and nobody waits for the rest. */
    end(): void {
      deliver()
      pending.clear()
    },
  }
}

/** In the order they were sent. */
type Unbegun = { readonly task: number; readonly attempt: number; readonly index: number }
