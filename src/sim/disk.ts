import type { Entry, HistoryBatch, Journal, Snapshot } from '../port/journal.ts'
import { JournalError } from '../port/journal-error.ts'
import type { Store } from '../port/store.ts'
import { assert, unreachable } from '../std/assert.ts'
import {
  commit,
  copyDurable,
  emptyStore,
  type StoreState,
  simulatedStore,
  tearAfter,
} from './store.ts'

/**
 * A disk in memory, the twin of a directory: it holds what was committed, loses the rest when the node
 * crashes, and can be told to fail. An append that fails is ambiguous on purpose: a real disk may have
 * kept the commit whose fsync it reported as failed, so both outcomes are simulated.
 */
export type Disk = {
  readonly journal: Journal
  readonly store: Store
  close(): void
  /** The node dies: the disk as it is found afterwards. The old handles refuse from now on. */
  crash(): Disk
  /** The next append throws; `kept` says whether the disk holds it nevertheless. */
  failNextAppend(outcome: 'lost' | 'kept'): void
  failNextSnapshot(outcome: 'lost' | 'kept'): void
  /** Loses the last commits, each with its results: a disk that lied about fsync, or a cut WAL. */
  tearTail(commits: number): void
  damage(damage: Damage, sequence: number): void
}

/** To an entry: lost, one bit of its body changed, followed by itself again, exchanged with the next. */
type Damage = 'drop' | 'flip' | 'repeat' | 'swap'

export function createDisk(): Disk {
  return diskOver({ entries: [], snapshot: undefined, last: 0, historyTo: 0, store: emptyStore() })
}

/** `damaged` stands for a checksum that no longer matches. */
type Row = Entry & { readonly damaged?: true }

type DiskState = {
  entries: Row[]
  snapshot: Snapshot | undefined
  last: number
  /** What later entries tell of history was never written: the twin puts it off for as long as it may. */
  historyTo: number
  readonly store: StoreState
}

type Fault = 'lost' | 'kept' | undefined
type Faults = { append: Fault; snapshot: Fault }

function diskOver(state: DiskState): Disk {
  const faults: Faults = { append: undefined, snapshot: undefined }
  let crashed = false
  const use = () => assert(!crashed, 'a crashed node uses its disk')
  const close = () => {
    if (crashed) return
    commit(state.store, { sequence: state.last, results: [], history: [], spooled: [] })
    state.historyTo = state.last
  }
  return {
    journal: { ...simulatedJournal(state, faults, use), close },
    store: simulatedStore(state.store, use),
    close,
    crash() {
      use()
      crashed = true
      return diskOver({ ...state, entries: [...state.entries], store: copyDurable(state.store) })
    },
    failNextAppend: outcome => {
      faults.append = outcome
    },
    failNextSnapshot: outcome => {
      faults.snapshot = outcome
    },
    tearTail: commits => tearTail(state, commits),
    damage: (damage, sequence) => {
      state.entries = damaged(state.entries, damage, sequence)
    },
  }
}

function simulatedJournal(
  state: DiskState,
  faults: Faults,
  use: () => void,
): Omit<Journal, 'close'> {
  let failure: JournalError | undefined
  let bytes = bytesOf(state.entries)
  const write = (fault: Fault, doing: string, work: () => void) => {
    use()
    if (failure !== undefined) throw failure
    if (fault !== 'lost') work()
    if (fault === undefined) return
    failure = failed(doing)
    throw failure
  }
  return {
    load() {
      use()
      const isKnown = (run: string) => state.store.results.has(run)
      const historyTo = (run: string) => (isKnown(run) ? state.historyTo : state.last)
      return { snapshot: state.snapshot, entries: verified(state), historyTo }
    },
    recall(history) {
      const [told, was] = [history, untold(state)].map(batches => JSON.stringify(batches))
      assert(told === was, `entries tell history as ${told}, which was ${was}`)
    },
    append({ tellsHistory = false, ...entry }, results, history, spooled = []) {
      const { sequence } = entry
      assert(sequence === state.last + 1, `entry ${sequence} appended after ${state.last}`)
      write(faults.append, `appending entry ${sequence}`, () => {
        state.entries.push(entry)
        state.last = sequence
        bytes += entry.body.length
        if (!tellsHistory && history.length > 0) state.historyTo = sequence
        commit(state.store, { sequence, results, history, spooled })
      })
    },
    snapshot(snapshot) {
      const { sequence } = snapshot
      write(faults.snapshot, `committing the snapshot at entry ${sequence}`, () => {
        state.snapshot = snapshot
        state.historyTo = state.last
        state.entries = state.entries.filter(entry => entry.sequence > sequence)
        bytes = bytesOf(state.entries)
      })
    },
    bytesSinceSnapshot: () => bytes,
    snapshotBytes: () => state.snapshot?.body.length ?? 0,
  }
}

/** History that was appended and is in no row yet. */
function untold({ store, historyTo }: DiskState): HistoryBatch[] {
  return store.commits
    .filter(({ sequence }) => sequence > historyTo)
    .flatMap(({ history }) => history)
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { body }) => sum + body.length, 0)
}

function* verified(state: DiskState): Generator<Entry> {
  let last = state.snapshot?.sequence ?? 0
  for (const { sequence, term, body, damaged } of [...state.entries]) {
    const expected = last + 1
    if (sequence !== expected)
      throw broken(expected, `it is missing: entry ${sequence} follows ${last}`)
    if (damaged) throw broken(sequence, 'its checksum does not match its content')
    last = sequence
    yield { sequence, term, body }
  }
}

function tearTail(state: DiskState, commits: number): void {
  const oldest = state.snapshot?.sequence ?? 0
  const keep = state.last - commits
  assert(keep >= oldest, 'the tail is torn beyond the snapshot')
  state.entries = state.entries.filter(entry => entry.sequence <= keep)
  state.last = keep
  state.historyTo = Math.min(state.historyTo, keep)
  tearAfter(state.store, keep)
}

/** A swapped or repeated row keeps its place and takes another's content, as in a table keyed by sequence. */
function damaged(entries: readonly Row[], damage: Damage, sequence: number): Row[] {
  const at = entries.findIndex(entry => entry.sequence === sequence)
  assert(at >= 0, `no entry ${sequence} to damage`)
  const [row, next] = [entries[at], entries[at + 1] ?? entries[at]]
  const others = (place: number, rows: readonly Row[]) => entries.toSpliced(at, place, ...rows)
  switch (damage) {
    case 'drop':
      return others(1, [])
    case 'flip':
      return others(1, [{ ...row, body: flipped(row.body), damaged: true }])
    case 'repeat':
      return others(2, [row, { ...row, sequence: next.sequence, damaged: true }])
    case 'swap':
      return others(2, [
        { ...next, sequence: row.sequence, damaged: true },
        { ...row, sequence: next.sequence, damaged: true },
      ])
    default:
      return unreachable(damage)
  }
}

function flipped(body: string): string {
  return `${String.fromCharCode(body.charCodeAt(0) ^ 1)}${body.slice(1)}`
}

function failed(doing: string): JournalError {
  return new JournalError('io', {
    where: 'the simulated disk',
    what: `the disk failed while ${doing}`,
    remedy: 'Check the disk and its free space, then run again.',
  })
}

function broken(sequence: number, what: string): JournalError {
  return new JournalError('corrupt', {
    where: `entry ${sequence} of the simulated disk`,
    what,
    expected: 'an unbroken chain of the rows that were committed',
    remedy: 'Restore the folder from a backup.',
  })
}
