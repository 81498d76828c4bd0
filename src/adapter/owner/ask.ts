import { connect } from 'node:net'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../process-alive.ts'
import { type OwnerRecord, readRecord } from './claim.ts'
import { onLines } from './lines.ts'
import type { Reply, Request } from './serve.ts'

/**
 * Asks the owner of a directory. `undefined` when no owner lives: the caller may then open the directory
 * itself. An owner that refuses the request makes this throw with its words.
 */
export async function askOwner(
  dir: string,
  request: Request,
  options: { readonly timeoutMillis?: number } = {},
): Promise<unknown> {
  const folder = resolve(dir)
  const { timeoutMillis = 10_000 } = options
  for (let tries = 0; tries < maxTries; tries += 1) {
    const record = readRecord(folder)
    if (record === undefined) return undefined
    const outcome = await exchange(record.address, request, timeoutMillis)
    if (outcome.kind === 'nobody') return undefined
    if (outcome.kind === 'denied') {
      if (record.host === hostname() && !isAlive(record.pid)) return undefined
      throw new OwnerDenied(folder, record)
    }
    if (outcome.kind === 'late')
      throw new Error(
        `${folder}: its owner, process ${record.pid} on ${record.host}, ` +
          `has not answered within ${timeoutMillis / 1_000} s: it is suspended, or very busy. ` +
          'Ask again, or end it: its run can go on. What was asked of it may still be done.',
      )
    if (outcome.kind === 'reply') {
      if ('error' in outcome.reply) throw new Error(outcome.reply.error)
      return outcome.reply.ok
    }
    // Closed without an answer: it is ending, which a later try shows.
    await pause(20)
  }
  throw new Error(`${folder}: its owner closed the connection without an answer`)
}

/** The owner is another user's process, and answers only to that user. */
export class OwnerDenied extends Error {
  override name = 'OwnerDenied'
  constructor(folder: string, { pid, host }: OwnerRecord) {
    super(
      `${folder}: its owner, process ${pid} on ${host}, is another user's and answers only to it`,
    )
  }
}

const maxTries = 10

type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'nobody' | 'denied' | 'closed' | 'late' }

function exchange(address: string, request: Request, timeoutMillis: number): Promise<Outcome> {
  return new Promise((settle, reject) => {
    const socket = connect(address)
    const done = (outcome: Outcome) => {
      settle(outcome)
      socket.destroy()
    }
    socket.setTimeout(timeoutMillis, () => done({ kind: 'late' }))
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    onLines(socket, line => {
      const reply = replyOf(line)
      if (reply !== undefined) return done({ kind: 'reply', reply })
      reject(new Error(`${address}: who listens there is no dray; end it, and remove the file`))
      socket.destroy()
    })
    socket.on('close', () => done({ kind: 'closed' }))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (absent.has(error.code)) done({ kind: 'nobody' })
      else if (denied.has(error.code)) done({ kind: 'denied' })
      else if (gone.has(error.code)) done({ kind: 'closed' })
      else reject(new Error(`cannot ask the owner at ${address}: ${error.message}`))
    })
  })
}

/** `undefined`: not what an owner says. */
function replyOf(line: string): Reply | undefined {
  try {
    const reply = JSON.parse(line) as Reply
    return 'ok' in reply || 'error' in reply ? reply : undefined
  } catch {
    return undefined
  }
}

/** No socket, or one that nobody listens on any more. */
const absent: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED'])
const denied: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM'])
const gone: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE'])
