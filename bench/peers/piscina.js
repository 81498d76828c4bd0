// Piscina: no-op tasks on two threads, in memory, eight under way per thread. Nothing is durable.
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'

const count = Number(process.argv[2] ?? 200_000)
const pool = new Piscina({
  filename: fileURLToPath(new URL('./piscina-worker.js', import.meta.url)),
  minThreads: 2,
  maxThreads: 2,
  concurrentTasksPerWorker: 8,
})
for (let n = 0; n < 1_000; n += 1) await pool.run(n)
const start = performance.now()
let next = 0
const worker = async () => {
  while (next < count) await pool.run(next++)
}
await Promise.all(Array.from({ length: 64 }, worker))
const seconds = (performance.now() - start) / 1000
await pool.destroy()
console.log(JSON.stringify({ perSecond: count / seconds }))
