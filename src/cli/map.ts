import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import type { Command } from 'commander'
import { parseInputFlag, parseOutputFlag } from '../input/input-flag.ts'
import { parseParamFlag } from '../input/params.ts'
import { outputClashes, parseJob } from '../input/parse-job.ts'
import { OlderCode } from '../api/again/plan-submission.ts'
import { nearbyFile } from '../input/nearby.ts'
import { InputError } from '../model/input-error.ts'
import type { InputSpec, Job } from '../model/job.ts'
import { orderNames } from '../policy/registry.ts'
import { exitWith } from './exit.ts'
import { strategyNames } from '../choose/strategies.ts'
import { collect } from './collect.ts'
import { orderOption, type RunFlags, runJob, strategyOption } from './run.ts'
import { dirOfRun, machinesOption } from './options.ts'

type Flags = Omit<RunFlags, 'input' | 'redo'> & {
  readonly output?: string
  readonly key?: string
  readonly chunk?: string
  readonly timeout?: string
  readonly retries?: string
  readonly tolerate?: string
  readonly needsCpu?: string
  readonly needsMemory?: string
  readonly isolation?: string
}

export function registerMap(program: Command): void {
  program
    .command('map')
    .argument('<handler>', 'a module whose default export handles one item')
    .argument(
      '<input...>',
      'files or a glob, a folder, x.jsonl, x.csv, range:0..100, - for stdin, or jsonl:- for its rows',
    )
    .option(
      '-o, --output <out>',
      'out.jsonl, out.csv, or out/{key}.json for a file an item; without it the lines of a .jsonl go to stdout at the end',
    )
    .option('--key <field>', 'the field that names an item of a .jsonl or .csv')
    .option('--chunk <items>', 'items a task: auto, whole, or a number', 'auto')
    .option('--timeout <time>', 'for a task, such as 60s')
    .option('--retries <n>', 'attempts after the first', '2')
    .option('--tolerate <share>', 'items that may fail: 5, or 0.5%')
    .option('--needs-cpu <cores>', 'cores a task holds')
    .option('--needs-memory <bytes>', 'memory a task holds, such as 900MB')
    .option('--isolation <kind>', 'process or thread', 'process')
    .option('--param <name=value>', 'a value for the handler; may be repeated', collect)
    .option(...strategyOption)
    .option(...orderOption)
    .option(...machinesOption)
    .option(...dirOfRun)
    .option('--fresh', 'forget earlier runs of the same')
    .option('--keep', 'keep results that came from older code')
    .option('--explain', 'say what would run again and why, and run nothing')
    .option('--json', 'one JSON object at the end')
    .option('--events', 'one JSON object per event as it happens')
    .option('--quiet', 'nothing but errors')
    .action((handler: string, inputs: string[], flags: Flags) =>
      exitWith(() =>
        inMapWords(async () => {
          refuseAnswersBeside(flags)
          const answersOnStdout = flags.output === undefined
          return runJob(await mapJob(handler, inputs, flags), { ...flags, answersOnStdout })
        }),
      ),
    )
}

/** A program reads one format from stdout. */
function refuseAnswersBeside({ output, json, events, explain }: Flags): void {
  const other = json === true ? '--json' : events === true ? '--events' : undefined
  if (output === undefined && explain !== true && other !== undefined)
    throw new InputError(
      `map ${other}: expected -o OUT, such as -o out.jsonl; without it stdout is for the answers`,
    )
}

/** A map has one stage, which it does not name: to redo it is to begin afresh. */
async function inMapWords<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof OlderCode)) throw error
    throw new OlderCode(
      error.message
        .replaceAll('--redo map', '--fresh')
        .replace(/runs that stage again, .*/, 'runs all of it again'),
    )
  }
}

