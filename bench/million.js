// A million no-op items: the loop process's own peak memory (its slots are other processes).
import { join } from 'node:path'
import { open } from '../dist/index.js'
import { workspace } from './workspace.js'

const folder = workspace()
const dray = await open({ dir: join(folder, '.dray'), folder })
const start = performance.now()
const run = await dray.submit({
  name: 'million',
  input: { range: { from: 0, to: 1_000_000 } },
  stages: [{ name: 'nop', map: './nop.js', output: { jsonl: 'out.jsonl' } }],
})
const { items } = await run.result()
const seconds = (performance.now() - start) / 1000
await dray.close()
if (items.done !== 1_000_000) throw new Error(`${items.done} done`)
console.log(JSON.stringify({ peakMB: process.resourceUsage().maxRSS / 1000, seconds }))
