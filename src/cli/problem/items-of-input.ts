import { openInput } from '../../api/job-input.ts'
import { wishesOf } from '../../driver/wishes-of.ts'
import type { Job } from '../../model/job.ts'
import type { Wish } from '../../model/wish.ts'
import type { Store } from '../../port/store.ts'
import type { Micros } from '../../std/time.ts'

/** What is known of a job's items before it runs, or long after. */
type InputItems = {
  readonly sizes: readonly number[]
  /** By index; instants count from `since`. */
  readonly wishes: ReadonlyMap<number, Wish>
  /** False where items come by themselves, or are too many to be read here. */
  readonly known: boolean
}

/** All items, up to a million. Of a run that recorded them the store has even those that came by themselves. */
export async function itemsOfInput(
  job: Job,
  { since, recorded }: { readonly since: Micros; readonly recorded?: Recorded },
): Promise<InputItems> {
  const sizes: number[] = []
  const wishes = new Map<number, Wish>()
  const comes = job.input.kind === 'stdin' || job.input.kind === 'open'
  if (comes && recorded === undefined) return { sizes, wishes, known: false }
  const size = job.stages.find(({ after }) => after.length === 0)?.size ?? { kind: 'one' }
  const source = openInput(job, { ...(recorded ?? { store: nowhere }), size, since })
  try {
    for (let cursor: string | undefined; sizes.length < mostItems; ) {
      const chunk = await source.read(cursor, 10_000)
      for (const { index, ...wish } of wishesOf(chunk.items, sizes.length))
        wishes.set(index, from(since, wish))
      for (const item of chunk.items) sizes.push(item.size)
      // An open input is never done by itself: what was pushed ends where nothing more is kept.
      const isOver = chunk.done || (job.input.kind === 'open' && chunk.items.length === 0)
      if (isOver) return { sizes, wishes, known: true }
      cursor = chunk.cursor
    }
    return { sizes, wishes, known: false }
  } finally {
    await source.close()
  }
}

type Recorded = { readonly store: Store; readonly run: string }

const mostItems = 1_000_000

const nowhere = {
  spool: () => undefined,
  spooled: () => [],
  put: () => undefined,
  get: () => undefined,
}

function from(since: Micros, wish: Wish): Wish {
  const { notBefore, due } = wish
  return {
    ...wish,
    notBefore: Math.max(0, notBefore - since),
    ...(due === undefined ? {} : { due: due - since }),
  }
}
