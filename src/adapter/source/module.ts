import { plural } from '../../std/units.ts'
import { InputError } from '../../model/input-error.ts'
import { hash64 } from '../../std/hash64.ts'
import { itemJson, jsonText } from './item-json.ts'
import {
  asName,
  LARGEST_CHUNK,
  type PlacedSource,
  problemRow,
  type Row,
  type RowOptions,
  row,
} from './row.ts'

export type ImportModule = (path: string) => Promise<unknown>

/**
 * A user's module whose default export yields the items: `async function* ({ cursor, params })`. It
 * yields an item, or `{ item, key?, version?, cursor? }`. After a restart it starts at the last
 * cursor it gave; what it yields again after that is skipped by count, so a generator that gives no
 * cursors works too and only repeats its own reading.
 */
export function moduleSource(
  path: string,
  shown: string,
  options: RowOptions,
  given: {
    readonly params: Readonly<Record<string, unknown>>
    readonly importModule: ImportModule
  },
): PlacedSource {
  let open:
    | {
        readonly iterator: Items
        readonly position: Position
        readonly cursor: string
        /** Asked for by the read before, and late. */
        readonly pending: Promise<IteratorResult<unknown>> | undefined
      }
    | undefined

  const openAt = async (cursor: string | undefined): Promise<NonNullable<typeof open>> => {
    await close()
    const position: Position = cursor === undefined ? START : (JSON.parse(cursor) as Position)
    const make = await loadGenerator(path, shown, given.importModule)
    const iterator = start(make, { cursor: position.from, params: given.params }, shown)
    for (let skipped = 0; skipped < position.skip; skipped += 1) {
      const next = await advance(iterator, position.index - position.skip + skipped, shown)
      if (next.done === true) {
        throw new InputError(
          `${shown}: ended after ${plural(skipped, 'item')} past its cursor; it gave ${position.skip} before; expected the same items again`,
        )
      }
    }
    return { iterator, position, cursor: cursor ?? '', pending: undefined }
  }
  const close = async (): Promise<void> => {
    const closing = open
    open = undefined
    try {
      await closing?.iterator.return?.()
    } catch {
      // What a generator throws while it is ended is no item's fault, and nobody reads on.
    }
  }

  return {
    fingerprint: async () => undefined,
    count: async () => undefined,
    read: async (cursor, limit) => {
      const now =
        open !== undefined && cursor !== undefined && open.cursor === cursor
          ? open
          : await openAt(cursor)
      const items: Row[] = []
      let { position, pending } = now
      let length = 0
      let done = false
      const { late, callOff } = lateAfter(PATIENCE)
      try {
        while (items.length < limit && length < LARGEST_CHUNK) {
          pending ??= advance(now.iterator, position.index, shown)
          const next = await (items.length === 0 ? pending : Promise.race([pending, late]))
          if (next === undefined) break
          pending = undefined
          if (next.done === true) {
            done = true
            break
          }
          const entry = entryOf(next.value)
          const place = `${shown}: item ${position.index}`
          const made = moduleRow(entry, position.index, place, options)
          items.push(made)
          length += made.payload.length
          position =
            entry.cursor === undefined
              ? { ...position, index: position.index + 1, skip: position.skip + 1 }
              : { index: position.index + 1, from: kept(entry.cursor, place), skip: 0 }
        }
      } catch (error) {
        open = undefined
        throw error
      } finally {
        callOff()
      }
      // Heard by the next read, or by nobody if there is none.
      pending?.catch(() => {})
      const after = JSON.stringify(position)
      open = { iterator: now.iterator, position, cursor: after, pending }
      return { items, cursor: after, done }
    },
    place: index => `${shown}: item ${index}`,
    close,
  }
}

/** Milliseconds a read gathers items; what a slow generator has yielded by then need not wait for the rest. */
const PATIENCE = 200

/** Resolves after so long, or never once it is called off. */
function lateAfter(millis: number): { readonly late: Promise<undefined>; callOff(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, millis, undefined)
  })
  return { late, callOff: () => clearTimeout(timer) }
}

/** `from` is the user's own cursor, `skip` how many items came after it. */
type Position = { readonly index: number; readonly from?: unknown; readonly skip: number }
const START: Position = { index: 0, skip: 0 }

