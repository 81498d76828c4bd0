import { type Stats, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { escapePath } from 'tinyglobby'
import type { InputSpec, OutputSpec } from '../model/job.ts'
import { templateProblem } from '../model/output-template.ts'
import { short } from './explain.ts'
import { InputError } from './input-error.ts'
import { absolutePattern } from './parse-input.ts'

/**
 * `--input SPEC`, an input on the command line:
 *
 * - `-` is standard input, a line an item (or JSON Lines where the job's own input is);
 * - `range:0..100` is the numbers from 0 to 99;
 * - `x.jsonl` (`.ndjson`) and `x.csv` (`.tsv`) are files of rows, with the job's own key;
 * - a folder is its files, of the endings the job's own input has, folders within included;
 * - anything else is a file or a pattern of files; `files:`, `jsonl:` and `csv:` before it say which.
 *
 * Paths are relative to `cwd`. `own` is the input the job file has.
 */
export function parseInputFlag(text: string, cwd: string, own?: InputSpec): InputSpec {
  const key = own !== undefined && 'key' in own ? own.key : undefined
  if (text === '-') {
    const format = own?.kind === 'stdin' ? own.format : own?.kind === 'jsonl' ? 'jsonl' : 'lines'
    return { kind: 'stdin', format, key: format === 'jsonl' ? key : undefined }
  }
  const [, prefix, rest] = /^(files|jsonl|csv|range):(.*)$/s.exec(text) ?? [text, '', text]
  if (rest === '') throw unusable(text, 'names nothing')
  if (prefix === 'range') return parseRange(text, rest)
  if (rest === '-' && (prefix === 'csv' || prefix === 'files'))
    throw unusable(text, 'standard input is lines, or rows of jsonl:-')
  if (rest === '-') return { kind: 'stdin', format: prefix === 'jsonl' ? 'jsonl' : 'lines', key }
  const path = resolve(cwd, rest)
  const kind = prefix === '' ? kindOf(path) : prefix
  if (kind === 'csv' && own?.kind === 'csv') return { ...own, path }
  if (kind === 'jsonl' || kind === 'csv') return { kind, path, key }
  return { kind: 'files', patterns: filePatterns(rest, path, cwd, own) }
}

/** `-o OUT`: a .jsonl or .csv file, or a path with `{key}` in it for a file an item. */
export function parseOutputFlag(text: string, cwd: string): OutputSpec {
  const path = resolve(cwd, text)
  if (/\{\w*\}/.test(text)) {
    const problem = templateProblem(text)
    if (problem !== undefined) throw new InputError(`output ${short(text)}: ${problem}`)
    return { kind: 'each', template: path }
  }
  const kind = kindOf(path)
  if (kind === 'jsonl' || (kind === 'csv' && extname(path) === '.csv')) return { kind, path }
  throw new InputError(
    `output ${short(text)}: expected a .jsonl or .csv file, or a path with {key} in it`,
  )
}

function kindOf(path: string): 'jsonl' | 'csv' | 'files' {
  const ending = extname(path).toLowerCase()
  if (/[*?]/.test(path)) return 'files'
  if (ending === '.jsonl' || ending === '.ndjson') return 'jsonl'
  return ending === '.csv' || ending === '.tsv' ? 'csv' : 'files'
}

function parseRange(text: string, rest: string): InputSpec {
  const [, from, to] = /^(-?\d+)\.\.(-?\d+)$/.exec(rest) ?? []
  const range = { kind: 'range', from: Number(from), to: Number(to) } as const
  if (!Number.isSafeInteger(range.from) || !Number.isSafeInteger(range.to)) {
    throw unusable(text, 'is no range')
  }
  if (range.to <= range.from) throw unusable(text, 'holds no number (the end is exclusive)')
  return range
}

function filePatterns(
  written: string,
  path: string,
  cwd: string,
  own: InputSpec | undefined,
): readonly string[] {
  const found = lookAt(path, written)
  if (found?.isFile()) return [escapePath(path)]
  if (!found?.isDirectory()) return [absolutePattern(written, resolve(cwd))]
  const endings = own?.kind === 'files' ? endingsOf(own.patterns) : []
  // A camera writes `.JPG`, and who names a folder means its images.
  const either = endings.flatMap(ending => [...new Set([ending, ending.toUpperCase()])])
  const names = either.length === 0 ? ['*'] : either.map(ending => `*${ending}`)
  return names.map(name => `${escapePath(path)}/**/${name}`)
}

/** A pattern of many alternatives is longer than any name may be: no file, and no fault. */
function lookAt(path: string, written: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENAMETOOLONG') return undefined
    throw unusable(written, `cannot be read (${code})`)
  }
}

/** The endings of patterns such as `*.png` and `*.{png,jpg}`; none when a pattern takes any. */
function endingsOf(patterns: readonly string[]): readonly string[] {
  const wanted = patterns.filter(pattern => !pattern.startsWith('!'))
  const endings = wanted.map(pattern => /\.(?:\w+|\{[\w,]+\})$/.exec(pattern)?.[0])
  return endings.every(ending => ending !== undefined) ? [...new Set(endings)] : []
}

const unusable = (text: string, why: string): InputError =>
  new InputError(
    `input ${short(text)}: ${why}; expected a folder, a pattern such as 'scans/*.png', a .jsonl or .csv file, range:0..100, - for lines of standard input, or jsonl:- for its rows`,
  )
