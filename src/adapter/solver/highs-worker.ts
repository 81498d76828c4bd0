import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import type highsPackage from 'highs'
import type { Highs, Model } from 'highs'
import type { LinearProgram } from '../../model/linear-program.ts'
import type { Solved, SolveOptions } from '../../port/solver.ts'

/** The thread's side of the solver: programs in, improving points and one answer out. */
export type SolverRequest = {
  readonly program: LinearProgram
  readonly options: SolveOptions
  /** Milliseconds of wall clock, since the epoch. */
  readonly deadline: number
}

export type SolverReply = Solved | { readonly kind: 'improved'; readonly values: Float64Array }

/** The package's types are those of its CommonJS build, whose exports are the loader itself. */
const loadHighs: (typeof highsPackage)['default'] = createRequire(import.meta.url)('highs')
const loading = loadHighs()

parentPort?.on('message', async (request: SolverRequest) => {
  try {
    parentPort?.postMessage(solve(await loading, request))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    parentPort?.postMessage({ kind: 'failed', reason: `HiGHS: ${reason}` } satisfies SolverReply)
  }
})

function solve(highs: Highs, { program, options, deadline }: SolverRequest): Solved {
  const seconds = (deadline - performance.timeOrigin - performance.now()) / 1000
  if (seconds <= 0) return { kind: 'limit', values: undefined }
  return highs.withModel(model => {
    model.options.set({
      output_flag: false,
      time_limit: seconds,
      random_seed: (options.seed ?? 0) & 0x7fffffff,
      ...(options.relativeGap === undefined ? {} : { mip_rel_gap: options.relativeGap }),
    })
    passProgram(model, program)
    if (options.start) model.setSolution({ colValue: options.start })
    const { modelStatus } = model.run({
      [highs.constants.callbackType.mipImprovingSolution](event) {
        const values = event.data.mip_solution
        if (values) parentPort?.postMessage({ kind: 'improved', values } satisfies SolverReply)
      },
    })
    return answer(highs, model, modelStatus)
  })
}

function answer(highs: Highs, model: Model, status: number): Solved {
  const { optimal, infeasible, unboundedOrInfeasible, timeLimit } = highs.constants.modelStatus
  if (status === optimal) {
    const { colValue, rowDual } = model.getSolution()
    return { kind: 'optimal', values: colValue, rowDuals: rowDual }
  }
  if (status === timeLimit) return { kind: 'limit', values: undefined }
  if (status === infeasible || status === unboundedOrInfeasible) return { kind: 'infeasible' }
  return { kind: 'failed', reason: `HiGHS ended with status ${status}` }
}

function passProgram(model: Model, program: LinearProgram): void {
  const numCols = program.cost.length
  const numRows = program.rowLower.length
  model.passModel({
    numCols,
    numRows,
    colCost: program.cost,
    colLower: program.lower,
    colUpper: program.upper,
    rowLower: program.rowLower,
    rowUpper: program.rowUpper,
    matrix: {
      format: 'csc',
      numRows,
      numCols,
      starts: program.first,
      indices: program.row,
      values: program.value,
    },
    ...(program.integer ? { integrality: Int32Array.from(program.integer) } : {}),
  })
}
