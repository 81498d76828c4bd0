import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Problem } from '../../src/model/problem.ts'
import { type LpBound, toMakespan } from '../../src/policy/bound/certified.ts'
import { climbFor } from '../../src/policy/bound/climb.ts'
import { unrelatedOf } from '../../src/policy/bound/unrelated.ts'
import { prng } from '../../src/std/prng.ts'

/** Independent tasks on unrelated machines, from a row of times per task. */
export function unrelatedProblem(
  rows: readonly (readonly number[])[],
  more: Partial<Problem> = {},
): Problem {
  const machines = rows[0]?.length ?? 0
  return {
    name: 'test',
    unit: 's',
    machines: Array.from({ length: machines }, (_, i) => ({
      id: `m${i}`,
      speed: 1,
      capacity: undefined,
      cost: 0,
    })),
    tasks: rows.map((_, j) => ({
      id: `t${j}`,
      needs: undefined,
      release: 0,
      due: Infinity,
      weight: 1,
      priority: 0,
    })),
    times: Float64Array.from(rows.flat()),
    edges: {
      firstEdge: new Int32Array(rows.length + 1),
      from: new Int32Array(0),
      bytes: new Float64Array(0),
      time: new Float64Array(0),
    },
    network: undefined,
    ...more,
  }
}

/** The article's example: T = 5, 8, 6, 10, 4 on P = 2, 3, 4. */
export const article = unrelatedProblem([5, 8, 6, 10, 4].map(work => [2, 3, 4].map(p => work / p)))

export function randomRows(
  seed: number,
  shape: { readonly tasks: number; readonly machines: number; readonly missing?: number },
): number[][] {
  const random = prng(seed)
  return Array.from({ length: shape.tasks }, (_, j) =>
    Array.from({ length: shape.machines }, (_, i) => {
      const time = 1 + Math.floor(random.next() * 99)
      return random.next() < (shape.missing ?? 0) && i !== j % shape.machines ? Infinity : time
    }),
  )
}

export const matrixFolder = new URL('../../../shared/data/matrices/', import.meta.url)
export const matricesPresent = existsSync(matrixFolder)

export function matrixProblem(name: string): Problem {
  const text = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, matrixFolder))).toString()
  return unrelatedProblem(
    text
      .trim()
      .split('\n')
      .map(line => line.split(',').map(Number)),
  )
}

export const matrixNames = ['c_hihi', 'c_lolo', 'i_hihi', 'i_lolo', 's_hihi', 's_lolo'].map(
  kind => `512x16_u_${kind}.0`,
)

/** Prices after so many passes, and what they prove of the makespan. */
export function lagrangianBound(problem: Problem, steps: number): LpBound {
  const view = unrelatedOf(problem)
  const { value, lambda } = climbFor(view, steps)
  return { value: toMakespan(view, value), lambda }
}

/** The least makespan by trying every assignment. */
export function leastMakespan(rows: readonly (readonly number[])[]): number {
  const load = new Array<number>(rows[0].length).fill(0)
  let least = Infinity
  const place = (task: number): void => {
    if (task === rows.length) {
      least = Math.min(least, Math.max(...load))
      return
    }
    rows[task].forEach((time, machine) => {
      const before = load[machine]
      load[machine] = before + time
      if (load[machine] < least) place(task + 1)
      load[machine] = before
    })
  }
  place(0)
  return least
}
