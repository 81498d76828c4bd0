/**
 * From the detector's probability map to text boxes (Liao et al. 2020, "Real-time scene text
 * detection with differentiable binarization"). The network is trained on shrunken text regions,
 * so every connected region above the threshold is one line, drawn too small: fit the rectangle of
 * least area around it, keep it if the map is confident inside, and grow it back.
 */
export type Point = { readonly x: number; readonly y: number }

/** A rotated rectangle: `width` runs along the text at `angle` radians, clockwise as y points down. */
export type Box = {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly angle: number
}

export type ProbabilityMap = {
  readonly data: Float32Array
  readonly width: number
  readonly height: number
}

/** A pixel belongs to text above this; the paper's and PP-OCR's value. */
const textProbability = 0.3
/** Mean probability a box needs; PP-OCR's value. */
const boxScore = 0.6
/** How far to grow: area times this over perimeter (the paper's offset; PP-OCRv4's value). */
const unclipRatio = 1.5
/** Shorter sides than this many map pixels are specks. */
const leastSide = 3

export function findBoxes(map: ProbabilityMap): Box[] {
  const boxes: Box[] = []
  for (const outline of regions(map)) {
    const tight = leastRectangle(convexHull(outline))
    if (Math.min(tight.width, tight.height) < leastSide) continue
    if (meanInside(map, tight) < boxScore) continue
    boxes.push(grow(tight))
  }
  return boxes
}

/** The leftmost and rightmost pixels of each row of every 8-connected region: all its hull needs. */
function* regions(map: ProbabilityMap): Generator<Point[]> {
  const { data, width, height } = map
  const seen = new Uint8Array(width * height)
  const stack: number[] = []
  for (let first = 0; first < data.length; first++) {
    if (seen[first] || data[first] <= textProbability) continue
    const left = new Map<number, number>()
    const right = new Map<number, number>()
    seen[first] = 1
    stack.push(first)
    while (stack.length > 0) {
      const at = stack.pop()!
      const x = at % width
      const y = (at - x) / width
      if (x < (left.get(y) ?? Number.POSITIVE_INFINITY)) left.set(y, x)
      if (x > (right.get(y) ?? -1)) right.set(y, x)
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx
          if (seen[next] || data[next] <= textProbability) continue
          seen[next] = 1
          stack.push(next)
        }
      }
    }
    yield [...left].flatMap(([y, x]) => corners(x, right.get(y)!, y))
  }
}

/** Pixels are squares: a row of them spans from its left edge to its right one. */
function corners(left: number, right: number, y: number): Point[] {
  return [
    { x: left, y },
    { x: right + 1, y },
    { x: left, y: y + 1 },
    { x: right + 1, y: y + 1 },
  ]
}

/** Andrew's monotone chain (1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y)
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = []
    for (const p of ordered) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop()
      chain.push(p)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

const turn = (a: Point, b: Point, c: Point) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)

/** One side of the least rectangle lies on an edge of the hull (Freeman and Shapira 1975); hulls
 *  here have tens of edges, so every edge is tried. The angle is folded into [-45, 45) degrees, so
 *  `width` is the nearly horizontal side. */
export function leastRectangle(hull: readonly Point[]): Box {
  let best: Box | undefined
  for (let i = 0; i < hull.length; i++) {
    const a = hull[i]
    const b = hull[(i + 1) % hull.length]
    const edge = Math.atan2(b.y - a.y, b.x - a.x)
    const angle = edge - (Math.PI / 2) * Math.floor(edge / (Math.PI / 2) + 0.5)
    const box = rectangleAt(hull, angle)
    if (!best || box.width * box.height < best.width * best.height - 1e-9) best = box
  }
  return best!
}

function rectangleAt(hull: readonly Point[], angle: number): Box {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const along = hull.map(p => p.x * cos + p.y * sin)
  const across = hull.map(p => p.y * cos - p.x * sin)
  const [u0, u1] = [Math.min(...along), Math.max(...along)]
  const [v0, v1] = [Math.min(...across), Math.max(...across)]
  const u = (u0 + u1) / 2
  const v = (v0 + v1) / 2
  return { x: u * cos - v * sin, y: u * sin + v * cos, width: u1 - u0, height: v1 - v0, angle }
}

function meanInside(map: ProbabilityMap, box: Box): number {
  const cos = Math.cos(box.angle)
  const sin = Math.sin(box.angle)
  const reachX = (Math.abs(box.width * cos) + Math.abs(box.height * sin)) / 2
  const reachY = (Math.abs(box.width * sin) + Math.abs(box.height * cos)) / 2
  let sum = 0
  let count = 0
  const lastY = Math.min(map.height - 1, Math.ceil(box.y + reachY))
  const lastX = Math.min(map.width - 1, Math.ceil(box.x + reachX))
  for (let y = Math.max(0, Math.floor(box.y - reachY)); y <= lastY; y++) {
    for (let x = Math.max(0, Math.floor(box.x - reachX)); x <= lastX; x++) {
      const dx = x + 0.5 - box.x
      const dy = y + 0.5 - box.y
      if (Math.abs(dx * cos + dy * sin) > box.width / 2) continue
      if (Math.abs(dy * cos - dx * sin) > box.height / 2) continue
      sum += map.data[y * map.width + x]
      count++
    }
  }
  return count === 0 ? 0 : sum / count
}

/** Offsetting a polygon by area * ratio / perimeter (Vatti 1992, as the paper uses it), which for a
 *  rectangle moves each side out by that much. */
function grow(box: Box): Box {
  const { width, height } = box
  const offset = (width * height * unclipRatio) / (2 * (width + height))
  return { ...box, width: width + 2 * offset, height: height + 2 * offset }
}
