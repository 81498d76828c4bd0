import { problemFrom } from '../../src/input/problem.ts'
import type { Problem } from '../../src/model/problem.ts'

/** The article's example: speeds 2, 3, 4 and loads 5, 8, 6, 10, 4. */
export const article = (): Problem =>
  problemFrom(
    {
      machines: [2, 3, 4].map((speed, at) => ({ id: `R${at + 1}`, speed })),
      tasks: [5, 8, 6, 10, 4].map((work, at) => ({ id: `T${at + 1}`, work })),
    },
    { place: 'article', name: 'article' },
  )

/** The example DAG of Topcuoglu, Hariri and Wu 2002, figure 2: HEFT 80, CPOP 86, optimum 73. */
export const heftPaper = (): Problem => {
  const times = [
    [14, 16, 9],
    [13, 19, 18],
    [11, 13, 19],
    [13, 8, 17],
    [12, 13, 10],
    [13, 16, 9],
    [7, 15, 11],
    [5, 11, 14],
    [18, 12, 20],
    [21, 7, 16],
  ]
  const edges: [number, number, number][] = [
    [0, 1, 18],
    [0, 2, 12],
    [0, 3, 9],
    [0, 4, 11],
    [0, 5, 14],
    [1, 7, 19],
    [1, 8, 16],
    [2, 6, 23],
    [3, 7, 27],
    [3, 8, 23],
    [4, 8, 13],
    [5, 7, 15],
    [6, 9, 17],
    [7, 9, 11],
    [8, 9, 13],
  ]
  return problemFrom(
    {
      machines: [{ id: 'p1' }, { id: 'p2' }, { id: 'p3' }],
      tasks: times.map((row, at) => ({
        id: `n${at + 1}`,
        times: row,
        after: edges
          .filter(([, to]) => to === at)
          .map(([from, , time]) => ({ task: `n${from + 1}`, time })),
      })),
    },
    { place: 'heft paper', name: 'heft paper' },
  )
}
