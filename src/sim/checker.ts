import type { Decision } from '../core/event.ts'
import { OPEN, stateOf } from '../core/items.ts'
import type { Machine } from '../core/machine.ts'
import type { Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import { MEMORY } from '../core/models.ts'
import { ASSIGNED, FREE, RUNNING } from '../core/tasks.ts'
import { Violation } from '../std/assert.ts'

/**
 * What must hold between any two instants, counted again from the tasks and slots themselves: books
 * that do not add up are found at the step that broke them, not where they are felt.
 */
export function checkBooks(state: State): void {
  for (const machine of state.machines) checkMachine(state, machine)
  const taken = checkTasks(state)
  for (const run of state.runs)
    for (const number of run.stages) checkStage(run, state.stages[number], taken[number])
}

/** Nothing starts in a run that was stopped or cancelled, or has ended. */
export function checkStarts(state: State, decisions: readonly Decision[]): void {
  decisions.forEach((decision, at) => {
    if (decision.kind !== 'start') return
    const task = decision.tasks[0]
    const run = state.runs[state.stages[state.tasks.stage[task]].run]
    const stopsLater = decisions.slice(at).some(later => later.kind === 'giveUp')
    demand(
      run.state === 'active' || stopsLater,
      () => `task ${task} starts, but ${run.definition.name} is ${run.state}`,
    )
  })
}

/** Fails with what does not hold. */
export function demand(holds: boolean, story: () => string): void {
  if (!holds) throw new Violation(story())
}

function checkMachine(state: State, machine: Machine): void {
  const { id } = machine.definition
  const leased = new Float64Array(machine.capacity.length)
  let running = 0
  for (const slot of machine.slots) {
    running += slot.running.length
    const busy = slot.running.length + slot.stopping.size > 0 || slot.dying
    demand(
      busy === slot.klass >= 0 || !machine.alive,
      () => `${id}/${slot.number} holds a lease without a reason, or runs without one`,
    )
    demand(
      slot.klass < 0 === machine.idle.includes(slot.number),
      () => `${id}/${slot.number} is idle and is not, or the reverse`,
    )
    for (const task of slot.running) {
      const { tasks } = state
      const here =
        tasks.state[task] === RUNNING &&
        tasks.machine[task] === machine.number &&
        tasks.slot[task] === slot.number
      demand(here, () => `${id}/${slot.number} runs task ${task}, which is not there`)
      demand(
        state.classes[tasks.klass[task]].needs.every(
          (need, resource) => need === state.classes[slot.klass].needs[resource],
        ),
        () => `${id}/${slot.number} runs task ${task}, which needs what it was not lent`,
      )
    }
    if (slot.klass < 0) continue
    state.classes[slot.klass].needs.forEach((need, resource) => {
      leased[resource] += need
    })
    leased[MEMORY] += slot.pinned
  }
  checkModels(state, machine, leased[MEMORY])
  demand(
    running === machine.running,
    () => `${id} counts ${machine.running} running, ${running} are`,
  )
  demand(new Set(machine.idle).size === machine.idle.length, () => `${id} lists an idle slot twice`)
  leased.forEach((amount, resource) => {
    const name = state.resources[resource]
    demand(
      amount <= machine.capacity[resource] + 1e-6,
      () => `${id} lends ${amount} ${name}, it has ${machine.capacity[resource]}`,
    )
    const books = machine.capacity[resource] - machine.free[resource]
    demand(
      Math.abs(books - amount) < 1e-6,
      () => `${id} says it lends ${books} ${name}, it lends ${amount}`,
    )
  })
}

/** What running attempts were lent, what stays loaded beside them, and what idle slots hold: all fits. */
function checkModels(state: State, machine: Machine, lent: number): void {
  const { id } = machine.definition
  let held = 0
  for (const slot of machine.slots) {
    const models = new Map<string, number>()
    for (const number of slot.loaded) {
      const { loads } = state.stages[number].definition
      if (loads !== undefined) models.set(modelName(loads), loads.memory)
    }
    if (slot.klass >= 0) {
      const { number, definition } = state.stages[slot.stage]
      demand(
        slot.loaded.includes(number),
        () => `${id}/${slot.number} runs ${definition.name} and has not loaded it`,
      )
      if (definition.loads !== undefined) models.delete(modelName(definition.loads))
    }
    const bytes = [...models.values()].reduce((sum, memory) => sum + memory, 0)
    demand(
      slot.pinned === (slot.klass < 0 ? 0 : bytes),
      () => `${id}/${slot.number} pins ${slot.pinned} of memory, its other models take ${bytes}`,
    )
    demand(
      slot.usedAt.length === slot.loaded.length,
      () => `${id}/${slot.number} does not know when it last used what it loaded`,
    )
    demand(
      slot.warm.every(number => slot.loaded.includes(number)),
      () => `${id}/${slot.number} answered for a stage that it no longer holds`,
    )
    if (slot.klass < 0) held += bytes
  }
  demand(
    lent + held <= machine.capacity[MEMORY] + 1e-6,
    () => `${id} lends ${lent} memory while idle models hold ${held}: too much`,
  )
}

const modelName = ({ name, memory }: { name: string; memory: number }) => `${name} of ${memory}`

/** Items held by open tasks, by stage; an item in two of them is two leases on it. */
function checkTasks(state: State): Set<number>[] {
  const { tasks } = state
  const taken = state.stages.map(() => new Set<number>())
  const queued = state.machines.map(() => 0)
  const queuedWork = state.machines.map(() => 0)
  const open = state.stages.map(() => 0)
  for (let task = 0; task < tasks.used; task += 1) {
    if (tasks.state[task] === FREE) continue
    const stage = state.stages[tasks.stage[task]]
    open[stage.number] += 1
    if (tasks.state[task] === ASSIGNED) {
      queued[tasks.machine[task]] += 1
      queuedWork[tasks.machine[task]] += tasks.predicted[task]
    }
    const end = tasks.first[task] + tasks.count[task]
    const first = tasks.state[task] === RUNNING ? end - tasks.left[task] : tasks.first[task]
    for (let index = first; index < end; index += 1) {
      const name = () => `item ${index} of ${stage.definition.name}`
      demand(!taken[stage.number].has(index), () => `${name()} is in two tasks`)
      demand(stateOf(stage.items, index) === OPEN, () => `${name()} has ended and is in a task`)
      taken[stage.number].add(index)
    }
  }
  state.machines.forEach((machine, at) => {
    demand(
      machine.queued === queued[at],
      () => `${machine.definition.id} counts ${machine.queued} queued, ${queued[at]} are`,
    )
    demand(
      Math.abs(machine.queuedWork - queuedWork[at]) <= 1e-6 * (1 + machine.assignedWork),
      () => `${machine.definition.id} expects ${machine.queuedWork} of work, ${queuedWork[at]} is`,
    )
    demand(
      machine.queued > 0 || machine.queuedWork === 0,
      () => `${machine.definition.id} has nothing queued and expects ${machine.queuedWork} of it`,
    )
  })
  state.stages.forEach((stage, at) => {
    demand(
      stage.openTasks === open[at],
      () => `${stage.definition.name} counts ${stage.openTasks} open tasks, ${open[at]} are`,
    )
    demand(
      stage.open === taken[at].size,
      () => `${stage.definition.name} counts ${stage.open} open items, ${taken[at].size} are`,
    )
  })
  return taken
}

/** Every known item is in one place: ended, in a task, ready to be cut, or waiting for what it follows. */
function checkStage(run: Run, stage: Stage, taken: ReadonlySet<number>): void {
  const { pool, items } = stage
  const name = stage.definition.name
  let pooled = 0
  pool.starts.forEach((start, at) => {
    demand(
      start < pool.ends[at] && (at === 0 || pool.ends[at - 1] < start),
      () => `the ready items of ${name} are no set of intervals`,
    )
    for (let index = start; index < pool.ends[at]; index += 1) {
      pooled += 1
      demand(!taken.has(index), () => `item ${index} of ${name} is ready and in a task`)
      demand(
        stateOf(items, index) === OPEN,
        () => `item ${index} of ${name} is ready and has ended`,
      )
    }
  })
  demand(pooled === pool.size, () => `${name} counts ${pool.size} ready, ${pooled} are`)
  const { kind } = stage.definition.link
  if (run.state !== 'active' || (kind !== 'source' && kind !== 'gather')) return
  let ended = 0
  for (let index = 0; index < stage.known; index += 1)
    if (stateOf(items, index) !== OPEN) ended += 1
  demand(
    ended + pooled + taken.size === stage.known,
    () =>
      `of ${stage.known} items of ${name}, ${ended} ended, ${taken.size} are in tasks, ${pooled} ready: the rest is lost`,
  )
}
