/**
 * What every item of a slot shares, the slot's own code included. One that changes it would change the
 * results of those after it: a `toJSON` on every object, a `push` that throws. The few that most depends on are
 * looked at after each item, by some 30 ns of comparisons written out (a list of them takes 400); all the rest,
 * some 4 micros, after two milliseconds of items and between messages. Loading a stage may change them:
 * code of its own that every item is to see.
 */
export function builtIns() {
  let known = look()
  let all = lookAtAll()
  let unseenMicros = 0

  /** A getter of the handler's may throw. */
  function isAnyChanged(): boolean {
    unseenMicros = 0
    try {
      if (ownKeys(object).length !== all.objectNames) return true
      for (const { owner, name, value } of all.methods) if (owner[name] !== value) return true
      return false
    } catch {
      return true
    }
  }

  return {
    renew(): void {
      known = look()
      all = lookAtAll()
    },
    /** Checks after an item that took `micros`. */
    areChanged(micros: number): boolean {
      unseenMicros += micros
      try {
        if (!isAsBefore(known) || inheritsMore(all.inherited)) return true
      } catch {
        return true
      }
      return unseenMicros >= LOOK_AGAIN && isAnyChanged()
    },
    areChangedSince: (): boolean => unseenMicros > 0 && isAnyChanged(),
  }
}

/** Micros of items after which all built-ins are checked again. */
const LOOK_AGAIN = 2_000

type Extended = { readonly toJSON?: unknown; readonly then?: unknown }

const object: Extended = Object.prototype
const array: unknown[] & Extended = Array.prototype
const map = Map.prototype
const set = Set.prototype
const string = String.prototype
const promise = Promise.prototype
const { isExtensible } = Object
const { ownKeys, deleteProperty } = Reflect

function look() {
  return {
    objectJson: object.toJSON,
    objectThen: object.then,
    keys: Object.keys,
    entries: Object.entries,
    assign: Object.assign,
    isArray: Array.isArray,
    arrayJson: array.toJSON,
    isExtensible: isExtensible(object),
    push: array.push,
    shift: array.shift,
    map: array.map,
    filter: array.filter,
    forEach: array.forEach,
    slice: array.slice,
    join: array.join,
    iterator: array[Symbol.iterator],
    get: map.get,
    set: map.set,
    has: set.has,
    add: set.add,
    split: string.split,
    indexOf: string.indexOf,
    cut: string.slice,
    startsWith: string.startsWith,
    chains: promise.then,
    json: globalThis.JSON,
    stringify: JSON.stringify,
    parse: JSON.parse,
    promise: globalThis.Promise,
    buffer: globalThis.Buffer,
    timer: globalThis.setTimeout,
    console: globalThis.console,
    log: console.log,
    error: console.error,
    exit: process.exit,
  }
}

function isAsBefore(known: ReturnType<typeof look>): boolean {
  return (
    object.toJSON === known.objectJson &&
    object.then === known.objectThen &&
    Object.keys === known.keys &&
    Object.entries === known.entries &&
    Object.assign === known.assign &&
    Array.isArray === known.isArray &&
    array.toJSON === known.arrayJson &&
    isExtensible(object) === known.isExtensible &&
    array.push === known.push &&
    array.shift === known.shift &&
    array.map === known.map &&
    array.filter === known.filter &&
    array.forEach === known.forEach &&
    array.slice === known.slice &&
    array.join === known.join &&
    array[Symbol.iterator] === known.iterator &&
    map.get === known.get &&
    map.set === known.set &&
    set.has === known.has &&
    set.add === known.add &&
    string.split === known.split &&
    string.indexOf === known.indexOf &&
    string.slice === known.cut &&
    string.startsWith === known.startsWith &&
    promise.then === known.chains &&
    globalThis.JSON === known.json &&
    known.json.stringify === known.stringify &&
    known.json.parse === known.parse &&
    globalThis.Promise === known.promise &&
    globalThis.Buffer === known.buffer &&
    globalThis.setTimeout === known.timer &&
    globalThis.console === known.console &&
    known.console.log === known.log &&
    known.console.error === known.error &&
    process.exit === known.exit
  )
}

/**
 * Fields that every list or object has meanwhile, some 20 ns where there are none. They are taken away: Node's own calls
 * take them for options and errors, and could not send the answer that this item still has.
 */
function inheritsMore(known: ReadonlySet<string>): boolean {
  let isMore = false
  for (const name in EMPTY) {
    if (known.has(name)) continue
    isMore = true
    for (const prototype of [array, object]) deleteProperty(prototype, name)
  }
  return isMore
}

const EMPTY: unknown[] = []

/** Methods that any code may call, the names that every loop meets, and how many names every object has. */
function lookAtAll() {
  const inherited = new Set<string>()
  for (const name in EMPTY) inherited.add(name)
  return { inherited, objectNames: ownKeys(object).length, methods: owners.flatMap(methodsOf) }
}

type Owner = Readonly<Record<string | symbol, unknown>>

const owners = [
  ...[Array, Buffer, Function, Map, Number, Object, Promise, RegExp, Set, String, WeakMap].flatMap(
    one => [one, one.prototype],
  ),
  Object.getPrototypeOf(Uint8Array).prototype,
  Uint8Array.prototype,
  Math,
  JSON,
] as unknown as readonly Owner[]

function methodsOf(owner: Owner) {
  return Reflect.ownKeys(owner).flatMap(name => {
    const { value } = Object.getOwnPropertyDescriptor(owner, name) ?? {}
    return typeof value === 'function' && !RARE.test(String(name)) ? [{ owner, name, value }] : []
  })
}

/** Left out of the full check, a third of all methods: numbers in buffers, text as HTML, trigonometry. */
const RARE =
  /^(read|write|swap)[A-Z0-9]|^(anchor|big|blink|bold|fixed|font.*|italics|link|small|strike|su[bp])$|^a?(sin|cos|tan)|Slice$/
