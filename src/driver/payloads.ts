import { limits } from '../core/limits.ts'
import { hash64 } from '../std/hash64.ts'
import type { Stage } from '../core/stage.ts'
import type { State } from '../core/state.ts'
import type { AttemptItem } from '../port/executor.ts'
import type { Source, SourceItem } from '../port/source.ts'
import type { Store } from '../port/store.ts'
import { headOf, isFollowed, leavesEnded } from './chain.ts'
import { emptyHold, type Hold, put, take } from './hold.ts'
import { type PushedItems, pushedItems } from './pushed-page.ts'
import { runName, storedName } from './stored-name.ts'

/**
 * What items carry. The core knows indexes only; here their keys, payloads and versions wait between
 * the source and the last stage that needs them. What is not here (after a restart, or pushed out) is
 * read again: from the source by its window's cursor, from the spool where it was pushed, or from the
 * stored result upstream.
 */
type Cargo = {
  readonly key: string
  readonly version: string
  /** The source's payload; dropped once the first stage has answered. */
  readonly payload: string
}

export type Payloads = {
  /** By number of the stage that reads the source. */
  readonly cargo: Map<number, Hold<Cargo>>
  /** Results that an item-linked stage downstream has still to take, by stage number. */
  readonly results: Map<number, Hold<string>>
  /** Of items in flight that took another stage's result: a hash of it, by stage number. */
  readonly inputs: Map<number, Map<number, string>>
  readonly sources: Map<number, Source>
  /** Opens a stage's source at its first use. */
  readonly openSource: (stage: Stage) => Source
  readonly gathers: Map<number, GatheredGroups>
  readonly pushed: PushedItems
}

/** Payloads of a gather stage: one a group, each naming or holding the results of its group. */
export type GatheredGroups = {
  readonly keys: readonly string[]
  /** The same for the same results in the same order. */
  readonly versions: readonly string[]
  readonly payload: (group: number) => string
}

export function payloadsOf(
  openSource: (stage: Stage) => Source,
  store: Pick<Store, 'spooled'>,
): Payloads {
  return {
    cargo: new Map(),
    results: new Map(),
    inputs: new Map(),
    sources: new Map(),
    gathers: new Map(),
    pushed: pushedItems(store),
    openSource,
  }
}

export function sourceOf(payloads: Payloads, stage: Stage): Source {
  let source = payloads.sources.get(stage.number)
  if (source === undefined)
    payloads.sources.set(stage.number, (source = payloads.openSource(stage)))
  return source
}

export function stow(
  payloads: Payloads,
  stage: number,
  first: number,
  items: readonly SourceItem[],
): void {
  let hold = payloads.cargo.get(stage)
  if (hold === undefined) payloads.cargo.set(stage, (hold = emptyHold(bytesOf)))
  for (let at = 0; at < items.length; at += 1) {
    const { key, version, payload } = items[at]
    put(hold, first + at, { key, version, payload })
  }
}

/** Pushed items are in the spool: beyond so much, those just stowed need not wait in memory too. */
export function unstow(payloads: Payloads, stage: number, first: number, count: number): void {
  const { pushed } = payloads
  const hold = payloads.cargo.get(stage)
  for (let index = first; index < first + count; index += 1) {
    const cargo = hold?.items.get(index)
    if (cargo === undefined) continue
    const bytes = bytesOf(cargo)
    if (pushed.held + bytes > limits.pushedBytes) take(hold, index)
    else pushed.held += bytes
  }
}

/** In memory, its place in the map included. */
const bytesOf = (cargo: Cargo): number => 200 + cargo.key.length + cargo.payload.length

/** An item as its attempt carries it, or `undefined` if it must be fetched first. */
export function itemFor(
  state: State,
  payloads: Payloads,
  store: Store,
  stage: Stage,
  index: number,
): AttemptItem | undefined {
  const { link } = stage.definition
  if (link.kind === 'source') {
    const cargo = cargoHeld(payloads, stage, index) ?? takePushed(state, payloads, stage, index)
    return cargo === undefined ? undefined : { index, key: cargo.key, payload: cargo.payload }
  }
  if (link.kind === 'item') return linkedItem(state, payloads, store, stage, index)
  if (link.kind === 'graph') return { index, key: '', payload: '' }
  if (link.kind === 'tree') return treeItem(state, store, stage, index, link.fanIn)
  const groups = payloads.gathers.get(stage.number)
  return groups === undefined
    ? undefined
    : { index, key: groups.keys[index], payload: groups.payload(index) }
}

/** A pushed item that does not wait in memory, on its way to its attempt. */
function takePushed(
  state: State,
  payloads: Payloads,
  stage: Stage,
  index: number,
): Cargo | undefined {
  const item = pushedItem(state, payloads, stage, index)
  if (item === undefined) return undefined
  stow(payloads, stage.number, index, [{ ...item, version: '', size: 1 }])
  const cargo = cargoHeld(payloads, stage, index)
  if (cargo !== undefined) payloads.pushed.held += bytesOf(cargo)
  return cargo
}

