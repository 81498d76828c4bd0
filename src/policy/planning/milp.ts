import type { Columns } from '../bound/columns.ts'
import type { Unrelated } from '../bound/unrelated.ts'
import { type Assignment, handOut, makespanOfAssignment } from './assignment.ts'
import { type AssignmentModel, amountsOf, assignmentModel } from './assignment-program.ts'

/**
 * The assignment program in whole tasks, seeded with the best assignment known, which also caps the
 * makespan: the solver either beats it or returns it. Source: the program of Potts 1985 (unrelated
 * parallel machines), which HiGHS solves by branch and cut (Huangfu and Hall 2018).
 */
export function integerModel(
  view: Unrelated,
  columns: Columns,
  options: { readonly incumbent: Assignment; readonly bound: number },
): IntegerModel {
  const makespan = makespanOfAssignment(view, options.incumbent)
  const unit = makespan
  const model = assignmentModel(view, columns, {
    unit,
    whole: true,
    atLeast: options.bound,
    atMost: makespan * (1 + 1e-9),
  })
  const taken = amountsUsed(view, columns, options.incumbent)
  const start = new Float64Array(model.program.cost.length)
  model.pairs.forEach((at, column) => {
    start[column] = taken[at]
  })
  start[start.length - 1] = makespan / unit
  return { model, start }
}

type IntegerModel = { readonly model: AssignmentModel; readonly start: Float64Array }

/** `columns` must contain every pair that the assignment uses. */
function amountsUsed(view: Unrelated, columns: Columns, assignment: Assignment): Int32Array {
  const amounts = new Int32Array(columns.machine.length)
  for (let task = 0; task < view.tasks; task += 1) {
    const c = view.classOf[task]
    let at = columns.first[c]
    while (columns.machine[at] !== assignment[task]) at += 1
    amounts[at] += 1
  }
  return amounts
}

/** The solver's point as an assignment, or `undefined` where it is no whole one. */
export function assignmentOf(
  view: Unrelated,
  columns: Columns,
  { model }: IntegerModel,
  values: Float64Array,
): Assignment | undefined {
  const amounts = Int32Array.from(amountsOf(view, columns, model, values), Math.round)
  for (let c = 0; c < view.classes; c += 1) {
    let placed = 0
    for (let at = columns.first[c]; at < columns.first[c + 1]; at += 1) placed += amounts[at]
    if (placed !== view.count[c]) return undefined
  }
  return handOut(view, columns, amounts)
}
