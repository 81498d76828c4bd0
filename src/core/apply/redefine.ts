import type { RunDefinition } from '../../model/run.ts'
import { newRun } from '../initial.ts'
import { affordableScale } from '../models.ts'
import type { Run } from '../run.ts'
import type { State } from '../state.ts'
import { ASSIGNED, moveTask, READY, WAITING } from '../tasks.ts'
import { joinTenants } from '../tenants.ts'
import { classOf } from './classes.ts'
import { rebuildQueues } from './enqueue.ts'
import { forgetAssignment } from './assignment.ts'

/**
 * The same stages under other policies. Running tasks keep the resources they hold; everything else follows the
 * new policies.
 */
export function redefineRun(state: State, run: Run, definition: RunDefinition): void {
  const { allocation, order } = newRun(run.number, definition, run.submittedAt)
  Object.assign(run, { definition, allocation, order })
  joinTenants(state, run)
  for (const number of run.stages) {
    const stage = state.stages[number]
    const again = definition.stages.find(({ name }) => name === stage.definition.name)
    if (again !== undefined) Object.assign(stage, { definition: again })
  }
  reclassify(state, run)
  if (!state.scratch.replaying) rebuildQueues(state)
}

/** Tasks that do not run join the class of what they need now: the old needs may fit nowhere any more. */
function reclassify(state: State, run: Run): void {
  const { tasks } = state
  for (let task = 0; task < tasks.used; task += 1) {
    const at = tasks.state[task]
    if (at !== READY && at !== WAITING && at !== ASSIGNED) continue
    const stage = state.stages[tasks.stage[task]]
    if (stage.run !== run.number) continue
    const { number, priority, memoryScale } = state.classes[tasks.klass[task]]
    const item = { index: tasks.first[task], size: tasks.size[task] }
    // The memory scale that a retry was granted under the old needs may exceed every machine under the new
    // ones.
    const scale = affordableScale(state, stage, memoryScale, 1) ?? 1
    const klass = classOf(state, stage, item, priority, scale)
    if (klass.number === number) continue
    if (at === ASSIGNED) {
      forgetAssignment(state, task)
      moveTask(tasks, task, READY)
    }
    tasks.klass[task] = klass.number
  }
}