const cargoHeld = (payloads: Payloads, stage: Stage, index: number): Cargo | undefined =>
  payloads.cargo.get(stage.number)?.items.get(index)

function pushedItem(state: State, payloads: Payloads, stage: Stage, index: number) {
  const { link } = stage.definition
  if (link.kind !== 'source' || link.pushed !== true || index >= stage.known) return undefined
  return payloads.pushed.item(runName(state, stage), index)
}

function linkedItem(
  state: State,
  payloads: Payloads,
  store: Store,
  stage: Stage,
  index: number,
): AttemptItem | undefined {
  const upstream = state.stages[stage.upstream]
  const text = payloads.results.get(upstream.number)?.items.get(index)
  const known = cargoOf(state, payloads, stage, index)
  if (text !== undefined && known !== undefined) {
    noteInput(payloads, stage.number, index, hash64(text))
    return { index, key: known.key, payload: text }
  }
  const stored = store.result(runName(state, upstream), storedName(state, upstream), index)
  if (stored === undefined) return undefined
  const head = headOf(state, stage).number
  if (known === undefined) stow(payloads, head, index, [{ ...stored, payload: '', size: 1 }])
  noteInput(payloads, stage.number, index, hash64(stored.payload))
  return { index, key: stored.key, payload: stored.payload }
}

export function noteInput(payloads: Payloads, stage: number, index: number, input: string): void {
  const inputs = payloads.inputs.get(stage)
  if (inputs === undefined) payloads.inputs.set(stage, new Map([[index, input]]))
  else inputs.set(index, input)
}

/** What an item was made from, told once: it has ended. */
export function takeVersion(
  { inputs }: Payloads,
  { number, definition }: Stage,
  index: number,
  ofSource: string,
): string {
  if (definition.link.kind !== 'item') return ofSource
  const input = inputs.get(number)?.get(index) ?? ''
  inputs.get(number)?.delete(index)
  return input
}

function treeItem(
  state: State,
  store: Store,
  stage: Stage,
  index: number,
  fanIn: number,
): AttemptItem {
  const upstream = state.stages[stage.upstream]
  const results: string[] = []
  const end = Math.min(upstream.known, (index + 1) * fanIn)
  for (let at = index * fanIn; at < end; at += 1) {
    const stored = store.result(runName(state, upstream), storedName(state, upstream), at)
    if (stored?.state === 'done' || stored?.state === 'stopped') results.push(stored.payload)
  }
  return { index, key: String(index), payload: `{"results":[${results.join(',')}]}` }
}

/** Key and version of an item of any stage of a chain; gather and tree nodes have their own. */
export function cargoOf(
  state: State,
  payloads: Payloads,
  stage: Stage,
  index: number,
): { key: string; version: string } | undefined {
  const head = headOf(state, stage)
  const kind = head.definition.link.kind
  if (kind === 'source') {
    const cargo = cargoHeld(payloads, head, index)
    if (cargo !== undefined) return cargo
    const pushed = pushedItem(state, payloads, head, index)
    return pushed === undefined ? undefined : { key: pushed.key, version: '' }
  }
  if (kind === 'gather') {
    const groups = payloads.gathers.get(head.number)
    if (groups !== undefined) return { key: groups.keys[index], version: groups.versions[index] }
    // Not gathered in this life of the run: a stage after it has taken the key from its stored result.
    return cargoHeld(payloads, head, index)
  }
  return { key: kind === 'graph' ? '' : String(index), version: '' }
}

/** Keeps a result for an item-linked stage downstream, while there is room: the store has it too. */
export function retain(
  state: State,
  payloads: Payloads,
  stage: Stage,
  index: number,
  text: string,
): void {
  if (!isFollowed(state, stage)) return
  let hold = payloads.results.get(stage.number)
  if (hold === undefined)
    payloads.results.set(stage.number, (hold = emptyHold(({ length }) => length)))
  if (hold.size + text.length <= limits.heldCharacters) put(hold, index, text)
}

/**
 * Reads the window of the source that holds an item again. Resolves when its cargo is here, and that of
 * its neighbours which have not ended either. Pushed items have no windows, and need none.
 */
export async function refetch(
  state: State,
  payloads: Payloads,
  stage: Stage,
  index: number,
): Promise<void> {
  const { link } = stage.definition
  if (link.kind === 'source' && link.pushed === true) return
  const source = sourceOf(payloads, stage)
  let mark = 0
  while (mark + 1 < stage.marks.length && stage.marks[mark + 1].first <= index) mark += 1
  let { first, cursor } = stage.marks[mark]
  const end = mark + 1 < stage.marks.length ? stage.marks[mark + 1].first : stage.known
  while (first < end) {
    const chunk = await source.read(cursor, end - first)
    for (const [at, item] of chunk.items.entries())
      if (!leavesEnded(state, stage, first + at)) stow(payloads, stage.number, first + at, [item])
    first += chunk.items.length
    cursor = chunk.cursor
    if (chunk.items.length === 0 || chunk.done) break
  }
}
