// One item at a time on an idle, warm slot: push to result, both durable.
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
for (let n = 0; n < 600; n += 1) {
  const start = performance.now()
  const pushed = await stream.push(n)
  await pushed.result()
  if (n >= 100) times.push(performance.now() - start)
  await wait(2)
}
await stream.close()
await dray.close()
console.log(JSON.stringify({ p50: quantile(times, 0.5), p95: quantile(times, 0.95) }))
