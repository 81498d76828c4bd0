/**
 * Where a text stops being JSON (RFC 8259), or says the same field of an object twice, which JSON.parse
 * lets pass and answers with the last. Node's own error often names no place.
 */
export function jsonFault(text: string): JsonFault | undefined {
  const open: Open[] = []
  let at = afterSpace(text, 0)
  for (;;) {
    const inside = open.at(-1)
    if (inside?.kind === 'object') {
      if (text[at] !== '"') return { at, expected: 'a field name in double quotes' }
      const end = afterString(text, at)
      if (end < 0) return { at, expected: unended }
      const name = nameOf(text.slice(at, end))
      if (inside.names.has(name)) return { at, twice: name }
      inside.names.add(name)
      at = afterSpace(text, end)
      if (text[at] !== ':') return { at, expected: '":" after a field name' }
      at = afterSpace(text, at + 1)
    }
    const opened = text[at]
    if (opened === '{' || opened === '[') {
      at = afterSpace(text, at + 1)
      if (text[at] !== closing[opened]) {
        open.push(opened === '{' ? { kind: 'object', names: new Set() } : { kind: 'list' })
        continue
      }
      at += 1
    } else {
      const end = afterScalar(text, at)
      if (end < 0) return { at, expected: opened === '"' ? unended : 'a value' }
      at = end
    }
    at = afterSpace(text, at)
    while (open.length > 0 && text[at] === closing[open[open.length - 1].kind]) {
      open.pop()
      at = afterSpace(text, at + 1)
    }
    const left = open.at(-1)
    if (left === undefined) return at < text.length ? { at, expected: 'nothing more' } : undefined
    if (text[at] !== ',') return { at, expected: `"," or "${closing[left.kind]}"` }
    at = afterSpace(text, at + 1)
  }
}

type JsonFault = { readonly at: number } & (
  | { readonly expected: string; readonly twice?: undefined }
  | { readonly twice: string }
)

type Open = { readonly kind: 'object'; readonly names: Set<string> } | { readonly kind: 'list' }

const closing = { '{': '}', '[': ']', object: '}', list: ']' } as const
const unended = 'a string that ends, with \\n for a new line'

const TAB = 9
const LINE_FEED = 10
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const BACKSLASH = 92

function afterSpace(text: string, from: number): number {
  let at = from
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB) break
  }
  return at
}

/** Behind the closing quote, or -1. */
function afterString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code < SPACE) return -1
    if (code !== BACKSLASH) continue
    escaped.lastIndex = at
    if (!escaped.test(text)) return -1
    at = escaped.lastIndex - 1
  }
  return -1
}

function afterScalar(text: string, from: number): number {
  if (text.charCodeAt(from) === QUOTE) return afterString(text, from)
  plain.lastIndex = from
  return plain.test(text) ? plain.lastIndex : -1
}

const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const plain = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

const nameOf = (quoted: string): string =>
  quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
