// One item at a time on an idle slot: push to result, both durable. A stream lives for hours, its first items
// run code that Node has not compiled yet: both figures are given. Beside them what the disk alone takes for two
// commits of as many pages, as often: the least that any such answer can take here.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
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

const file = openSync(join(folder, 'disk'), 'w')
const pages = Buffer.alloc(3 * 4096, 1)
for (let n = 0; n < 500; n += 1) writeSync(file, pages)
const commits = []
for (let n = 0; n < 500; n += 1) {
  const start = performance.now()
  for (const at of [n, n + 1]) {
    writeSync(file, pages, 0, pages.length, (at % 500) * pages.length)
    fsyncSync(file)
  }
  commits.push(performance.now() - start)
  await wait(2)
}
closeSync(file)

const warm = times.slice(1_000)
const first = quantile(times.slice(100, 600), 0.5)
const disk = quantile(commits, 0.5)
console.log(JSON.stringify({ p50: quantile(warm, 0.5), p95: quantile(warm, 0.95), first, disk }))
