import { afterAll, describe, expect, it } from 'vitest'
import { openHighs } from '../../src/adapter/solver/highs.ts'
import type { LinearProgram } from '../../src/model/linear-program.ts'

const solver = openHighs()
afterAll(() => solver.close())

/** min -3x - 2y with x + y <= 4, x + 3y <= 6, x <= 2.5: the corner (2.5, 7/6). */
const corner: LinearProgram = {
  cost: Float64Array.of(-3, -2),
  lower: Float64Array.of(0, 0),
  upper: Float64Array.of(2.5, Infinity),
  rowLower: Float64Array.of(-Infinity, -Infinity),
  rowUpper: Float64Array.of(4, 6),
  first: Int32Array.of(0, 2, 4),
  row: Int32Array.of(0, 1, 0, 1),
  value: Float64Array.of(1, 1, 1, 3),
}

/** Market split (Cornuejols and Dawande 1998): small, and hopeless for branch and cut. */
function marketSplit(rows: number, columns: number): LinearProgram {
  const value = new Float64Array(columns * rows)
  const sums = new Float64Array(rows)
  let state = 12345
  for (let at = 0; at < value.length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    value[at] = (state >>> 8) % 100
    sums[at % rows] += value[at]
  }
  const slackFirst = Array.from({ length: 2 * rows }, (_, k) => columns * rows + k + 1)
  const all = columns + 2 * rows
  return {
    cost: Float64Array.from({ length: all }, (_, column) => (column < columns ? 0 : 1)),
    lower: new Float64Array(all),
    upper: Float64Array.from({ length: all }, (_, column) => (column < columns ? 1 : Infinity)),
    rowLower: sums.map(sum => Math.floor(sum / 2)),
    rowUpper: sums.map(sum => Math.floor(sum / 2)),
    first: Int32Array.of(
      ...Array.from({ length: columns + 1 }, (_, column) => column * rows),
      ...slackFirst,
    ),
    row: Int32Array.of(
      ...Array.from({ length: columns * rows }, (_, at) => at % rows),
      ...Array.from({ length: 2 * rows }, (_, k) => k % rows),
    ),
    value: Float64Array.of(
      ...value,
      ...Array.from({ length: 2 * rows }, (_, k) => (k < rows ? 1 : -1)),
    ),
    integer: Uint8Array.from({ length: all }, (_, column) => (column < columns ? 1 : 0)),
  }
}

describe('HiGHS in a thread', () => {
  it('solves a linear program and returns the duals of its rows', async () => {
    const solved = await solver.solve(corner, { timeLimitMs: 5000 })
    expect(solved.kind).toBe('optimal')
    if (solved.kind !== 'optimal') return
    expect(solved.values[0]).toBeCloseTo(2.5)
    expect(solved.values[1]).toBeCloseTo(7 / 6)
    expect(solved.rowDuals[1]).toBeCloseTo(-2 / 3)
  })

  it('respects whole-number columns', async () => {
    const solved = await solver.solve(
      { ...corner, integer: Uint8Array.of(1, 1) },
      { timeLimitMs: 5000 },
    )
    expect(solved.kind === 'optimal' && [...solved.values]).toEqual([2, 1])
  })

  it('says so when there is no solution', async () => {
    const solved = await solver.solve(
      { ...corner, lower: Float64Array.of(2, 3) },
      { timeLimitMs: 5000 },
    )
    expect(solved.kind).toBe('infeasible')
  })

  it('gives up on a program at its time limit, with the best point it had, and lives on', async () => {
    const solved = await solver.solve(marketSplit(6, 50), { timeLimitMs: 1000 })
    expect(solved).toMatchObject({ kind: 'limit', values: expect.any(Float64Array) })
    expect((await solver.solve(corner, { timeLimitMs: 5000 })).kind).toBe('optimal')
  })

  it('answers a limit of zero without solving', async () => {
    const solved = await solver.solve(corner, { timeLimitMs: 0 })
    expect(solved).toEqual({ kind: 'limit', values: undefined })
  })

  it('answers calls made at once one after the other', async () => {
    const kinds = await Promise.all(
      [1, 2, 3].map(seed => solver.solve(corner, { timeLimitMs: 5000, seed })),
    )
    expect(kinds.map(solved => solved.kind)).toEqual(['optimal', 'optimal', 'optimal'])
  })
})

describe('a solver thread that misbehaves', () => {
  const threadRunning = (code: string) =>
    openHighs({ workerUrl: new URL(`data:text/javascript,${encodeURIComponent(code)}`) })

  it('is reported when it cannot start, each time', async () => {
    const broken = threadRunning('throw new Error("no such engine")')
    for (let call = 0; call < 2; call += 1) {
      const solved = await broken.solve(corner, { timeLimitMs: 5000 })
      expect(solved.kind === 'failed' && solved.reason).toMatch(/thread (failed|ended)/)
    }
    await broken.close()
  })

  it('is reported when it dies at work', async () => {
    const dying = threadRunning(
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(7))',
    )
    const solved = await dying.solve(corner, { timeLimitMs: 5000 })
    expect(solved).toEqual({ kind: 'failed', reason: "the solver's thread ended with code 7" })
    await dying.close()
  })

  it('is terminated when it overruns, and keeps the best point it had sent', async () => {
    const spinning = threadRunning(
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { parentPort.postMessage({ kind: "improved", values: Float64Array.of(1) }); for (;;); })',
    )
    const solved = await spinning.solve(corner, { timeLimitMs: 3000 })
    expect(solved.kind === 'limit' && [...(solved.values ?? [])]).toEqual([1])
    await spinning.close()
  })

  it('answers that it is closed, once closed', async () => {
    const closed = openHighs()
    await closed.close()
    expect((await closed.solve(corner, { timeLimitMs: 5000 })).kind).toBe('failed')
  })
})
