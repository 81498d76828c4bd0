import { Writable } from 'node:stream'

type Wrote = (stream: 'stdout' | 'stderr', said: string | Uint8Array) => void

/**
 * Puts streams of our own in the place of stdout and stderr, so that what a handler prints is
 * attributed to the item that printed it. What native code writes to the descriptors still goes to
 * the pipes, where the loop attributes it to the attempt that runs.
 */
export function captureOutput(wrote: Wrote): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = new Writable({ decodeStrings: false })
    Object.assign(stream, descriptorOf(name), writingTo(name, wrote))
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => stream,
    })
  }
}

/**
 * The same in a thread, whose streams stay: when its parent wants to read, Node calls a method of `process.stdout`
 * that only its own has. Without it that is an uncaught error, and where the parent was busy when the thread was
 * begun, it meets an item.
 */
export function captureThreadOutput(wrote: Wrote): void {
  for (const name of ['stdout', 'stderr'] as const)
    Object.assign(process[name], descriptorOf(name), writingTo(name, wrote))
}

const descriptorOf = (name: 'stdout' | 'stderr') => ({
  fd: name === 'stdout' ? 1 : 2,
  isTTY: false,
})

/** Nobody ends them: an item that did would silence the items after it. */
const writingTo = (name: 'stdout' | 'stderr', wrote: Wrote) => ({
  _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void) {
    wrote(name, chunk)
    done()
  },
  _writev: null,
  end(this: Writable, ...given: unknown[]) {
    const [chunk] = given
    const ended = given.findLast(one => typeof one === 'function') as (() => void) | undefined
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) this.write(chunk)
    if (ended !== undefined) process.nextTick(ended)
    return this
  },
  destroy(this: Writable) {
    return this
  },
})
