import { importedOr } from '../adapter/modules/import-module.ts'
import { openSource } from '../adapter/source/open-source.ts'
import type { Job, StageSpec } from '../model/job.ts'
import type { Source, SourceItem } from '../port/source.ts'
import type { Store } from '../port/store.ts'

/**
 * The input of a job, opened. Runs say whose it is, what its first stage calls a size, where standard
 * input comes from and what files will be named after its keys; a look at it needs none of that.
 */
export function openInput(job: Job, options: OpenInputOptions): Source {
  const { run = '', size = { kind: 'one' }, since = 0, store, stdin, templates = [] } = options
  const { wishes } = job
  return openSource(job.input, {
    folder: job.folder,
    params: job.params,
    run,
    size,
    ...(wishes && { wishes: { fields: wishes, since } }),
    store,
    stdin,
    templates,
    importModule: importedOr,
  })
}

type OpenInputOptions = {
  readonly store: Pick<Store, 'spool' | 'spooled' | 'put' | 'get'>
  readonly run?: string
  readonly size?: StageSpec['size']
  /** The run's submission, micros since the epoch; what items wish for counts from there. */
  readonly since?: number
  readonly stdin?: AsyncIterable<Uint8Array | string> | undefined
  readonly templates?: readonly string[]
}

/**
 * Item by item from the first, until `hear` has heard enough (it answers `true`), the input ends, or
 * one question has read as much as it may: some seconds of short lines.
 */
export async function readThrough(
  source: Source,
  hear: (item: SourceItem, index: number) => boolean | Promise<boolean>,
): Promise<{ readonly items: number; readonly cut: boolean }> {
  const began = performance.now()
  let cursor: string | undefined
  for (let items = 0; ; ) {
    const chunk = await source.read(cursor, window)
    for (const item of chunk.items) {
      const heard = hear(item, items++)
      if (typeof heard === 'boolean' ? heard : await heard) return { items, cut: false }
    }
    if (chunk.done || chunk.items.length === 0) return { items, cut: false }
    if (items >= mostItems || performance.now() - began > mostMillis) return { items, cut: true }
    cursor = chunk.cursor
  }
}

const mostItems = 1_000_000
const mostMillis = 5_000
const window = 10_000
