import type { Box } from './boxes.ts'

/**
 * Rows from top to bottom, each from left to right. A page photographed at a slant has rows that
 * climb or fall, so boxes are compared along the page's own axes: its slant is the median of theirs.
 */
export function inReadingOrder(boxes: readonly Box[]): Box[] {
  const slant = medianAngle(boxes)
  const cos = Math.cos(slant)
  const sin = Math.sin(slant)
  const placed = boxes
    .map((box, index) => ({
      box,
      index,
      along: box.x * cos + box.y * sin,
      down: box.y * cos - box.x * sin,
    }))
    .sort((a, b) => a.down - b.down || a.along - b.along || a.index - b.index)
  const rows: (typeof placed)[] = []
  for (const next of placed) {
    const row = rows.at(-1)
    const reach = row && Math.min(row[0].box.height, next.box.height) / 2
    if (row && next.down - row[0].down < reach!) row.push(next)
    else rows.push([next])
  }
  return rows.flatMap(row =>
    row.sort((a, b) => a.along - b.along || a.index - b.index).map(({ box }) => box),
  )
}

/** The wide boxes know the slant best; the median ignores the odd one. */
function medianAngle(boxes: readonly Box[]): number {
  const angles = boxes
    .filter(box => box.width > 3 * box.height)
    .map(box => box.angle)
    .sort((a, b) => a - b)
  return angles[angles.length >> 1] ?? 0
}
