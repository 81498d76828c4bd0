import type { Event } from '../core/event.ts'
import type { ExecutorEvent } from '../port/executor.ts'
import { toEvent } from './recording.ts'

/** What concerns the core: the rest is for whoever watches. */
type Report = Exclude<ExecutorEvent, { kind: 'log' | 'progress' }>

/** An executor's report in the core's words. */
export function eventOf(report: Report): Event {
  if (report.kind === 'pressure') return report
  if (report.kind === 'stageBroken')
    return { kind: 'stageBroken', stage: report.stage, failure: report.failure }
  const { machine, slot } = report.slot
  switch (report.kind) {
    case 'outcomes': {
      const event = toEvent(machine, slot, report.outcomes)
      return report.saved === true ? { ...event, saved: true } : event
    }
    case 'loaded': {
      const { stage, micros, bytes, frees } = report
      return { kind: 'loaded', machine, slot, stage, micros, bytes, frees }
    }
    case 'givenBack': {
      const { tasks, attempts, firsts } = report
      return { kind: 'givenBack', machine, slot, tasks, attempts, firsts }
    }
    case 'slotEnded': {
      const { failure, peakBytes } = report
      return {
        kind: 'slotEnded',
        machine,
        slot,
        failure,
        ...(peakBytes !== undefined && { peakBytes }),
      }
    }
  }
}
