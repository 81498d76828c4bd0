import { Writable } from 'node:stream'

/**
 * Puts streams of our own in the place of stdout and stderr, so that what a handler prints is
 * attributed to the item that printed it. What native code writes to the descriptors still goes to
 * the pipes, where the loop attributes it to the attempt that runs.
 */
export function captureOutput(
  wrote: (stream: 'stdout' | 'stderr', said: string | Uint8Array) => void,
): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string | Buffer, _encoding, done) {
        wrote(name, chunk)
        done()
      },
    })
    Object.assign(stream, { fd: name === 'stdout' ? 1 : 2, isTTY: false })
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => stream,
    })
  }
}
