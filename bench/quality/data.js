import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadProblem } from '../../build/input/load-problem.js'

/** Where the instances are. Every function says what is missing instead of measuring nothing. */
export const data = process.env.DRAY_BENCH_DATA ?? join(import.meta.dirname, '../../../shared/data')

export class Missing extends Error {}

/** Instances of one folder of problem files, `{ name, problem, reference }`, spread evenly if limited. */
export function* problemsOf(set, limit) {
  const folder = join(data, 'problems', set)
  for (const file of limited(filesOf(folder, '.json.gz'), limit)) {
    const path = join(folder, file)
    const { reference } = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))
    yield { name: file.replace('.json.gz', ''), problem: loadProblem(path), reference }
  }
}

/** Matrices with what the table says of them. */
export function* matricesOf(limit) {
  const table = join(data, 'matrices/best_known.csv')
  if (!existsSync(table)) throw new Missing(`no ${table}`)
  for (const line of limited(csv(table), limit)) {
    const path = join(data, 'matrices', line.instance)
    if (!existsSync(path)) throw new Missing(`no ${path}`)
    yield { name: line.instance.replace('.csv.gz', ''), problem: loadProblem(path), known: line }
  }
}

/** The platform that the workflows' references were computed for. */
const platform = {
  machines: [1, 1, 1, 1, 2, 2, 4, 4].map((speed, at) => ({ id: `m${at}`, speed })),
  network: { bandwidth: 125_000_000, latency: 0 },
}

/** Recorded workflows as WfFormat files, with their dependencies and data, on that platform. */
export function* workflowsOf(limit) {
  const folder = process.env.DRAY_BENCH_WORKFLOWS ?? join(data, 'wfformat')
  const files = limited(filesOf(folder, '.json'), limit)
  const made = mkdtempSync(join(tmpdir(), 'dray-quality-'))
  const machinesPath = join(made, 'machines.json')
  writeFileSync(machinesPath, JSON.stringify(platform))
  try {
    for (const file of files) {
      const problem = loadProblem(join(folder, file), { machinesPath })
      yield { name: file.replace('.json', ''), problem, reference: referenceOf(file) }
    }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** The reference of a workflow, where its problem file is in the data; it was computed with dependencies. */
function referenceOf(file) {
  const path = join(data, 'problems/wfinstances', `${file}.gz`)
  if (!existsSync(path)) return undefined
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')).reference
}

function filesOf(folder, ending) {
  if (!existsSync(folder)) throw new Missing(`no ${folder}`)
  const files = readdirSync(folder).filter(file => file.endsWith(ending))
  if (files.length === 0) throw new Missing(`no ${ending} in ${folder}`)
  return files.sort()
}

function limited(all, limit) {
  if (limit === undefined || all.length <= limit) return all
  return Array.from({ length: limit }, (_, nth) => all[Math.floor((nth * all.length) / limit)])
}

function csv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  const names = head.split(',')
  return lines.map(line => Object.fromEntries(line.split(',').map((cell, at) => [names[at], cell])))
}
