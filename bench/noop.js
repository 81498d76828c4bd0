// No-op items end to end: source, core, journal with fsync, slots, results. One item a task.
import { join } from 'node:path'
import { open } from '../dist/index.js'
import { workspace } from './workspace.js'

const [isolation = 'process', count = '300000'] = process.argv.slice(2)
const folder = workspace()
const dray = await open({ dir: join(folder, '.dray'), folder })
const stages = [{ name: 'nop', map: './nop.js', chunk: 1, isolation }]
await (
  await dray.submit({ name: 'warm', input: { range: { from: 0, to: 20_000 } }, stages })
).result()
const start = performance.now()
const run = await dray.submit({
  name: 'noop',
  input: { range: { from: 0, to: Number(count) } },
  stages,
})
const summary = await run.result()
const seconds = (performance.now() - start) / 1000
await dray.close()
if (summary.items.done !== Number(count)) throw new Error(`${summary.items.done} of ${count} done`)
console.log(JSON.stringify({ perSecond: Number(count) / seconds, seconds }))
