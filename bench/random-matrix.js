import { matrixProblem } from '../build/input/matrix.js'
import { prng } from '../build/std/prng.js'

/** Independent tasks that take 1 to 1,000 seconds, on each machine another time: the same at each call. */
export function randomMatrix(tasks, machines) {
  const random = prng(1)
  const times = new Float64Array(tasks * machines)
  for (let at = 0; at < times.length; at += 1) times[at] = 1 + random.int(1_000)
  return matrixProblem(`${tasks} x ${machines}`, times, machines)
}