type Items = AsyncIterator<unknown> | Iterator<unknown>
type Generate = (ctx: { readonly cursor: unknown; readonly params: unknown }) => unknown
type Entry = {
  readonly item: unknown
  readonly key?: unknown
  readonly version?: unknown
  readonly cursor?: unknown
}

async function loadGenerator(
  path: string,
  shown: string,
  importModule: ImportModule,
): Promise<Generate> {
  let module: unknown
  try {
    module = await importModule(path)
  } catch (error) {
    throw new InputError(`${shown}: cannot be loaded (${(error as Error).message})`, {
      cause: error,
    })
  }
  const given = (module as { readonly default?: unknown }).default
  if (typeof given === 'function') return given as Generate
  if (Array.isArray(given)) return () => given
  throw new InputError(
    `${shown}: no generator; expected export default async function* ({ cursor, params }) { ... }`,
  )
}

function start(make: Generate, ctx: Parameters<Generate>[0], shown: string): Items {
  let made: unknown
  try {
    made = make(ctx)
  } catch (error) {
    throw new InputError(`${shown}: threw at its start (${(error as Error).message})`, {
      cause: error,
    })
  }
  return made instanceof Promise ? whenThere(made, shown) : itemsOf(made, shown)
}

/** An async function that answers a list is as good as a generator. */
async function* whenThere(made: Promise<unknown>, shown: string): AsyncGenerator<unknown> {
  const items = itemsOf(await made, shown)
  for (let next = await items.next(); next.done !== true; next = await items.next())
    yield next.value
}

function itemsOf(made: unknown, shown: string): Items {
  if (typeof made === 'object' && made !== null) {
    if (Symbol.asyncIterator in made)
      return (made as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in made) return (made as Iterable<unknown>)[Symbol.iterator]()
  }
  throw new InputError(`${shown}: its default export yields nothing; expected an async generator`)
}

async function advance(
  iterator: Items,
  index: number,
  shown: string,
): Promise<IteratorResult<unknown>> {
  try {
    const next = await iterator.next()
    // As `for await` takes what a plain generator or a list holds.
    if (next.done === true || !(next.value instanceof Promise)) return next
    return { done: false, value: await next.value }
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new InputError(`${shown}: threw while making item ${index} (${said})`, { cause: error })
  }
}

/** An object with `item` and nothing but what an entry may hold is an entry; the rest are items. */
function entryOf(value: unknown): Entry {
  try {
    if (typeof value === 'object' && value !== null && 'item' in value) {
      if (Object.keys(value).every(name => ENTRY.includes(name))) return value as Entry
    }
  } catch {
    // What throws when it is looked at is an item, and fails as one.
  }
  return { item: value }
}

const ENTRY = ['item', 'key', 'version', 'cursor']

/** The cursor as it is now, and as a later process is given it: its owner may go on changing an object. */
function kept(cursor: unknown, place: string): unknown {
  if (typeof cursor === 'string' || Number.isFinite(cursor)) return cursor
  const text = itemJson(cursor)
  if ('why' in text) throw new InputError(`${place}: its cursor: ${text.why}`)
  return JSON.parse(text.json)
}

function moduleRow(entry: Entry, index: number, place: string, options: RowOptions): Row {
  const text = itemJson(entry.item)
  if ('why' in text) {
    const keyed = entry.key === undefined ? options : { key: 'key' }
    return problemRow(`${place}: ${text.why}`, index, keyed, undefined, asName(entry.key))
  }
  const keyed = entry.key === undefined ? options : { ...options, key: undefined }
  const made = row(text.json, entry.item, index, place, keyed)
  const key = entry.key === undefined ? made.key : asName(entry.key)
  if (key === undefined) {
    const said = jsonText(entry.key) ?? typeof entry.key
    return problemRow(
      `${place}: its key is ${said.slice(0, 80)}; expected text or a number`,
      index,
      { key: 'key' },
    )
  }
  return { ...made, key, version: versionOf(entry.version) ?? made.version }
}

/** Dates and objects are versions too: what they come to as JSON. */
function versionOf(version: unknown): string | undefined {
  const text = version === null ? undefined : jsonText(version)
  return text === undefined ? undefined : (asName(version) ?? hash64(text))
}
