import type { Run } from '../../core/run.ts'
import type { Stage } from '../../core/stage.ts'
import { headOf } from '../../driver/chain.ts'
import { cargoOf } from '../../driver/payloads.ts'
import { didYouMean } from '../../input/nearest.ts'
import { InputError } from '../../model/input-error.ts'
import type { InputSpec, Job } from '../../model/job.ts'
import { keyInLine, shortKey } from '../../std/columns.ts'
import { formatCount } from '../../std/units.ts'
import { jobOf } from '../recorded-job.ts'
import { WHOLE } from '../whole-answers.ts'
import { answersOf, stageNamed, stagesOf, type View } from '../view.ts'

export type FoundItem = {
  readonly index: number
  /** The first stage that has it under its key: groups and wholes are other items than the input's. */
  readonly from?: Stage
}

/**
 * Number of an item by its key: in memory, among the answers, else in the input itself, which is read
 * from its beginning until the key turns up. Where keys are numbers of their own a key goes before a
 * number.
 */
export async function findItem(
  view: View,
  run: Run,
  item: string,
  stage?: string,
): Promise<FoundItem> {
  const chosen = stage === undefined ? stagesOf(view, run) : [stageNamed(view, run, stage)]
  const seen: string[] = []
  const tree = item === WHOLE ? chosen.find(isEndedTree) : undefined
  if (tree !== undefined) return { index: 0, from: tree }
  const known = inMemory(view, chosen, item) ?? amongAnswers(view, run, chosen, item, seen)
  if (known !== undefined) return known
  const number = /^\d+$/.test(item) ? Number(item) : -1
  const isNumber = number >= 0 && stagesOf(view, run).some(at => number < at.known)
  const record = view.store.run(run.definition.name)
  const job = record && jobOf(record)
  const whole = item === WHOLE && job ? chosen.find(stage => makesWhole(stage, job)) : undefined
  if (isNumber && !hasKeys(job?.input)) return { index: number }
  const looked = job === undefined ? nothing : await inInput(view, run, job, item, seen)
  if (looked.index !== undefined) return { index: looked.index }
  if (isNumber) return { index: number }
  if (whole !== undefined) return { index: 0, from: whole }
  if (stagesOf(view, run).some(({ definition: { name } }) => name === item))
    throw new InputError(
      `${item} is a stage of ${run.definition.name}, not an item; expected an item's key after the run, or --stage ${item}`,
    )
  const reach = looked.cut ? ` among the first ${formatCount(looked.items)} of its input` : ''
  throw new InputError(
    `${run.definition.name} has no item ${item === '' ? 'of an empty key' : keyInLine(item)}${reach}${didYouMean(item, seen)}${such(seen)}; expected an item's key, or its number from 0`,
  )
}

/** Its one item, of the key `all`, may be yet to come. */
function makesWhole({ definition: { name, link } }: Stage, { stages }: Job): boolean {
  const spec = stages.find(stage => stage.name === name)
  const isWhole = spec?.kind === 'single' || (spec?.kind === 'reduce' && spec.by === undefined)
  return isWhole && (link.kind === 'gather' || link.kind === 'tree')
}

const isEndedTree = ({ definition, complete }: Stage): boolean =>
  definition.link.kind === 'tree' && complete

/** Keys of items by stage and number, as far as they are known without reading the input. */
export function keysOf(view: View, run: Run): (stage: string, index: number) => { key?: string } {
  const stages = new Map(stagesOf(view, run).map(stage => [stage.definition.name, stage]))
  const known = new Map<string, { key?: string }>()
  return (name, index) => {
    const id = `${index} ${name}`
    const found = known.get(id)
    if (found !== undefined) return found
    const stage = stages.get(name)
    const key =
      stage === undefined
        ? undefined
        : ((view.payloads && cargoOf(view.state, view.payloads, stage, index)?.key) ??
          view.store.result(run.definition.name, name, index)?.key)
    const said = key === undefined || key === String(index) ? {} : { key }
    known.set(id, said)
    return said
  }
}

const such = (seen: readonly string[]): string =>
  seen.length === 0
    ? ''
    : `; keys are such as ${[...new Set(seen)].slice(0, 3).map(shortKey).join(', ')}`

function inMemory(view: View, stages: readonly Stage[], item: string): FoundItem | undefined {
  for (const stage of stages) {
    for (const [index, { key }] of view.payloads?.cargo.get(stage.number)?.items ?? [])
      if (key === item) return { index, from: headOf(view.state, stage) }
  }
  return undefined
}

/** How many keys are collected on the way, to suggest one for a mistyped key. */
const mostHeard = 10_000

function amongAnswers(
  view: View,
  run: Run,
  stages: readonly Stage[],
  item: string,
  seen: string[],
): FoundItem | undefined {
  for (const stage of stages) {
    const answers = view.store.answered(run.definition.name, answersOf(view, stage))
    for (const { index, key } of answers) {
      if (key === item) return { index, from: headOf(view.state, stage) }
      if (seen.length < mostHeard) seen.push(key)
    }
  }
  return undefined
}

/** Whether items have keys other than their numbers. */
function hasKeys(input: InputSpec | undefined): boolean {
  if (input === undefined) return false
  if ('key' in input) return input.key !== undefined || input.kind === 'module'
  return input.kind !== 'range' || input.from !== 0
}

type Looked = { readonly index?: number; readonly items: number; readonly cut: boolean }

const nothing: Looked = { items: 0, cut: false }

async function inInput(
  view: View,
  run: Run,
  job: Job,
  item: string,
  seen: string[],
): Promise<Looked> {
  // Loaded only when needed: it is rarely used and doubles what a question loads.
  const { openInput, readThrough } = await import('../job-input.ts')
  const source = openInput(job, { store: view.store, run: run.definition.name })
  try {
    let index: number | undefined
    const read = await readThrough(source, ({ key }, at) => {
      if (key === item) index = at
      else if (seen.length < mostHeard) seen.push(key)
      return index !== undefined
    })
    return { ...read, index }
  } catch (error) {
    // An input that is gone, or was never kept, cannot name its items; that is no fault of the question.
    if (error instanceof InputError) return nothing
    throw error
  } finally {
    await source.close()
  }
}
