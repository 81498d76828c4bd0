import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
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
    let node: unknown = document.contents
    let offset = startOf(node)
    for (const step of path) {
      const inner = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && key.value === step)
        : isSeq(node)
          ? node.items[Number(step)]
          : undefined
      if (inner === undefined) break
      // The line of a field is its name's: what it holds may begin on the next.
      offset = startOf(isPair(inner) ? inner.key : inner) ?? offset
      node = isPair(inner) ? inner.value : inner
    }
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
  try {
    return { value: document.toJS(), lineOf }
  } catch (error) {
    // An alias without its anchor, or too many of them.
    throw new InputError(`${shown}: ${(error as Error).message}`)
  }
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)
