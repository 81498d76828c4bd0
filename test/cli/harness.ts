import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command as it is installed: a real process, no terminal. `npm test` builds it first. */
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

export type Folder = {
  readonly path: string
  write(name: string, text: string): void
  read(name: string): string
  has(name: string): boolean
  dray(...words: string[]): Promise<Ended>
  /** Fed on stdin. */
  drayFed(input: string, ...words: string[]): Promise<Ended>
  /** Run by another program: `['bash', '-c', 'ulimit ...; exec "$@"', '-']`. */
  drayUnder(program: readonly string[], ...words: string[]): Promise<Ended>
  /** Begun and not awaited. */
  begin(...words: string[]): Begun
  /** Begun, fed on stdin and not awaited. */
  beginFed(input: string, ...words: string[]): Begun
  remove(): void
}

export type Begun = {
  readonly pid: number
  readonly ended: Promise<Ended>
  signal(name: 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGTERM' | 'SIGHUP' | 'SIGCONT'): void
  /** Resolves when stdout and stderr together contain the text. */
  says(text: string): Promise<void>
  /** Resolves when an event says that at least so many items of a stage have ended: several may at once. */
  hasEnded(items: number): Promise<void>
}

/** A folder of its own, with the files given. */
export function folderWith(files: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'dray-cli-'))
  const folder: Folder = {
    path,
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), text)
    },
    read: name => readFileSync(join(path, name), 'utf8'),
    has: name => existsSync(join(path, name)),
    dray: (...words) => begin(path, words).ended,
    drayFed: (input, ...words) => begin(path, words, input).ended,
    drayUnder: (program, ...words) => begin(path, words, '', program).ended,
    begin: (...words) => begin(path, words),
    beginFed: (input, ...words) => begin(path, words, input),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
  for (const [name, text] of Object.entries(files)) folder.write(name, text)
  return folder
}

/**
 * A folder that a job has run in once, put back as it was before each test: what a run leaves is the
 * same for all of them. The path stays, since an input is known by path, size and time.
 */
export type Prepared = Folder & { restore(): void }

export async function preparedWith(
  files: Readonly<Record<string, string>>,
  prepare: (folder: Folder) => Promise<void>,
): Promise<Prepared> {
  const folder = folderWith(files)
  // Whole seconds: a copy keeps no finer times.
  for (const name of Object.keys(files)) utimesSync(join(folder.path, name), 1_700_000_000, 1e9)
  await prepare(folder)
  const kept = `${folder.path}.kept`
  const copy = { recursive: true, preserveTimestamps: true }
  cpSync(folder.path, kept, copy)
  return {
    ...folder,
    restore() {
      rmSync(folder.path, { recursive: true, force: true })
      cpSync(kept, folder.path, copy)
    },
    remove() {
      folder.remove()
      rmSync(kept, { recursive: true, force: true })
    },
  }
}

export function begin(
  cwd: string,
  words: readonly string[],
  input = '',
  under: readonly string[] = [],
): Begun {
  const [program, ...rest] = [...under, process.execPath, main, ...words]
  const child = spawn(program, rest, {
    cwd,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const heard = new Set<() => void>()
  const hear = () => {
    for (const listener of heard) listener()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    hear()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    hear()
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const until = (isSaid: (all: string) => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (isSaid(out + err)) resolve()
      }
      heard.add(look)
      child.on('close', () => reject(new Error(`ended without saying ${what}:\n${out}${err}`)))
      look()
    })
  return {
    pid: child.pid ?? 0,
    ended: new Promise(resolve => child.on('close', code => resolve({ code, out, err }))),
    signal: name => child.kill(name),
    says: text => until(all => all.includes(text), text),
    hasEnded: items =>
      until(
        all => [...all.matchAll(/"ended":(\d+)/g)].some(([, ended]) => Number(ended) >= items),
        `that ${items} items have ended`,
      ),
  }
}

/** A job of one stage over a handler that notes every item it handles in `ran.txt`. */
export const noting = (body = 'return { twice: 2 * (item.n ?? item) }'): string =>
  `import { appendFileSync } from 'node:fs'
export default async function handle(item, ctx) {
  appendFileSync(new URL('./ran.txt', import.meta.url), ctx.key + '\\n')
  ${body}
}
`

/**
 * What an item does first that waits until the file is there: while one does, its run is at work, however
 * long a test takes to look at it or to end it.
 */
export const untilGo = (when: string, file = 'go'): string =>
  `const { existsSync: has_${file} } = await import('node:fs')
  while (${when} && !has_${file}(new URL('./${file}', import.meta.url))) await new Promise(done => setTimeout(done, 10))
`

/** Keys handled so far, in the order they were. */
export const ran = (folder: Folder): string[] =>
  folder.has('ran.txt') ? folder.read('ran.txt').split('\n').filter(Boolean) : []

export const lines = (text: string): string[] => text.split('\n').filter(Boolean)
