import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { outColours as pc } from './colour.ts'
import { cpuQuota } from '../adapter/machine/cgroup.ts'
import { discoverMachine } from '../adapter/machine/discover.ts'
import { findGpus } from '../adapter/machine/gpu.ts'
import { readMemory } from '../adapter/machine/memory.ts'
import { askOwner } from '../adapter/owner/ask.ts'
import { readRecord } from '../adapter/owner/claim.ts'
import { openDirectory, readDirectory } from '../adapter/sqlite/directory.ts'
import { wholeAnswers } from '../api/whole-answers.ts'
import { runName } from '../driver/stored-name.ts'
import { restore } from '../driver/restore.ts'
import { formatBytes, formatDuration, plural } from '../std/units.ts'
import { exitCode, exitWith } from './exit.ts'
import { directoryFrom } from './directory.ts'
import { printJson, table } from './print.ts'
import { printProse } from './terminal.ts'
import { dirOfRuns } from './options.ts'

/** One thing looked at. `bad`: dray cannot work so; `warn`: it can, with less. */
type Finding = {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'bad'
  readonly found: string
  readonly helps?: string
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .option(...dirOfRuns)
    .option('--json', 'one JSON object')
    .action((flags: { dir?: string; json?: boolean }) => exitWith(() => doctor(flags)))
}

async function doctor(flags: { dir?: string; json?: boolean }): Promise<number> {
  const dir = directoryFrom(flags.dir)
  const findings = [
    node(),
    await machine(),
    memory(),
    await gpu(),
    ...(await directory(dir)),
    sqlite(dir),
    ...modules(),
  ]
  const healthy = findings.every(finding => finding.state !== 'bad')
  if (flags.json === true) printJson({ healthy, findings })
  else {
    const rows = findings.map(({ name, state, found, helps }) => [
      marks[state],
      name,
      helps === undefined ? found : `${found}; ${helps}`,
    ])
    printProse(table(rows))
  }
  return healthy ? exitCode.done : exitCode.failed
}

const marks = { ok: pc.green('ok  '), warn: pc.yellow('note'), bad: pc.red('bad ') }

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const fit = major > 20 || (major === 20 && minor >= 19)
  const found = `${process.versions.node} on ${process.platform} ${process.arch}`
  return fit
    ? { name: 'node', state: 'ok', found }
    : { name: 'node', state: 'bad', found, helps: 'expected 20.19 or newer' }
}

async function machine(): Promise<Finding> {
  const { slots } = await discoverMachine()
  const all = availableParallelism()
  const quota = cpuQuota() ?? all
  const limited = quota < all ? `, limited to ${quota} by the container` : ''
  return { name: 'cores', state: 'ok', found: `${all}${limited}: ${plural(slots, 'slot')}` }
}

function memory(): Finding {
  const { totalBytes, availableBytes } = readMemory()
  const found = `${formatBytes(availableBytes)} free of ${formatBytes(totalBytes)} (container limits counted)`
  return availableBytes < totalBytes / 20
    ? { name: 'memory', state: 'warn', found, helps: 'below a twentieth nothing new starts' }
    : { name: 'memory', state: 'ok', found }
}

async function gpu(): Promise<Finding> {
  const gpus = await findGpus()
  const found = gpus
    .map(({ name, memoryBytes }) => `${name} ${formatBytes(memoryBytes)}`)
    .join(', ')
  return { name: 'gpu', state: 'ok', found: found === '' ? 'none found by nvidia-smi' : found }
}

async function directory(dir: string): Promise<Finding[]> {
  const disk = statfsSync(nearestExisting(dir))
  const free = disk.bavail * disk.bsize
  const space: Finding = {
    name: 'disk',
    state: free < 1e9 ? 'warn' : 'ok',
    found: `${formatBytes(free)} free for ${dir}`,
  }
  if (!existsSync(join(dir, 'dray.db')))
    return [space, { name: 'directory', state: 'ok', found: `${dir} is new: a run makes it` }]
  const alive = await askOwner(dir, { op: 'ping' }, { timeoutMillis: 2_000 }).catch(() => null)
  const owner = alive === undefined ? undefined : readRecord(dir)
  if (owner === undefined) return [space, inspected(dir)]
  const used = `process ${owner.pid} on ${owner.host} works in it`
  return [space, { name: 'directory', state: 'ok', found: `${dir}: ${used}` }]
}

/** Reads what is there as a command would: the chain of the journal, and every result's checksum. */
function inspected(dir: string): Finding {
  const name = 'directory'
  try {
    const { journal, store, close } = readDirectory(dir)
    try {
      const state = restore(journal)
      let results = 0
      for (const stage of state.stages)
        if (state.runs[stage.run] !== undefined && store.run(runName(state, stage)) !== undefined)
          for (const _ of wholeAnswers(state, store, stage)) results += 1
      const whole = `${plural(store.runs().length, 'run')}, ${plural(results, 'result')}, all whole`
      return { name, state: 'ok', found: `${dir}: no run is at work; ${whole}` }
    } finally {
      close()
    }
  } catch (error) {
    return { name, state: 'bad', found: error instanceof Error ? error.message : String(error) }
  }
}

/** Writes, reads and syncs where runs would: a folder of its own beside them, removed at once. */
function sqlite(dir: string): Finding {
  const base = nearestExisting(dir)
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(base, '.dray-doctor-'))
    const { store, close } = openDirectory(folder)
    store.put('doctor', 'works')
    const works = store.get('doctor') === 'works'
    close()
    const each = fsyncMicros(folder)
    const found = `works, ${formatDuration(each)} a sync`
    if (!works) return { name: 'sqlite', state: 'bad', found: 'does not return what was written' }
    return each > 20_000
      ? { name: 'sqlite', state: 'warn', found, helps: 'a slow disk: small tasks will wait for it' }
      : { name: 'sqlite', state: 'ok', found }
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return { name: 'sqlite', state: 'bad', found, helps: `can ${base} be written? else --dir` }
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Median of a few. */
function fsyncMicros(folder: string): number {
  const file = openSync(join(folder, 'sync'), 'w')
  const times: number[] = []
  for (let turn = 0; turn < 9; turn += 1) {
    const from = performance.now()
    writeSync(file, 'x'.repeat(4_096))
    fsyncSync(file)
    times.push((performance.now() - from) * 1_000)
  }
  closeSync(file)
  return times.sort((a, b) => a - b)[4]
}

function modules(): Finding[] {
  return [
    moduleFound('esbuild', 'bad', 'TypeScript handlers need it: npm install'),
    moduleFound(
      'onnxruntime-node',
      'warn',
      'only handlers that use it need it (examples/ocr does)',
    ),
  ]
}

function moduleFound(name: string, without: 'warn' | 'bad', helps: string): Finding {
  const folders = [import.meta.url, join(process.cwd(), 'package.json')]
  for (const from of folders) {
    try {
      createRequire(from).resolve(name)
      return { name, state: 'ok', found: 'present' }
    } catch {
      // Missing here: the next place is tried.
    }
  }
  return { name, state: without, found: 'absent', helps }
}

function nearestExisting(path: string): string {
  let at = path
  while (!existsSync(at)) {
    const up = dirname(at)
    if (up === at) return tmpdir()
    at = up
  }
  return at
}
