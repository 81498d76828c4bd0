import type { Host } from './host.ts'

/** What the owner of a directory answers to other processes: `status`, `why`, `cancel`, `retry`, ... */
export async function answerRequest(
  host: Host,
  request: Record<string, unknown>,
): Promise<unknown> {
  if (request.op === 'ping') return { runs: host.state.runs.length }
  return { error: `unknown request ${String(request.op)}` }
}
