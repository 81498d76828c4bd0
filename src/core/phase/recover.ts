import { type Failure, MEMORY_OF_BOX } from '../../model/failure.ts'
import { decideRetry } from '../../policy/retry/backoff.ts'
import { formatCount, plural } from '../../std/units.ts'
import { chanceAt } from '../../std/chance.ts'
import { formatDuration } from '../../std/units.ts'
import { allowedFailures } from '../apply/run.ts'
import { failedItems, tolerates } from '../apply/items.ts'
import { headDeadline, watchFired } from '../apply/slot.ts'
import { wakeTask } from '../apply/task.ts'
import { eligibleFor } from '../columns.ts'
import { whyGivenUpOn } from '../given-up.ts'
import { limits } from '../limits.ts'
import { FAILED, SKIPPED } from '../items.ts'
import { affordableScale } from '../models.ts'
import type { Run } from '../run.ts'
import type { Stage } from '../stage.ts'
import type { Recovery, State } from '../state.ts'
import { queuedCount } from '../queue.ts'
import { nextInstant } from '../timers.ts'
import { decide, type Out } from './out.ts'

/**
 * Timers due by `until`: waiting tasks wake, overdue attempts go to recovery. What was due before this
 * instant fires before its events are applied, as it would have in a step of its own: a step in which
 * only a timer fired and nothing was decided is not journalled, and a replay must not notice.
 */
export function expire(state: State, until: number): void {
  for (
    let at = nextInstant(state.timers);
    at !== undefined && at <= until;
    at = nextInstant(state.timers)
  ) {
    const timer = state.timers.heap.pop()?.timer
    if (timer === undefined) return
    if (timer.kind === 'task') wakeTask(state, timer.task)
    else if (timer.kind === 'overdue') watchFired(state, timer)
    else
      state.recovery.push({
        kind: 'grace',
        machine: timer.machine,
        slot: timer.slot,
        attempt: timer.attempt,
      })
  }
}

/** Every failure gets its decision: again and when, or for good; every overdue attempt is stopped. */
export function recover(state: State, out: Out): void {
  if (state.recovery.length > 0) recoverEach(state, out, state.recovery.splice(0))
  const { touchedRuns } = state.scratch
  for (let at = 0; at < touchedRuns.count; at += 1) {
    const run = state.runs[touchedRuns.numbers[at]]
    if (run.state === 'stopping' && run.problem?.kind === 'cancelled') abortRunning(state, out, run)
    else if (run.state === 'active') giveUpBeyondTolerance(state, out, run, '')
  }
}

function recoverEach(state: State, out: Out, recoveries: readonly Recovery[]): void {
  for (const recovery of recoveries) {
    if (recovery.kind === 'failed') recoverItem(state, out, recovery)
    else if (recovery.kind === 'overdue') recoverOverdue(state, out, recovery)
    else if (recovery.kind === 'setup') recoverSetup(state, out, recovery)
    else if (recovery.kind === 'cancel') abortRunning(state, out, state.runs[recovery.run])
    else recoverGrace(state, out, recovery)
  }
}

function recoverItem(state: State, out: Out, failed: Extract<Recovery, { kind: 'failed' }>): void {
  const stage = state.stages[failed.stage]
  const run = state.runs[stage.run]
  if (failed.settingUp && !mayGrow(stage, failed.failure)) return returnItem(state, out, failed)
  const { index, tries, failure } = failed
  const chance = chanceAt(run.definition.seed, index * 31 + tries)
  const goesOn = run.state === 'active' || run.state === 'paused'
  const again = goesOn ? decideRetry(stage.definition.retry, failed, chance) : undefined
  const memoryScale = again && affordableScale(state, stage, again.memoryScale, failed.memoryScale)
  if (again !== undefined && memoryScale !== undefined) {
    const at = state.now + again.delay
    const wish = failed.priority === 0 ? {} : { priority: failed.priority }
    decide(state, out, {
      kind: 'retry',
      stage: stage.number,
      index,
      tries,
      at,
      memoryScale,
      ...wish,
      failure: { kind: failure.kind, code: failure.code, message: failure.message },
    })
    return
  }
  decide(state, out, { kind: 'fail', stage: stage.number, index, tries, failure })
  if (!goesOn) return
  const last = `; the last: ${failure.message}`
  giveUpBeyondTolerance(state, out, run, last)
  giveUpWithoutResult(state, out, run, last)
}

/** It had not begun when its slot ended under the stage's setup: it goes again, uncharged. */
function returnItem(state: State, out: Out, failed: Extract<Recovery, { kind: 'failed' }>): void {
  const { stage, index, tries, memoryScale, failure } = failed
  const wish = failed.priority === 0 ? {} : { priority: failed.priority }
  const spared = { tries: tries - 1, at: state.now, memoryScale, ...wish }
  decide(state, out, { kind: 'retry', stage, index, ...spared, failure })
}

/** A failure that more memory may fix is the item's own, not the setup's: its next attempt gets more. */
function mayGrow({ definition }: Stage, failure: Failure): boolean {
  const { on } = definition.retry
  if (failure.kind !== 'out-of-memory' || failure.code === MEMORY_OF_BOX) return false
  return on[failure.kind] !== undefined || on[failure.code ?? ''] !== undefined
}

