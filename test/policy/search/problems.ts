import fc from 'fast-check'
import type { Problem } from '../../../src/model/problem.ts'

/** Small random problems of each shape that the search tells apart. */
export function problemsOf(
  shape: 'independent' | 'graph' | 'capacity',
  atMost = { tasks: 14, machines: 4 },
): fc.Arbitrary<Problem> {
  return fc
    .record({
      machines: fc.integer({ min: 1, max: atMost.machines }),
      tasks: fc.integer({ min: 1, max: atMost.tasks }),
      draws: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
    })
    .map(({ machines, tasks, draws }) => {
      const draw = () => draws.next().value as number
      return build(shape, { machines, tasks, draw })
    })
}

function build(
  shape: 'independent' | 'graph' | 'capacity',
  how: { machines: number; tasks: number; draw: () => number },
): Problem {
  const { machines, tasks, draw } = how
  const times = new Float64Array(tasks * machines)
  for (let at = 0; at < times.length; at += 1) {
    const able = at % machines === 0 || draw() > 0.2
    times[at] = able ? Math.floor(draw() * 20) / 2 : Number.POSITIVE_INFINITY
  }
  const edges = shape === 'independent' ? noEdges(tasks) : someEdges(tasks, draw)
  return {
    name: shape,
    unit: 's',
    machines: Array.from({ length: machines }, (_, i) => ({
      id: `m${i}`,
      speed: 1,
      capacity: shape === 'capacity' && (i === 0 || draw() < 0.5) ? { cpu: 4 } : undefined,
      cost: 0,
    })),
    tasks: Array.from({ length: tasks }, (_, j) => ({
      id: `t${j}`,
      needs: shape === 'capacity' ? { cpu: 1 + Math.floor(draw() * 4) } : undefined,
      release: shape !== 'independent' && draw() < 0.3 ? Math.floor(draw() * 20) : 0,
      due: Number.POSITIVE_INFINITY,
      weight: 1,
      priority: 0,
    })),
    times,
    edges,
    network: networkOf(machines, draw),
  }
}

function networkOf(machines: number, draw: () => number): Problem['network'] {
  const alike = draw() < 0.5
  const bandwidth = new Float64Array(machines * machines).fill(2)
  const latency = new Float64Array(machines * machines).fill(1)
  for (let a = 0; a < machines; a += 1) {
    for (let b = 0; b < a; b += 1) {
      if (alike) continue
      bandwidth[a * machines + b] = bandwidth[b * machines + a] = 1 + Math.floor(draw() * 4)
    }
  }
  return { bandwidth, latency }
}

const noEdges = (tasks: number): Problem['edges'] => ({
  firstEdge: new Int32Array(tasks + 1),
  from: new Int32Array(0),
  bytes: new Float64Array(0),
  time: new Float64Array(0),
})

/** Every task may follow some that come before it: by bytes, by a fixed time, or by nothing. */
function someEdges(tasks: number, draw: () => number): Problem['edges'] {
  const firstEdge = new Int32Array(tasks + 1)
  const from: number[] = []
  const bytes: number[] = []
  const time: number[] = []
  for (let task = 0; task < tasks; task += 1) {
    for (let before = Math.max(0, task - 5); before < task; before += 1) {
      if (draw() < 0.7) continue
      const kind = Math.floor(draw() * 3)
      from.push(before)
      bytes.push(kind === 0 ? Math.floor(draw() * 20) : 0)
      time.push(kind === 0 ? Number.NaN : kind === 1 ? Math.floor(draw() * 9) : 0)
    }
    firstEdge[task + 1] = from.length
  }
  return {
    firstEdge,
    from: Int32Array.from(from),
    bytes: Float64Array.from(bytes),
    time: Float64Array.from(time),
  }
}
