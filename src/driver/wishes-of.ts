import type { SourceItem } from '../port/source.ts'

/** Items that bring something for themselves. */
export function wishesOf(items: readonly Wished[], first: number) {
  return items.flatMap(({ priority = 0, notBefore = 0, due, weight }, at) =>
    priority === 0 && notBefore === 0 && due === undefined && weight === undefined
      ? []
      : [
          {
            ...{ index: first + at, priority, notBefore },
            ...(due === undefined ? {} : { due }),
            ...(weight === undefined ? {} : { weight }),
          },
        ],
  )
}

type Wished = Pick<SourceItem, 'priority' | 'notBefore' | 'due' | 'weight'>
