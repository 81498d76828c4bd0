import { spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import type { Channel, ChannelEnd, ChannelOptions } from './channel.ts'
import { heapMegabytes } from './heap.ts'
import { lineCutter } from './lines.ts'

/**
 * A slot as a child process, spoken to over two pipes of its own (descriptors 3 and 4), so that what
 * handlers print cannot be taken for answers. It leads its own process group: a Ctrl-C at the terminal
 * does not reach it past the loop, and what its handlers started is ended with it.
 */
export function openProcess(options: ChannelOptions): Channel {
  const heap = options.heap === 0 ? [] : [`--max-old-space-size=${heapMegabytes(options.heap)}`]
  const child = spawn(
    process.execPath,
    [...heap, options.entry, String(process.pid), options.saves],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      env: options.environment,
      detached: true,
    },
  )
  const input = child.stdio[3] as Duplex
  const output = child.stdio[4] as Readable
  let fault: ChannelEnd['fault']
  let lastBytes = Buffer.alloc(0)
  let ended = false

  const kill = () => {
    if (child.pid !== undefined) endGroup(child.pid)
  }
  const blame = (reason: ChannelEnd['fault']) => {
    fault ??= reason
    kill()
  }
  const finish = (code: number | null, signal: string | null) => {
    if (ended) return
    ended = true
    kill()
    for (const stream of [input, output, child.stdout, child.stderr]) stream?.destroy()
    const lastWords = lastBytes.toString()
    options.onEnd({ code: code ?? undefined, signal: signal ?? undefined, lastWords, fault })
  }

  output.on(
    'data',
    lineCutter({
      onLine: line => {
        if (!ended) options.onLine(line)
      },
      maxLine: options.maxLine,
      onTooLong: () => blame('wrote outside the protocol'),
    }),
  )
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (bytes: Buffer) => {
      if (name === 'stderr') lastBytes = Buffer.concat([lastBytes, bytes]).subarray(-LAST_WORDS)
      if (!ended) options.onOutput(name, bytes)
    })
  }
  // A slot that dies breaks its pipes first; the exit tells why, and comes soon after.
  for (const stream of [input, output, child.stdout, child.stderr]) stream?.on('error', () => {})
  const closed = () => setTimeout(() => !ended && !exited && blame('closed its pipes'), LEFT_MS)
  // Nothing comes this way, but that it ends is only noticed by who reads.
  input.on('error', closed).on('end', closed).resume()
  output.on('end', closed)

  let exited = false
  child.on('error', error => {
    if (child.pid !== undefined) return
    fault = 'could not start'
    lastBytes = Buffer.from(error.message)
    finish(null, null)
  })
  child.on('exit', (code, signal) => {
    exited = true
    // The last answers may still be in the pipe. A grandchild may hold stdout open for ever.
    const conclude = () => finish(code, signal)
    const pending = [output, child.stdout, child.stderr].filter(
      stream => stream?.readableEnded === false,
    )
    let open = pending.length
    if (open === 0) return conclude()
    for (const stream of pending) stream?.once('close', () => --open === 0 && conclude())
    setTimeout(conclude, LEFT_MS)
  })
  return {
    saves: options.saves,
    pid: child.pid,
    kill,
    send: text => {
      if (!ended && input.writable) input.write(text)
    },
  }
}

const LAST_WORDS = 16 * 1024
/** Time for what is left in the pipes of a dead slot, and for the exit after closed pipes. */
const LEFT_MS = 200

function endGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // Gone already, which is what was wanted.
    }
  }
}
