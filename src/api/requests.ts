import { InputError } from '../model/input-error.ts'
import { cleanRuns, type Cleaned, type Cleaning } from './clean.ts'
import type { Host } from './host.ts'
import { answerQuestion, type Question } from './questions.ts'
import { cancelRun, reopenFailed } from './reopen.ts'
import { findRun, type View } from './view.ts'

/** What the owner of a directory answers to other processes. */
export async function answerRequest(
  host: Host,
  request: Record<string, unknown>,
): Promise<unknown> {
  const { state, store } = host
  const view: View = { state, store, payloads: host.loop.payloads, owned: true }
  switch (request.op) {
    case 'ping':
      return { runs: state.runs.length }
    case 'cancel':
      return cancelRun(host, findRun(view, text(request.run)))
    case 'retry':
      return reopenFailed(host, findRun(view, text(request.run)))
    case 'clean':
      return (await cleanRuns(host, cleaningOf(request))) satisfies Cleaned
    case 'runs':
    case 'status':
    case 'running':
    case 'why':
    case 'whyItem':
    case 'logs':
    case 'results':
      requireTypes(request)
      return answerQuestion(view, request as Question)
    default:
      throw new InputError(
        `the process that owns this directory does not know the request ${String(request.op)}; it may be of another version`,
      )
  }
}

function cleaningOf({ run, olderThan }: Record<string, unknown>): Cleaning {
  if (typeof run === 'string') return { run }
  if (typeof olderThan === 'number' && olderThan >= 0) return { olderThan }
  throw new InputError('clean: expected a run, or an age in microseconds')
}

/** The asker may be of another version, or another program. */
function requireTypes(request: Record<string, unknown>): void {
  for (const [field, type] of Object.entries(fieldTypes)) {
    const found = request[field]
    const isRequired = field === 'item' && request.op === 'whyItem'
    if (typeof found === type || (found === undefined && !isRequired)) continue
    throw new InputError(
      `${request.op}: "${field}" is ${JSON.stringify(found)}, expected a ${type}`,
    )
  }
}

const fieldTypes = {
  run: 'string',
  item: 'string',
  stage: 'string',
  failed: 'boolean',
  after: 'number',
  from: 'number',
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
