import { hash64 } from '../../std/hash64.ts'
import type { Job } from '../../model/job.ts'
import type { SourceItem } from '../../port/source.ts'
import type { Store } from '../../port/store.ts'
import { type Answered, answersBefore, type StageBefore } from './answers-before.ts'
import { equalVersion, sameVersion } from './same-version.ts'

/**
 * Whether what earlier runs made of an item still holds: its key is known, what it was made from is the same, and
 * nobody asked for its stage again. The run asks as it reads items and as they end, `--explain` before it runs:
 * both here, so that what is foretold is what happens.
 */
export type StillHolds = {
  /** Of the first stage of a chain: what holds, and the item's version as it is kept from now on. */
  ofItem(
    stage: string,
    item: SourceItem,
    of: 'source' | 'groups',
  ): ItemHeld | undefined | Promise<ItemHeld | undefined>
  /** Of a stage that takes a result, which is given: `run`: one of before, that has it. */
  ofResult(stage: string, key: string, takes: Taken): Answered | undefined
  /** What earlier runs made of a stage; of one that is asked for again, too. */
  before(stage: string): StageBefore
  isRedone(stage: string): boolean
}

type ItemHeld = { readonly place: Answered; readonly version: string }

type Taken = { readonly text: () => string; readonly run?: string }

export function stillHolds(
  store: Store,
  job: Pick<Job, 'input'>,
  after: { readonly previous: string; readonly redo: readonly string[] },
): StillHolds {
  const before = answersBefore(store, after.previous)
  const redo = new Set(after.redo)
  const isSame = sameVersion(job)
  const answerTo = (stage: string, key: string): Answered | undefined =>
    redo.has(stage) ? undefined : before(stage).answers.get(key)
  return {
    before,
    isRedone: stage => redo.has(stage),
    ofItem(stage, item, of) {
      const place = item.problem === undefined ? answerTo(stage, item.key) : undefined
      if (place === undefined) return undefined
      const version = (of === 'source' ? isSame : equalVersion)(place.version, item)
      const held = (version: string | undefined) =>
        version === undefined ? undefined : { place, version }
      return typeof version === 'object' ? version.then(held) : held(version)
    },
    ofResult(stage, key, { text, run }) {
      const place = answerTo(stage, key)
      if (place === undefined) return undefined
      // Within one run, a result was made from that same run's result of the stage before.
      return place.run === run || place.version === hash64(text()) ? place : undefined
    },
  }
}
