// BullMQ on a Redis of its own (loopback, appendfsync always), where redis-server is installed.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Queue, QueueEvents, Worker } from 'bullmq'

const what = process.argv[2] ?? '20000'
if (spawnSync('redis-server', ['--version']).status !== 0) {
  console.log(JSON.stringify({ skipped: 'redis-server is not installed' }))
  process.exit(0)
}
const folder = mkdtempSync(join(tmpdir(), 'dray-redis-'))
const port = 20_000 + (process.pid % 20_000)
const redis = spawn(
  'redis-server',
  [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--save',
    '',
  ],
  { stdio: 'ignore' },
)
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
await wait(500)
const queue = new Queue('bench', { connection })
const events = new QueueEvents('bench', { connection })
await events.waitUntilReady()
const worker = new Worker('bench', async job => job.data, { connection, concurrency: 100 })
await worker.waitUntilReady()
let figure
if (what === 'idle') {
  const times = []
  for (let n = 0; n < 2_000; n += 1) {
    const start = performance.now()
    const job = await queue.add('n', n)
    await job.waitUntilFinished(events)
    if (n >= 1_000) times.push(performance.now() - start)
    await wait(2)
  }
  figure = { p50: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] }
} else {
  const count = Number(what)
  let done = 0
  const start = performance.now()
  const ended = new Promise(resolve => {
    worker.on('completed', () => {
      done += 1
      if (done === count) resolve()
    })
  })
  for (let first = 0; first < count; first += 1_000) {
    await queue.addBulk(Array.from({ length: 1_000 }, (_, at) => ({ name: 'n', data: first + at })))
  }
  await ended
  figure = { perSecond: count / ((performance.now() - start) / 1000) }
}
await worker.close()
await events.close()
await queue.close()
redis.kill()
rmSync(folder, { recursive: true, force: true })
console.log(JSON.stringify(figure))
