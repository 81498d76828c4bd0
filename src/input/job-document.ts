import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { InputError } from './input-error.ts'
import { parseJson } from './json.ts'

/** YAML is read at some two megabytes a second. */
const MAX_BYTES = 16 * 2 ** 20

/**
 * A job file of YAML or JSON, and the line of each of its values. YAML holds JSON, so one parser knows
 * the lines of both. Loaded only for such a file: the parser is 70 modules.
 */
export async function readDocument(
  file: string,
  shown: string,
): Promise<{ value: unknown; lineOf: (path: readonly PropertyKey[]) => number | undefined }> {
  const { size } = await stat(file)
  if (size > MAX_BYTES) {
    throw new InputError(
      `${shown}: ${Math.ceil(size / 2 ** 20)} MB; expected a job file of at most ${MAX_BYTES / 2 ** 20} MB: many items go into a file of their own, such as input: { jsonl: 'items.jsonl' }`,
    )
  }
  const text = await readFile(file, 'utf8')
  // In the words of JSON, where it is broken.
  if (extname(file) === '.json') parseJson(text, shown)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const [problem] = document.errors
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0])
    const said = problem.message.split('\n')[0].replace(/ at line \d+, column \d+:$/, '')
    throw new InputError(`${shown}:${line}: ${said}`)
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true)
      if (typeof node !== 'object' || node === null || !('range' in node)) continue
      if (Array.isArray(node.range)) return lines.linePos(node.range[0]).line
    }
    return undefined
  }
  return { value: document.toJS(), lineOf }
}