/**
 * A setup that throws breaks its stage at once; one that ends its process may have had bad luck, so it is
 * given a few more slots. One that has never returned is not waited for again. That is said of a machine: the
 * run goes on while another can do what is left.
 */
function recoverSetup(state: State, out: Out, lost: Extract<Recovery, { kind: 'setup' }>): void {
  const stage = state.stages[lost.stage]
  const run = state.runs[stage.run]
  const { failure } = lost
  if (run.state !== 'active' && run.state !== 'paused') return
  if (mayGrow(stage, failure)) return
  const why = whyGivenUpOn(stage, lost.machine)
  if (why === undefined || goesOnElsewhere(state, stage, lost.klass)) return
  const on = stage.setup.lostOn.size > 1 ? ' on any machine' : ''
  const message = `stage ${stage.definition.name} cannot be set up${on}: ${why}`
  decide(state, out, { kind: 'giveUp', run: run.number, failure: { ...failure, message } })
}

/** Whether every class of waiting tasks still has a machine that could run it. */
function goesOnElsewhere(state: State, { classes }: Stage, last: number): boolean {
  return classes
    .map(number => state.classes[number])
    .filter(klass => klass.number === last || queuedCount(klass.queue) > 0)
    .every(klass => eligibleFor(state, klass).offers.count > 0)
}

/** Checked also after a read, which can add failures or make known the total that a share refers to. */
function giveUpBeyondTolerance(state: State, out: Out, run: Run, last: string): void {
  if (!tolerates(run)) return
  const failed = failedItems(state, run.stages)
  const allowed = allowedFailures(state, run)
  if (failed <= allowed) return
  const message = `${plural(failed, 'item')} failed, ${formatCount(allowed)} ${allowed === 1 ? 'is' : 'are'} tolerated${last}`
  decide(state, out, { kind: 'giveUp', run: run.number, failure: { kind: 'error', message } })
}

/**
 * Tolerance leaves items out of what is made of the others. Where a stage that gathers has failed as a whole, or
 * a level of its tree, nothing was made of anything: that is no failure among many.
 */
export function giveUpWithoutResult(state: State, out: Out, run: Run, last: string): void {
  if (!tolerates(run) || run.problem !== undefined) return
  const stage = run.stages.map(number => state.stages[number]).find(hasNoResult)
  if (stage === undefined) return
  const { name } = stage.definition
  const message = `stage ${name} has no result: all that was to make it failed${last}`
  decide(state, out, { kind: 'giveUp', run: run.number, failure: { kind: 'error', message } })
}

function hasNoResult({ definition: { link }, items, known, complete }: Stage): boolean {
  if ((link.kind !== 'gather' && link.kind !== 'tree') || items.counts[FAILED] === 0) return false
  return complete && items.counts[FAILED] + items.counts[SKIPPED] === known
}

/** The head alone is asked to stop; in company nobody knows who is stuck, and the slot ends. */
function recoverOverdue(
  state: State,
  out: Out,
  overdue: Extract<Recovery, { kind: 'overdue' }>,
): void {
  const { machine, slot: number } = overdue
  const slot = state.machines[machine].slots[number]
  const deadline = slot === undefined ? undefined : headDeadline(state, slot)
  if (deadline === undefined || state.now < deadline || slot.dying) return
  const { timeout = 0, setupTimeout = limits.loading } = state.stages[slot.stage].definition
  const what = slot.loading
    ? `its import and setup took longer than its setupTimeout of ${formatDuration(setupTimeout)}`
    : `ran longer than its timeout of ${timeout / 1_000} ms`
  const how = slot.running.length === 1 && !slot.loading ? 'abort' : 'kill'
  decide(state, out, {
    kind: 'stop',
    machine,
    slot: number,
    how,
    failure: { kind: 'timeout', message: what },
  })
}

function recoverGrace(state: State, out: Out, late: Extract<Recovery, { kind: 'grace' }>): void {
  const { machine, slot: number } = late
  const slot = state.machines[machine].slots[number]
  if (slot === undefined || slot.dying || !slot.stopping.has(late.attempt)) return
  const failure = slot.killing ?? { kind: 'timeout', message: 'did not stop within its grace' }
  decide(state, out, { kind: 'stop', machine, slot: number, how: 'kill', failure })
}

function abortRunning(state: State, out: Out, run: Run): void {
  const failure = { kind: 'cancelled', message: 'the run was cancelled' } as const
  for (const machine of state.machines) {
    for (const slot of machine.slots) {
      if (slot.running.length === 0 || state.stages[slot.stage].run !== run.number) continue
      decide(state, out, {
        kind: 'stop',
        machine: machine.number,
        slot: slot.number,
        how: 'abort',
        failure,
      })
    }
  }
  recoverPending(state, out)
}

function recoverPending(state: State, out: Out): void {
  for (const recovery of state.recovery.splice(0))
    if (recovery.kind === 'failed') recoverItem(state, out, recovery)
}
