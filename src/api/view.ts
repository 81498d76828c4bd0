import { itemStates } from '../core/items.ts'
import { isLive, type Run } from '../core/run.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import type { Payloads } from '../driver/payloads.ts'
import { storedName } from '../driver/stored-name.ts'
import { didYouMean } from '../input/nearest.ts'
import { InputError } from '../model/input-error.ts'
import type { RunRecord, Store } from '../port/store.ts'

/**
 * What commands look at: the durable state of a directory and its store. The owner looks at its own;
 * where none lives, a command opens the directory and looks itself.
 */
export type View = {
  readonly state: State
  readonly store: Store
  /** What items carry, where an owner has them in memory. */
  readonly payloads: Payloads | undefined
  /** A live process works on it; without one, whatever is not ended was interrupted. */
  readonly owned: boolean
}

export type RunRow = {
  readonly run: string
  readonly job: string
  readonly state: string
  /** Counts over the items of every stage; `total` grows until they are `complete`. */
  readonly items: {
    readonly total: number
    readonly complete: boolean
    readonly done: number
    readonly failed: number
  }
  /** Micros since the epoch. */
  readonly createdAt: number
  readonly endedAt: number | undefined
}

/** Every run of the directory, oldest first. */
export function listRuns(view: View): RunRow[] {
  const runs = new Map(view.state.runs.map(run => [run.definition.name, run]))
  return view.store.runs().map(record => {
    const run = runs.get(record.name)
    const stages = run?.stages.map(number => view.state.stages[number]) ?? []
    const count = (state: (typeof itemStates)[number]) =>
      stages.reduce((sum, stage) => sum + stage.items.counts[itemStates.indexOf(state)], 0)
    return {
      run: record.name,
      job: record.job,
      state: stateIn(view, run),
      items: {
        total: stages.reduce((sum, stage) => sum + stage.known, 0),
        complete: stages.length > 0 && stages.every(({ complete }) => complete),
        done: count('done') + count('stopped'),
        failed: count('failed'),
      },
      createdAt: record.createdAt,
      endedAt: run !== undefined && run.endedAt > 0 ? run.endedAt : undefined,
    }
  })
}

/** `active` while its owner lives; what a dead owner left is `interrupted`. */
export function stateOfRun(view: View, record: RunRecord): Run['state'] | 'interrupted' {
  return stateIn(view, runOf(view, record.name))
}

export function stateIn(
  view: Pick<View, 'owned'>,
  run: Run | undefined,
): Run['state'] | 'interrupted' {
  if (run === undefined) return 'interrupted'
  return isLive(run) && (!view.owned || run.state === 'paused') ? 'interrupted' : run.state
}

function runOf(view: View, name: string): Run | undefined {
  return view.state.runs.find(run => run.definition.name === name)
}

/** The run a command names: by its name, by its job's (the newest), or the newest of all. */
export function findRun(view: View, name: string | undefined): RunRecord {
  const records = view.store.runs()
  const newest = records.at(-1)
  if (newest === undefined)
    throw new InputError('no runs here; dray run begins one, --dir names another folder')
  if (name === undefined) return newest
  const found =
    records.find(record => record.name === name) ?? records.findLast(record => record.job === name)
  if (found !== undefined) return found
  const known = records.flatMap(record => [record.name, record.job])
  const begun = name === '' ? [] : known.filter(each => each.startsWith(name))
  const hint = didYouMean(begun.at(-1) ?? name, known)
  throw new InputError(`no run ${name} here${hint} (dray ls lists them)`)
}

/** The run of a record as the journal knows it. */
export function liveRunOf(view: View, record: RunRecord): Run {
  const run = runOf(view, record.name)
  if (run !== undefined) return run
  throw new InputError(
    `run ${record.name} was interrupted before its start was durable; run its job again`,
  )
}

/** A run's stages as its author wrote them: levels of a tree count as one. */
export function stagesOf(view: View, run: Run): Stage[] {
  const stages = run.stages.map(number => view.state.stages[number])
  return stages.filter(stage => stage.root === stage.number)
}

export function stageNamed(view: View, run: Run, name: string): Stage {
  const stages = stagesOf(view, run)
  const found = stages.find(stage => stage.definition.name === name)
  if (found !== undefined) return found
  const names = stages.map(stage => stage.definition.name)
  throw new InputError(
    `${run.definition.name} has no stage ${name}${didYouMean(name, names)} (it has ${names.join(', ')})`,
  )
}

/** The name under which the answers of a stage are kept; of a tree, those of its root. */
export const answersOf = (view: View, stage: Stage): string =>
  storedName(view.state, topOf(view.state, stage))

/** A stage; of a tree every level of it, the lowest first. */
export function levelsOf(state: State, stage: Stage): Stage[] {
  const levels = [stage]
  for (let at = stage; at.nextLevel >= 0; levels.push(at)) at = state.stages[at.nextLevel]
  return levels
}

/** Of a tree its root, where its one result is. */
export function topOf(state: State, stage: Stage): Stage {
  let top = stage
  while (top.nextLevel >= 0) top = state.stages[top.nextLevel]
  return top
}
