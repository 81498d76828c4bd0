import type { Problem } from '../../src/model/problem.ts'
import { prng } from '../../src/std/prng.ts'

export type Shape = {
  readonly tasks?: number
  readonly machines?: number
  /** Edges drawn; some fall on pairs that have one. */
  readonly edges?: number
  readonly capacity?: boolean
  readonly releases?: boolean
  /** Tasks that take no time are among them. */
  readonly instant?: boolean
}

/** A problem in whole units of time, drawn from a seed: exact in ticks. */
export function drawProblem(seed: number, shape: Shape = {}): Problem {
  const {
    tasks = 30,
    machines = 4,
    edges = 0,
    capacity = false,
    releases = false,
    instant = false,
  } = shape
  const random = prng(seed)
  const times = Float64Array.from({ length: tasks * machines }, () =>
    instant ? random.int(5) : 1 + random.int(20),
  )
  const before = drawEdges(seed, tasks, edges)
  const firstEdge = new Int32Array(tasks + 1)
  before.forEach((predecessors, task) => {
    firstEdge[task + 1] = firstEdge[task] + predecessors.length
  })
  const from = Int32Array.from(before.flat())
  return {
    name: `drawn ${seed}`,
    unit: 's',
    network: undefined,
    times,
    machines: Array.from({ length: machines }, (_, at) => ({
      id: `m${at}`,
      speed: 1,
      cost: 0,
      capacity: capacity && at % 2 === 0 ? { cpu: 4, memory: 8 } : undefined,
    })),
    tasks: Array.from({ length: tasks }, (_, at) => ({
      id: `t${at}`,
      release: releases ? random.int(30) : 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
      needs: capacity ? { cpu: 1 + random.int(3), memory: random.int(8) } : undefined,
    })),
    edges: {
      firstEdge,
      from,
      bytes: new Float64Array(from.length),
      time: Float64Array.from(from, () => random.int(6)),
    },
  }
}

function drawEdges(seed: number, tasks: number, edges: number): number[][] {
  const random = prng(seed, 1)
  const before: number[][] = Array.from({ length: tasks }, () => [])
  for (let edge = 0; edge < edges; edge += 1) {
    const [a, b] = [random.int(tasks), random.int(tasks)]
    if (a < b && !before[b].includes(a)) before[b].push(a)
  }
  return before
}
