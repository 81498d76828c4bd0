import { createServer, type Server, type Socket } from 'node:net'
import { onLines } from './lines.ts'

export type Request = { readonly op: string; readonly [field: string]: unknown }
/** JSON in, JSON out; a throw reaches the asker as an error with its message. */
export type Handler = (request: Request) => Promise<unknown>

/** A line of JSON per request and per reply, answered in order on each connection. */
export async function serve(address: string): Promise<{
  handle(handler: Handler): void
  close(): Promise<void>
}> {
  let ready: (handler: Handler) => void
  let handler: Handler | Promise<Handler> = new Promise<Handler>(resolve => {
    ready = resolve
  })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // An asker that goes away mid-reply is its own business.
    socket.on('error', () => socket.destroy())
    let turn = Promise.resolve()
    onLines(socket, line => {
      turn = turn.then(async () => {
        const reply = await answer(line, handler)
        if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`)
      })
    })
  })
  await listen(server, address)
  // The owner's work keeps its process alive, not the chance of a question.
  server.unref()
  return {
    handle(given) {
      handler = given
      ready(given)
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroySoon()
      }),
  }
}

/** The socket is this user's alone from its first moment: bind happens inside `listen`. */
function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    const before = process.umask(0o177)
    try {
      server.listen(address)
    } finally {
      process.umask(before)
    }
  })
}

export type Reply = { readonly ok: unknown } | { readonly error: string }

async function answer(line: string, handler: Handler | Promise<Handler>): Promise<Reply> {
  try {
    const request = JSON.parse(line) as Request
    if (typeof request?.op !== 'string') return { error: 'a request needs an op' }
    return { ok: (await (await handler)(request)) ?? null }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
