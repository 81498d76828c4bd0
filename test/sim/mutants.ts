/**
 * One-line faults of the core, each a promise broken. A mutant whose text is no longer found has
 * gone stale with the code it mocked, and its test says so.
 */
export type Mutant = {
  readonly breaks: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const mutants: readonly Mutant[] = [
  {
    breaks: 'fencing: any answer for a running task counts, whichever attempt it names',
    file: 'core/apply/attempt.ts',
    from: 'tasks.attempt[task] === attempt &&',
    to: '',
  },
  {
    breaks: 'order of answers: an answer for any item of the task counts as the next one',
    file: 'core/apply/attempt.ts',
    from: 'if (event.indexes[at] !== expected) continue',
    to: '',
  },
  {
    breaks: 'final states: an item may be answered again',
    file: 'core/items.ts',
    from: 'if (page[at] !== OPEN) return false',
    to: '',
  },
  {
    breaks: 'timeouts: an overdue head is never noticed',
    file: 'core/apply/slot.ts',
    from: 'if (timer.at < deadline) watchHead(state, machine, slot)',
    to: 'if (timer.at < Infinity) return',
  },
  {
    breaks: 'grace: what does not stop when asked is never killed',
    file: 'core/phase/recover.ts',
    from: '!slot.stopping.has(late.attempt)',
    to: 'slot.stopping.has(late.attempt)',
  },
  {
    breaks: 'leases: a fenced attempt gives back what it holds at once',
    file: 'core/apply/slot.ts',
    from: 'slot.stopping.size > 0 || slot.dying) return',
    to: 'slot.dying) return',
  },
  {
    breaks: 'leases: resources are given back twice',
    file: 'core/apply/slot.ts',
    from: 'machine.free[resource] += needs[resource]',
    to: 'machine.free[resource] += 2 * needs[resource]',
  },
  {
    breaks: 'leases: a task goes behind another that asked for less',
    file: 'core/phase/start.ts',
    from: 'if (klass.needs.some((need, resource) => need !== needs[resource])) return false',
    to: 'if (needs === undefined) return false',
  },
  {
    breaks: 'leases: a killed slot takes work before it is known to be gone',
    file: 'core/apply/slot.ts',
    from: 'slot.dying = true',
    to: '',
  },
  {
    breaks: 'retries: a retry is decided and forgotten',
    file: 'core/apply/stage.ts',
    from: 'state.runs[stage.run].retries += 1\n  settleReadiness(state, task)',
    to: 'state.runs[stage.run].retries += 1',
  },
  {
    breaks: 'backoff: what waits for its instant never wakes',
    file: 'core/apply/stage.ts',
    from: "setTimer(state.timers, { kind: 'task', at, task })",
    to: '',
  },
  {
    breaks: 'losses: what a lost machine ran is forgotten',
    file: 'core/apply/machine.ts',
    from: "for (const task of [...slot.running]) returnTask(state, machine, slot, task, 'together')",
    to: 'slot.running.length = 0',
  },
  {
    breaks: 'losses: what a lost machine had queued stays there',
    file: 'core/apply/assignment.ts',
    from: 'unassign(state, [task])',
    to: '',
  },
  {
    breaks: 'company: a slot that dies charges the first of many',
    file: 'core/apply/slot.ts',
    from: 'const alone = single && ',
    to: 'const alone = ',
  },
  {
    breaks: 'replay: decisions are not applied again',
    file: 'core/step.ts',
    from: 'for (const decision of decisions) applyDecision(state, decision)',
    to: '',
  },
  {
    breaks: 'replay: timers are not fired again',
    file: 'core/step.ts',
    from: 'for (const event of events) applyEvent(state, event)\n  expire(state, now)',
    to: 'for (const event of events) applyEvent(state, event)',
  },
  {
    breaks: 'terms: a new loop believes the old one’s attempts still run',
    file: 'core/apply/apply.ts',
    from: 'for (const machine of state.machines) if (machine.alive) left(state, machine)',
    to: '',
  },
  {
    breaks: 'precedence: an item goes on though what it follows failed',
    file: 'core/apply/items.ts',
    from: 'if (succeeded) addInterval(next.pool, index, 1)',
    to: 'if (succeeded || code === FAILED) addInterval(next.pool, index, 1)',
  },
  {
    breaks: 'trees: a node does not wait for its last input',
    file: 'core/apply/items.ts',
    from: 'if (arrived === nodeInputs(state, next, node, fanIn)) makeNodeReady(next, node)',
    to: 'if (arrived === 1) makeNodeReady(next, node)',
  },
  {
    breaks: 'snapshots: inputs that have arrived at a node are left out',
    file: 'core/snapshot.ts',
    from: 'arrived: [...arrived],',
    to: 'arrived: [],',
  },
  {
    breaks: 'models: nothing is ever dropped to make room',
    file: 'core/phase/evict.ts',
    from: 'while (heldIdle(state, machine, target, stage) > room) {',
    to: 'while (heldIdle(state, machine, target, stage) > Infinity) {',
  },
  {
    breaks: 'models: one is dropped under a running attempt',
    file: 'core/phase/evict.ts',
    from: 'if (slot.klass >= 0) continue',
    to: '',
  },
  {
    breaks: 'models: the one just used goes first',
    file: 'core/phase/evict.ts',
    from: 'usedAt < (least?.usedAt ?? Infinity)',
    to: 'usedAt > (least?.usedAt ?? 0)',
  },
  {
    breaks: 'models: what stays loaded in a busy slot is not counted',
    file: 'core/apply/attempt.ts',
    from: 'if (fresh && slot.loaded.length > 1) pinModels(state, machine, slot)',
    to: '',
  },
  {
    breaks: 'shares: a tenant that was away is owed all that others had meanwhile',
    file: 'core/tenants.ts',
    from: 'Math.max(state.virtualTime, tenant.finish)',
    to: 'tenant.finish',
  },
  {
    breaks: 'shares: a replay does not charge what was started',
    file: 'core/apply/attempt.ts',
    from: 'if (state.charging) charge',
    to: 'if (state.charging && !state.scratch.replaying) charge',
  },
  {
    breaks: 'orders: urgency is not asked of the heads of queues',
    file: 'core/phase/next-class.ts',
    from: 'order.urgency === undefined ? 0 : compareHeads',
    to: 'order.urgency !== undefined ? 0 : compareHeads',
  },
  {
    breaks: 'tolerance: a run never gives up',
    file: 'core/phase/recover.ts',
    from: 'if (failed <= allowed) return',
    to: 'return',
  },
  {
    breaks: 'snapshots: what is fenced and not yet gone is forgotten',
    file: 'core/snapshot.ts',
    from: 'stopping: [...slot.stopping] }',
    to: 'stopping: [] }',
  },
  {
    breaks: 'snapshots: what pushed items wished for is forgotten',
    file: 'core/snapshot.ts',
    from: 'wishes: [...wishes],',
    to: 'wishes: [],',
  },
  {
    breaks: 'back-pressure: a source reads on though nobody takes the results',
    file: 'core/phase/expand.ts',
    from: 'if (unconsumed(state, stage) > limits.unconsumed) return',
    to: '',
  },
  {
    breaks: 'back-pressure: a source that waited is not asked again',
    file: 'core/apply/items.ts',
    from: 'if (head !== stage) mark',
    to: 'if (head === stage) mark',
  },
  {
    breaks: 'windows: a source is read to its end at once',
    file: 'core/phase/expand.ts',
    from: 'if (ahead > readWindowOf(state, run, stage) - limits.readItems) return',
    to: '',
  },
  {
    breaks: 'memory: payloads of what is over are kept',
    file: 'driver/payloads.ts',
    from: 'if (!leavesEnded(state, stage, first + at)) stow',
    to: 'stow',
  },
  {
    breaks: 'pressure: a machine starts what its own queue holds',
    file: 'core/phase/start.ts',
    from: 'if (!machine.alive || machine.pressure) return\n  while',
    to: 'if (!machine.alive) return\n  while',
  },
  {
    breaks: 'cancelling: attempts of other runs are stopped too',
    file: 'core/phase/recover.ts',
    from: 'slot.running.length === 0 || state.stages[slot.stage].run !== run.number',
    to: 'slot.running.length === 0',
  },
  {
    breaks: 'company: what must travel alone is taken along',
    file: 'core/phase/message.ts',
    from: 'tasks.alone[next] === 1 || ',
    to: '',
  },
  {
    breaks: 'slots: one that is being ended is fed',
    file: 'core/phase/start.ts',
    from: ' || slot.killing !== undefined)',
    to: ')',
  },
  {
    breaks: 'estimates: a fast machine’s times are taken for any machine’s',
    file: 'core/apply/attempt.ts',
    from: 'micros * machine.definition.speed',
    to: 'micros',
  },
  {
    breaks: 'needs: what waits keeps the class of needs since changed',
    file: 'core/apply/redefine.ts',
    from: 'reclassify(state, run)\n',
    to: '',
  },
  {
    breaks: 'memory: what kept items carried is never let go',
    file: 'driver/release.ts',
    from: 'for (const index of items) release(state, payloads, state.stages[stage], index)',
    to: ';',
  },
]