/** The job a command line stands for. Its name comes from handler and input: the same words go on. */
async function mapJob(handler: string, inputs: readonly string[], flags: Flags): Promise<Job> {
  const module = resolve(handler)
  if (!existsSync(module))
    throw new InputError(
      `handler ${handler}: no such file${await nearbyFile(module)}; expected a module whose default export handles one item`,
    )
  const input = withKey(inputsOf(inputs), flags.key)
  const job = inFlags(() =>
    parseJob(definitionOf(module, [handler, ...inputs], flags), {
      file: 'dray map',
      folder: process.cwd(),
      strategies: strategyNames(),
      orders: orderNames(),
    }),
  )
  if (flags.output === undefined) return { ...job, input }
  const output = parseOutputFlag(flags.output, process.cwd())
  const whole = { ...job, input, stages: [{ ...job.stages[0], output }] }
  const [clash] = outputClashes(whole, 'dray map')
  if (clash !== undefined) throw new InputError(`-o ${flags.output}: ${clash.text}`)
  return whole
}

/** Errors are worded in terms of the flags given, not of the job file they stand for. */
function inFlags<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const place = /^ {2}([\w.[\]]+):/gm
    throw new InputError(
      error.message.replace(place, (line, path: string) => {
        const flag = flagOf.get(path.replace('stages[0].', ''))
        return flag === undefined ? line : `  ${flag}:`
      }),
    )
  }
}

const flagOf: ReadonlyMap<string, string> = new Map([
  ['chunk', '--chunk'],
  ['timeout', '--timeout'],
  ['isolation', '--isolation'],
  ['needs.cpu', '--needs-cpu'],
  ['needs.memory', '--needs-memory'],
  ['retry.attempts', '--retries'],
  ['tolerate.failed', '--tolerate'],
  ['strategy', '--strategy'],
  ['order', '--order'],
])

function definitionOf(module: string, words: readonly string[], flags: Flags): unknown {
  const needs = {
    ...(flags.needsCpu === undefined ? {} : { cpu: numberOf('--needs-cpu', flags.needsCpu) }),
    ...(flags.needsMemory === undefined ? {} : { memory: numeric(flags.needsMemory) }),
  }
  const stage = {
    name: 'map',
    map: module,
    chunk: numeric(flags.chunk),
    isolation: flags.isolation,
    retry: { attempts: wholeOf('--retries', flags.retries ?? '2') + 1 },
    timeout: flags.timeout,
    ...(Object.keys(needs).length === 0 ? {} : { needs }),
  }
  const tolerate = numeric(flags.tolerate)
  return {
    name: nameOf(module, words),
    params: paramsOf(flags.param ?? []),
    input: { range: { from: 0, to: 1 } },
    stages: [stage],
    ...(tolerate === undefined ? {} : { tolerate: { failed: tolerate } }),
    strategy: flags.strategy,
    order: flags.order,
  }
}

/** `ocr-5f0c2a`: readable, and another for every other handler, folder or input. */
function nameOf(module: string, words: readonly string[]): string {
  const base = basename(module, extname(module))
    .replace(/[^\w-]+/g, '-')
    .toLowerCase()
  const print = createHash('sha256').update([module, process.cwd(), ...words.slice(1)].join('\0'))
  return `${base}-${print.digest('hex').slice(0, 6)}`
}

/** One input, or several files that a shell made of one pattern. */
function inputsOf(inputs: readonly string[]): InputSpec {
  const parsed = inputs.map(input => parseInputFlag(input, process.cwd()))
  if (parsed.length === 1) return parsed[0]
  const patterns = parsed.flatMap((input, at) => {
    if (input.kind === 'files') return input.patterns
    throw new InputError(`input ${inputs[at]}: expected files only where there are several inputs`)
  })
  return { kind: 'files', patterns }
}

function withKey(input: InputSpec, key: string | undefined): InputSpec {
  if (key === undefined) return input
  if (input.kind === 'jsonl' || input.kind === 'csv') return { ...input, key }
  if (input.kind === 'stdin' && input.format === 'jsonl') return { ...input, key }
  throw new InputError(
    `--key ${key}: only rows of a .jsonl or .csv, or of jsonl:- (stdin), have fields`,
  )
}

function paramsOf(flags: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    flags.map(flag => {
      const parsed = parseParamFlag(flag)
      if (parsed === undefined) throw new InputError(`--param ${flag}: expected name=value`)
      return parsed
    }),
  )
}

/** A bare number is one; anything else is for the schema to read. */
const numeric = (text: string | undefined): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text

function wholeOf(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InputError(`${flag} ${text}: expected a whole number from 0`)
}

function numberOf(flag: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InputError(`${flag} ${text}: expected a number from 0`)
}
