import { relative } from 'node:path'
import { InputError } from '../../model/input-error.ts'
import type { InputSpec, StageSpec } from '../../model/job.ts'
import type { Source } from '../../port/source.ts'
import type { Store } from '../../port/store.ts'
import { unreachable } from '../../std/assert.ts'
import { csvSource } from './csv.ts'
import { filesSource } from './files.ts'
import { jsonlSource } from './jsonl.ts'
import { gridSource, itemsSource, rangeSource } from './listed.ts'
import { type ImportModule, moduleSource } from './module.ts'
import { refuseBadTargets } from './output-targets.ts'
import type { PlacedSource } from './row.ts'
import { openRunSource, type Stdin, stdinSource } from './spooled.ts'
import { uniqueKeys } from './unique-keys.ts'
import type { WishOptions } from './wishes.ts'

export type OpenSourceOptions = {
  /** The job's folder: keys of files and places in messages are relative to it. */
  readonly folder: string
  /** What the first stage calls an item's size. */
  readonly size: StageSpec['size']
  readonly wishes?: WishOptions
  readonly params: Readonly<Record<string, unknown>>
  /** The run's name and the store its spooled items are in: for stdin and open inputs. */
  readonly run: string
  readonly store: Pick<Store, 'spool' | 'spooled' | 'put' | 'get'>
  readonly stdin: Stdin | undefined
  readonly importModule: ImportModule
  /** Templates of `each` outputs that will be filled with these items' keys. */
  readonly templates?: readonly string[]
}

/** The source of a job's input. Nothing is read before its first call. */
export function openSource(spec: InputSpec, options: OpenSourceOptions): Source {
  const source = openPlaced(spec, options)
  const checked = keysAreUnique(spec) ? source : uniqueKeys(source)
  const { folder } = options
  const kept = oneReadAtATime(refuseBadTargets(checked, spec, options.templates ?? []))
  return spec.kind === 'open' ? kept : refuseEmpty(kept, spec, folder)
}

function openPlaced(spec: InputSpec, options: OpenSourceOptions): PlacedSource {
  const { size, folder, wishes } = options
  const key = 'key' in spec ? spec.key : undefined
  const rows = { key, size, ...(wishes && { wishes }) }
  switch (spec.kind) {
    case 'files':
      return filesSource(spec.patterns, folder, rows)
    case 'jsonl':
      return jsonlSource(spec.path, shown(spec.path, folder), rows)
    case 'csv':
      return csvSource(spec.path, shown(spec.path, folder), { ...rows, delimiter: spec.delimiter })
    case 'range':
      return rangeSource(spec.from, spec.to, rows)
    case 'items':
      return itemsSource(spec.items, rows)
    case 'grid':
      return gridSource(spec.axes, rows)
    case 'stdin':
      return stdinSource(options.run, options.store, options.stdin, spec.format, rows)
    case 'module': {
      const versioned = { ...rows, version: spec.version }
      return moduleSource(spec.path, shown(spec.path, folder), versioned, options)
    }
    case 'open':
      return openRunSource(options.run, options.store, rows)
    default:
      return unreachable(spec)
  }
}

/** Keys that are indexes, numbers of a range or paths cannot repeat: nothing to remember. */
function keysAreUnique(spec: InputSpec): boolean {
  if (spec.kind === 'module' || spec.kind === 'open') return false
  return !('key' in spec) || spec.key === undefined
}

/**
 * The next window and items that are needed again may be asked for together; sources keep a reader open
 * at one place, so they take turns.
 */
function oneReadAtATime(source: Source): Source {
  let turn: Promise<unknown> = Promise.resolve()
  let isClosed = false
  const refuseClosed = (): void => {
    if (isClosed) throw new Error('the source was closed under its reading')
  }
  /** What a read has opened since goes, too. */
  const closeAfter = async (): Promise<void> => {
    if (isClosed) await source.close()
    refuseClosed()
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }
  return {
    fingerprint: () => inTurn(() => source.fingerprint()),
    count: () => inTurn(() => source.count()),
    read: (cursor, limit) =>
      inTurn(async () => {
        refuseClosed()
        const chunk = await source.read(cursor, limit)
        await closeAfter()
        return chunk
      }),
    // Not in turn: a read may be waiting for input that never comes.
    close: () => {
      isClosed = true
      return source.close()
    },
  }
}

function refuseEmpty(source: Source, spec: InputSpec, folder: string): Source {
  return {
    ...source,
    read: async (cursor, limit) => {
      const chunk = await source.read(cursor, limit)
      if (cursor === undefined && chunk.done && chunk.items.length === 0) {
        throw new InputError(`${nameOf(spec, folder)}: no items; expected at least one`)
      }
      return chunk
    },
  }
}

const nameOf = (spec: InputSpec, folder: string): string =>
  'path' in spec ? shown(spec.path, folder) : spec.kind

/** Paths of the job's own folder are shown from there, others whole. */
function shown(path: string, folder: string): string {
  const short = relative(folder, path)
  return short.startsWith('..') ? path : short
}
