import type { Host } from '../../api/host.ts'
import { strategyNote } from '../../api/beside/strategy-note.ts'
import type { Submitted } from '../../api/submit.ts'
import type { Decision, Event } from '../../core/event.ts'
import { CANCELLED, endedCount, FAILED, SKIPPED } from '../../core/items.ts'
import type { Run } from '../../core/run.ts'
import { cargoOf } from '../../driver/payloads.ts'
import { levelOf, storedName } from '../../driver/stored-name.ts'
import type { Failure } from '../../model/failure.ts'
import { tell } from '../print.ts'
import type { Progress } from './progress.ts'

/**
 * `--events`: an object a line as it happens, for programs. What comes by the thousand is counted per
 * step; failures and retries come one by one.
 */
export function eventLines(host: Host, run: Run, submitted: Submitted): Progress {
  const ended = new Set<number>()
  const say = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    const at = new Date().toISOString()
    process.stdout.write(`${JSON.stringify({ at, event, run: run.definition.name, ...fields })}\n`)
  }
  say('submitted', { job: run.definition.job, plan: submitted.plan.kind, why: submitted.plan.why })
  const note = strategyNote(host.store, run.definition)
  if (note !== undefined && submitted.plan.kind !== 'nothing') {
    say('plan', { strategy: note.uses, objective: note.objective, tasks: 0, why: note.why })
  }
  const mine = (stage: number): boolean => host.state.stages[stage]?.run === run.number
  /** Each level of a tree is a stage of its own that carries the tree's name. */
  const placeOf = (number: number) => {
    const stage = host.state.stages[number]
    const { name, link } = stage.definition
    return link.kind === 'tree'
      ? { stage: name, level: levelOf(host.state, stage) }
      : { stage: name }
  }

  const ill = (stage: number, index: number, failure: Failure): void => {
    const what = failure.kind === 'cancelled' ? 'cancelled' : 'failed'
    say(what, { ...placeOf(stage), ...itemOf(host, stage, index), ...failure })
  }
  const onEvent = (event: Event): void => {
    if (event.kind === 'read' && mine(event.stage)) {
      const { stage, count, done, problems = [] } = event
      say('read', { ...placeOf(stage), items: count, complete: done })
      for (const { index, failure } of problems) ill(stage, index, failure)
    }
    if (event.kind === 'slotEnded') {
      const { machine, slot, failure } = event
      const id = host.state.machines[machine].definition.id
      say('slot-ended', { machine: id, slot, kind: failure.kind, message: failure.message })
    }
    if (event.kind === 'plan' && mine(event.stage)) {
      const { stage, strategy, seed, steps, items, why } = event
      say('plan', { ...placeOf(stage), strategy, seed, steps, tasks: items.length, why })
    }
  }
  const onDecision = (decision: Decision): void => {
    if (!('stage' in decision) || !mine(decision.stage)) return
    if (decision.kind === 'fail') {
      ill(decision.stage, decision.index, decision.failure)
    } else if (decision.kind === 'retry') {
      const { index, stage, tries, at, failure } = decision
      const when = new Date(at / 1_000).toISOString()
      say('retry', {
        ...placeOf(stage),
        ...itemOf(host, stage, index),
        attempt: tries + 1,
        when,
        ...(failure === undefined ? {} : { kind: failure.kind, message: failure.message }),
      })
    }
  }
  /** A task's stage is forgotten once the task has ended, so what is done is reported from the counts. */
  const told = new Map<number, number>()
  const onCounts = (): void => {
    for (const number of run.stages) {
      const stage = host.state.stages[number]
      const [done, total] = [endedCount(stage.items), stage.known]
      if (done > (told.get(number) ?? 0)) {
        const items = done - (told.get(number) ?? 0)
        told.set(number, done)
        say('done', { ...placeOf(number), items, ended: done, total })
      }
      if (!stage.complete || done < total || ended.has(number)) continue
      ended.add(number)
      const { counts } = stage.items
      const others = { skipped: counts[SKIPPED], cancelled: counts[CANCELLED] }
      say('stage', { ...placeOf(number), total, failed: counts[FAILED], ...others })
    }
  }
  const onStart = (machine: number, slot: number, tasks: readonly number[]): void => {
    const stage = host.state.stages[host.state.tasks.stage[tasks[0]]]
    if (stage?.run !== run.number) return
    const { id } = host.state.machines[machine].definition
    const { first, count } = host.state.tasks
    const counts = tasks.map(task => count[task])
    const items = counts.reduce((sum, of) => sum + of, 0)
    say('started', {
      ...placeOf(stage.number),
      ...{ machine: id, slot, tasks: tasks.length, items },
      indexes: tasks.map(task => first[task]),
      // A task's items are consecutive: `counts` items from its index on.
      ...(items === tasks.length ? {} : { counts }),
    })
  }
  const onUnloads = (decisions: readonly Decision[]): void => {
    for (const decision of decisions) {
      if (decision.kind !== 'unload') continue
      const { machine, slot, stage } = decision
      const at = { machine: host.state.machines[machine].definition.id, slot }
      if (stage < 0) say('replaced', at)
      else if (mine(stage)) say('unloaded', { ...placeOf(stage), ...at })
    }
  }
  onCounts()
  // When a run goes on, items may start in the very step that resumes it, before this listener is there.
  for (const { number, slots } of host.state.machines) {
    slots.forEach(({ running }, slot) => {
      if (running.length > 0) onStart(number, slot, running)
    })
  }
  const off = host.listen({
    onStep: (events, decisions) => {
      for (const event of events) onEvent(event)
      onUnloads(decisions)
      for (const decision of decisions) {
        if (decision.kind === 'start') onStart(decision.machine, decision.slot, decision.tasks)
      }
      for (const decision of decisions) onDecision(decision)
      onCounts()
    },
  })
  return {
    note: tell,
    decide: () => {},
    end(interrupted) {
      off()
      onCounts()
      say('ended', {
        state: interrupted === true ? 'interrupted' : run.state,
        ...(run.problem === undefined ? {} : { why: run.problem.message }),
      })
    },
  }
}

function itemOf(host: Host, stage: number, index: number): { index: number; key?: string } {
  const key = keyOf(host, stage, index)
  return key === index ? { index } : { index, key: String(key) }
}

/** An item's key where it is at hand, in memory or with its answer; else its number. */
export function keyOf(host: Host, stage: number, index: number): string | number {
  const { state, loop, store } = host
  const at = state.stages[stage]
  const run = state.runs[at.run].definition.name
  return (
    cargoOf(state, loop.payloads, at, index)?.key ??
    store.result(run, storedName(state, at), index)?.key ??
    index
  )
}
