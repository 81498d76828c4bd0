import type { Network, Precedence } from '../model/problem.ts'
import { badInput } from './input-error.ts'
import { didYouMean } from './nearest.ts'
import type { ProblemPart } from './problem.ts'

/** A dense network of more machines than this would not fit memory. */
const MAX_NETWORK_MACHINES = 4_000

/**
 * The network as two dense tables. A pair without a bandwidth is refused only when an edge may
 * move bytes over it; otherwise its bandwidth never counts and is infinite.
 */
export function buildNetwork(
  part: ProblemPart,
  options: { machineIndex: Map<string, number>; edges: Precedence; place: string },
): Network | undefined {
  const { machines, network } = part
  const { machineIndex, edges, place } = options
  const count = machines.length
  const moving = edges.bytes.findIndex(bytes => bytes > 0)
  if (network === undefined) {
    if (moving >= 0 && count > 1) throw missing(part, { edges, moving, place }, [0, 1])
    return undefined
  }
  if (count > MAX_NETWORK_MACHINES) {
    throw badInput(`${place}: network`, `${count} machines`, `at most ${MAX_NETWORK_MACHINES}`)
  }
  const unknown = Number.NaN
  const bandwidth = new Float64Array(count * count).fill(network.bandwidth ?? unknown)
  const latency = new Float64Array(count * count).fill(network.latency ?? 0)
  const setBy = new Map<number, number>()
  for (const [at, link] of (network.links ?? []).entries()) {
    const where = `${place}: network.links[${at}]`
    const [a, b] = link.between.map(id => machineAt(id, machineIndex, where))
    if (a === b) {
      const end = machines[a].id
      throw badInput(
        where,
        `a link between ${end} and itself`,
        'two machines: within one nothing is moved',
      )
    }
    const key = Math.min(a, b) * count + Math.max(a, b)
    const earlier = setBy.get(key)
    if (earlier !== undefined) {
      const first = network.links?.[earlier]
      if (first?.bandwidth === link.bandwidth && first?.latency === link.latency) continue
      throw badInput(
        where,
        `conflicts with links[${earlier}], which is also between ${link.between.join(' and ')}`,
        'one link per pair (a repeat must be equal)',
      )
    }
    setBy.set(key, at)
    for (const pair of [a * count + b, b * count + a]) {
      if (link.bandwidth !== undefined) bandwidth[pair] = link.bandwidth
      if (link.latency !== undefined) latency[pair] = link.latency
    }
  }
  for (let pair = 0; pair < count * count; pair += 1) {
    if (!Number.isNaN(bandwidth[pair])) continue
    const ends: [number, number] = [Math.floor(pair / count), pair % count]
    if (moving >= 0 && ends[0] !== ends[1]) throw missing(part, { edges, moving, place }, ends)
    bandwidth[pair] = Number.POSITIVE_INFINITY
  }
  return { bandwidth, latency }
}

function machineAt(id: string, machineIndex: Map<string, number>, where: string): number {
  const index = machineIndex.get(id)
  if (index !== undefined) return index
  const hint = didYouMean(id.slice(0, 200), [...machineIndex.keys()])
  throw badInput(where, `no machine ${JSON.stringify(id)}${hint}`, 'the id of a machine')
}

function missing(
  part: ProblemPart,
  edge: { edges: Precedence; moving: number; place: string },
  [a, b]: [number, number],
) {
  const { edges, moving, place } = edge
  let task = 0
  while (edges.firstEdge[task + 1] <= moving) task += 1
  const from = part.tasks[edges.from[moving]].id
  return badInput(
    `${place}: network`,
    `no bandwidth between ${part.machines[a].id} and ${part.machines[b].id}, but ` +
      `${part.tasks[task].id} gets ${edges.bytes[moving]} bytes from ${from}`,
    'network.bandwidth for all pairs, or a link between these two',
  )
}
