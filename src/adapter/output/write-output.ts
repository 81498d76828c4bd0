import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { OutputSpec } from '../../model/job.ts'
import { templateRoot } from '../../model/output-template.ts'
import type { StoredResult } from '../../port/store.ts'
import { unreachable } from '../../std/assert.ts'
import { removeAbandoned } from './atomic-file.ts'
import { writeCsv } from './csv.ts'
import { writeEach } from './each.ts'
import { writeJsonl } from './jsonl.ts'

/** What was written, for the summary of a run. */
export type Written = {
  /** The file, or the output folder of `each`. */
  readonly path: string
  readonly files: number
  readonly bytes: number
  /** When the file, or the last of them, was changed, in ms since the epoch as its system tells it. */
  readonly changedAt?: number
  /** How many took the place of one that had been changed since an earlier run wrote it. */
  readonly replaced?: number
  /** Items in it, failed ones included where the format has room for them. */
  readonly items: number
  /** Items that could not be written where their key said: the first of them, and how many. */
  readonly refused: readonly RefusedItem[]
  readonly refusedCount: number
}

export type RefusedItem = { readonly index: number; readonly key: string; readonly reason: string }

/**
 * A stage's results as files, written at completion from what is committed, in item order and in
 * bounded memory. Each file is complete or absent. Throws `OutputError` (disk full, no permission);
 * an item that would leave the output folder is refused by itself and named. `before`: what earlier runs wrote.
 */
export async function writeOutput(
  spec: OutputSpec,
  results: Iterable<StoredResult>,
  before: readonly Written[] = [],
): Promise<Written> {
  switch (spec.kind) {
    case 'jsonl':
      return oneFile(spec.path, before, () => writeJsonl(spec.path, results))
    case 'csv':
      return oneFile(spec.path, before, () => writeCsv(spec.path, results))
    case 'each': {
      const root = templateRoot(spec.template)
      await removeAbandoned(root)
      const times = before.map(({ path, changedAt }) => (path === root ? (changedAt ?? 0) : 0))
      return writeEach(spec.template, results, Math.max(0, ...times) || Number.POSITIVE_INFINITY)
    }
    default:
      return unreachable(spec)
  }
}

/** How a file is no longer the one that was written there; `undefined`: it is, or it is gone. */
export function changeSince({ path, bytes, changedAt }: Written): ChangeSince | undefined {
  const now = statSync(path, { throwIfNoEntry: false })
  if (now === undefined || !now.isFile() || changedAt === undefined) return undefined
  if (now.size !== bytes) return { kind: 'other', bytes: now.size }
  return now.mtimeMs === changedAt ? undefined : { kind: 'touched' }
}

type ChangeSince = { readonly kind: 'other'; readonly bytes: number } | { readonly kind: 'touched' }

async function oneFile(
  path: string,
  before: readonly Written[],
  write: () => Promise<{ readonly bytes: number; readonly items: number }>,
): Promise<Written> {
  await removeAbandoned(dirname(path))
  const isReplaced = before.some(file => file.path === path && changeSince(file) !== undefined)
  const { bytes, items } = await write()
  const { mtimeMs: changedAt } = await stat(path)
  const replaced = isReplaced ? { replaced: 1 } : {}
  return { path, files: 1, bytes, items, changedAt, ...replaced, refused: [], refusedCount: 0 }
}
