import type { Problem } from '../../model/problem.ts'
import { resourceNumber } from '../initial.ts'
import { declaredBytes, MEMORY } from '../models.ts'
import { workOf } from '../ordered.ts'
import { taskQueue } from '../queue.ts'
import type { Stage } from '../stage.ts'
import type { Class, State } from '../state.ts'

/** The class of a task: same stage, needs, machines that can run it, priority, band. */
export function classOf(
  state: State,
  stage: Stage,
  task: { readonly index: number; readonly size: number },
  priority: number,
  memoryScale: number,
): Class {
  const link = stage.definition.link
  const own = link.kind === 'graph' ? link.problem.tasks[task.index].needs : undefined
  const { band } = state.runs[stage.run].order
  const plain = state.scratch.plain.get(stage.number)
  const able = stage.graph?.able[task.index] ?? 0
  const isPlain =
    own === undefined && able === 0 && priority === 0 && memoryScale === 1 && band === undefined
  if (isPlain && plain?.of === stage.definition) return plain.klass
  const banded = band === undefined ? 0 : band(workOf(stage, task.index, task.size))
  const klass = findClass(state, stage, own, { priority, memoryScale, band: banded, able })
  if (isPlain) state.scratch.plain.set(stage.number, { of: stage.definition, klass })
  return klass
}

function findClass(
  state: State,
  stage: Stage,
  own: Problem['tasks'][number]['needs'],
  { priority, memoryScale, band, able }: Pick<Class, 'priority' | 'memoryScale' | 'band' | 'able'>,
): Class {
  const needs = vectorOf(state, own ?? stage.definition.needs, memoryScale)
  needs[MEMORY] = Math.max(needs[MEMORY], declaredBytes(stage))
  const alike = classesByWishes(state, stage)
  const key = wishesOf({ priority, memoryScale, band, able, needs })
  const known = alike.get(key)
  if (known !== undefined) return state.classes[known]
  const created: Class = {
    number: state.classes.length,
    stage: stage.number,
    priority,
    memoryScale,
    band,
    able,
    needs,
    queue: taskQueue(),
  }
  state.classes.push(created)
  stage.classes.push(created.number)
  alike.set(key, created.number)
  return created
}

/** The classes of a stage by what tells them apart; made anew after a restart. */
function classesByWishes({ classes, scratch }: State, stage: Stage): Map<string, number> {
  const known = scratch.classes.get(stage.number)
  if (known !== undefined) return known
  const made = new Map<string, number>()
  for (const number of stage.classes.toReversed()) made.set(wishesOf(classes[number]), number)
  scratch.classes.set(stage.number, made)
  return made
}

/** Resources that became known after the class was made are not needed by it. */
function wishesOf(klass: Pick<Class, 'priority' | 'memoryScale' | 'band' | 'able' | 'needs'>) {
  const { priority, memoryScale, band, able, needs } = klass
  let wishes = `${priority},${memoryScale},${band},${able}`
  for (let at = 0; at < needs.length; at += 1) if (needs[at] !== 0) wishes += `,${at}:${needs[at]}`
  return wishes
}

function vectorOf(
  state: State,
  needs: Readonly<Record<string, number>>,
  memoryScale: number,
): Float64Array {
  const named = Object.entries(needs).map(([name, amount]) => [
    resourceNumber(state, name),
    amount * (name === 'memory' ? memoryScale : 1),
  ])
  const vector = new Float64Array(state.resources.length)
  for (const [resource, amount] of named) vector[resource] = amount
  return vector
}
