/**
 * Where the files of an `each` output go. A template is a path with `{key}`, `{name}` (the key's last
 * part without its extension) or `{index}` in it; the folder before the first of them is the output
 * folder, and no item, whatever its key, may write outside it.
 */
export const PLACEHOLDERS = ['key', 'name', 'index'] as const

/** The output folder: everything before the segment with the first placeholder. */
export function templateRoot(template: string): string {
  const fixed = template.slice(0, Math.max(0, template.search(PLACEHOLDER)))
  const cut = fixed.lastIndexOf('/')
  return cut > 0 ? fixed.slice(0, cut) : fixed.slice(0, cut + 1)
}

/** What is wrong with a template for every item, or `undefined`. */
export function templateProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, name]) => !(PLACEHOLDERS as readonly string[]).includes(name),
  )
  if (unknown !== undefined) return `unknown placeholder ${unknown[0]}; expected ${LIST}`
  if (!PLACEHOLDER.test(template)) return `every item would write this one file; expected ${LIST}`
  const varying = template.slice(templateRoot(template).length)
  if (varying.split(/[/\\]/).includes('..')) return '".." after a placeholder leaves the folder'
  return undefined
}

/** The file of one item, or why it is refused. */
export function fillTemplate(
  template: string,
  item: { readonly index: number; readonly key: string },
): { readonly path: string } | { readonly refused: string } {
  const name = baseName(item.key)
  let refused: string | undefined
  const path = template.replace(/\{(key|name|index)\}/g, (_, placeholder: string) => {
    if (placeholder === 'index') return String(item.index)
    // No file can be named so: it would be written under another name, and so would the next such key.
    if (LONE_SURROGATE.test(item.key)) refused ??= 'its key holds half a character'
    if (placeholder === 'key') refused ??= keyProblem(item.key)
    else if (name === '' || name === '.' || name === '..') refused ??= 'has no name in its key'
    return placeholder === 'key' ? item.key : name
  })
  return refused === undefined ? { path } : { refused }
}

const LONE_SURROGATE = /\p{Surrogate}/u
const PLACEHOLDER = /\{(?:key|name|index)\}/
const LIST = '{key}, {name} or {index}'

function keyProblem(key: string): string | undefined {
  if (key === '') return 'its key is empty'
  if (key.includes('\0')) return 'its key holds a NUL character'
  if (/^[/\\]|^[A-Za-z]:[/\\]/.test(key)) return 'its key is an absolute path'
  if (key.split(/[/\\]/).includes('..')) return 'its key has ".." in it'
  return undefined
}

function baseName(key: string): string {
  const last = key.slice(Math.max(key.lastIndexOf('/'), key.lastIndexOf('\\')) + 1)
  const dot = last.lastIndexOf('.')
  return (dot > 0 ? last.slice(0, dot) : last).replaceAll('\0', '')
}
