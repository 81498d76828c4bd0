/** One block of a Gantt chart, in the unit of its time axis. */
export type Block = {
  readonly start: number
  readonly end: number
  readonly label: string
  readonly state: BlockState
  /** What more there is to say of it, such as how it failed. */
  readonly detail?: string
  /** Of neighbours drawn as one, how many they are. */
  readonly count?: number
}

/** What a block shows; each has a colour and a mark of its own. */
export type BlockState = 'waiting' | 'running' | 'done' | 'retry' | 'failed'

export type Lane = { readonly label: string; readonly blocks: readonly Block[] }

/**
 * Blocks of one machine in as few lanes as they need: each goes to the first lane that is free when
 * it starts (interval partitioning; Kleinberg and Tardos 2005, 4.1).
 */
export function lanesOf(label: string, blocks: readonly Block[]): Lane[] {
  const lanes: Block[][] = []
  const until: number[] = []
  for (const block of blocks.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const slack = Math.abs(block.start) * 1e-9
    let lane = until.findIndex(end => end <= block.start + slack)
    if (lane < 0) lane = lanes.push([]) - 1
    lanes[lane].push(block)
    until[lane] = block.end
  }
  if (lanes.length === 0) lanes.push([])
  return lanes.map((own, at) => ({ label: at === 0 ? label : '', blocks: own }))
}

/**
 * Neighbours too narrow to be seen apart become one block, so that a picture of a million tasks has
 * no more marks than pixels. Only well-ended ones: a failure is never merged away.
 */
export function mergeNarrow(blocks: readonly Block[], narrow: number): Block[] {
  const merged: Block[] = []
  for (const block of blocks) {
    const last = merged.at(-1)
    const joins =
      last !== undefined &&
      last.state === 'done' &&
      block.state === 'done' &&
      block.end - block.start < narrow &&
      last.end - last.start < 40 * narrow &&
      block.start - last.end < narrow / 2
    if (joins) {
      const count = (last.count ?? 1) + (block.count ?? 1)
      const end = Math.max(last.end, block.end)
      merged[merged.length - 1] = { ...last, end, label: '', count }
    } else merged.push(block)
  }
  return merged
}
