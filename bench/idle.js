// One item at a time on an idle slot: push to result, both durable. A stream lives for hours, its first items
// run code that Node has not compiled yet: both figures are given.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { open } from '../dist/index.js'
import { quantile, workspace } from './workspace.js'

const folder = workspace()
const dray = await open({ dir: join(folder, '.dray'), folder })
const stream = await dray.stream({
  name: 'idle',
  input: { open: true },
  stages: [{ name: 'nop', map: './nop.js', chunk: 1 }],
})
const times = []
for (let n = 0; n < 2_000; n += 1) {
  const start = performance.now()
  const pushed = await stream.push(n)
  await pushed.result()
  times.push(performance.now() - start)
  await wait(2)
}
await stream.close()
await dray.close()
const warm = times.slice(1_000)
const first = quantile(times.slice(100, 600), 0.5)
console.log(JSON.stringify({ p50: quantile(warm, 0.5), p95: quantile(warm, 0.95), first }))
