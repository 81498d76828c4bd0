// A run of 1,000,200 items is killed with a million finished; how long until the next process dispatches.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { open } from '../dist/index.js'
import { workspace } from './workspace.js'

const total = 1_000_200
const job = () => ({
  name: 'restart',
  input: { range: { from: 0, to: total } },
  stages: [{ name: 'slow-end', map: './slow-end.js' }],
})

if (process.argv[2] === 'first') {
  const folder = process.argv[3]
  const dray = await open({ dir: join(folder, '.dray'), folder })
  const run = await dray.submit(job())
  setInterval(() => {
    if (run.status.items.done >= 1_000_000) process.kill(process.pid, 'SIGKILL')
  }, 20)
} else {
  const folder = workspace()
  writeFileSync(
    join(folder, 'slow-end.js'),
    'export default n => n < 1000000 ? n : new Promise(done => setTimeout(() => done(n), 200))\n',
  )
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'first', folder], {
    stdio: 'ignore',
  })
  await new Promise(done => child.on('close', done))
  const start = performance.now()
  const dray = await open({ dir: join(folder, '.dray'), folder })
  const run = await dray.submit(job())
  const before = run.status.attempts
  while (run.status.attempts === before) await new Promise(done => setImmediate(done))
  const seconds = (performance.now() - start) / 1000
  const { items } = run.status
  await run.cancel()
  await run.result()
  await dray.close()
  console.log(JSON.stringify({ seconds, done: items.done }))
}
