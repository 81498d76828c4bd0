import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parse } from '../json.ts'
import type { StageDefinition } from '../protocol.ts'

/**
 * The item a handler gets. A map's is its payload. Elsewhere `{"results":[...]}` and
 * `{"file":"..."}` (a result per line) stand for the array of upstream results; the file is read
 * here, so that large gatherings never pass through the loop.
 */
export function readItem(stage: StageDefinition, payload: string): unknown {
  const item = parse(payload)
  if (stage.kind === 'map' || typeof item !== 'object' || item === null) return item
  if (Array.isArray(item.results)) return item.results
  return typeof item.file === 'string' ? readLines(item.file) : item
}

async function readLines(file: string): Promise<unknown[]> {
  const results: unknown[] = []
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  for await (const line of lines) if (line !== '') results.push(parse(line))
  return results
}
