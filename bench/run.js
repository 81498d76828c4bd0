// Speed and memory, each figure the median of several runs, the peer in the same run. Alone on the machine:
//   npm run bench              everything
//   npm run bench -- noop idle one or more of: noop idle simulate decide million restart ocr forecast speeds
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))

/** Runs a bench script in a process of its own and reads the JSON line it ends with. */
function measure(script, ...args) {
  const out = execFileSync(process.execPath, ['--expose-gc', here(script), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(out.trim().split('\n').at(-1))
}

const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const medianOf = (runs, measureOne) => {
  const results = Array.from({ length: runs }, measureOne)
  const keys = Object.keys(results[0]).filter(key => typeof results[0][key] === 'number')
  return Object.fromEntries(keys.map(key => [key, median(results.map(result => result[key]))]))
}
const round = value => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2))
const row = (what, figure, budget) =>
  console.log(`${what.padEnd(66)} ${String(figure).padStart(16)}   ${budget}`)

const benches = {
  noop() {
    for (const isolation of ['process', 'thread']) {
      const { perSecond } = medianOf(3, () => measure('noop.js', isolation, '300000'))
      row(
        `no-op items, durable, one per task, 2 ${isolation} slots (/s)`,
        round(perSecond),
        'at least 100,000',
      )
    }
    const piscina = medianOf(3, () => measure('peers/piscina.js', '200000'))
    row('  Piscina, 2 threads, in memory, nothing durable (/s)', round(piscina.perSecond), 'peer')
    const bullmq = measure('peers/bullmq.js', '20000')
    if (bullmq.skipped === undefined)
      row('  BullMQ, Redis with fsync always (/s)', round(bullmq.perSecond), 'peer')
    else row('  BullMQ', bullmq.skipped, 'peer')
  },
  idle() {
    const { p50, p95, first, disk } = medianOf(3, () => measure('idle.js'))
    row('one item, push to result, durable, idle: p50 (ms)', round(p50), '1 ms')
    row('  two commits to this disk alone, p50 (ms)', round(disk), '')
    row('  p95 (ms)', round(p95), '')
    row('  p50 of the first 500 after 100 (ms)', round(first), '')
    const bullmq = measure('peers/bullmq.js', 'idle')
    if (bullmq.skipped === undefined)
      row('  BullMQ, Redis with fsync always: p50 (ms)', round(bullmq.p50), 'peer')
  },
  simulate() {
    const { perSecond, first } = medianOf(3, () => measure('simulator.js', 'completions'))
    row(
      'simulated completions, fifo, on-demand, 64 machines (/s)',
      round(perSecond),
      'at least 300,000',
    )
    row('  the first 100,000 of a fresh process (/s)', round(first), '')
  },
  decide() {
    const { micros } = medianOf(3, () => measure('simulator.js', 'decisions'))
    row('online decision, mct, 1,000 machines, 100,000 ready (µs)', round(micros), 'at most 10')
  },
  million() {
    const { peakMB, seconds } = measure('million.js')
    row('1,000,000-item job: loop process, peak (MB)', round(peakMB), 'at most 400')
    row('  and its seconds', round(seconds), '')
  },
  restart() {
    const { seconds } = medianOf(3, () => measure('restart.js'))
    row('restart with 1,000,000 finished items to first dispatch (s)', round(seconds), 'at most 2')
  },
  ocr() {
    const one = measure('ocr.js', '1')
    const two = measure('ocr.js', '2')
    row(
      'OCR pages, two slots over one',
      `${(one.seconds / two.seconds).toFixed(2)} x`,
      'at least 1.8',
    )
    row(
      '  seconds for 42 pages, one slot / two',
      `${round(one.seconds)} / ${round(two.seconds)}`,
      '',
    )
  },
  forecast() {
    const judged = measure('forecast.js')
    for (const kind of [
      'end of the run, at 10 to 90 % of it',
      'end of an item, while it ran',
      'time of an item, before it ran',
    ]) {
      const { inside, count } = judged[kind]
      row(
        `80 % range of ${kind} (${count})`,
        `${Math.round((100 * inside) / count)} %`,
        '75 to 85 %',
      )
    }
  },
  speeds() {
    for (const [strategy, seconds] of Object.entries(measure('speeds.js')))
      row(`slots of speed 0.25 and 1, ${strategy} (s)`, round(seconds), '')
  },
}

const asked = process.argv.slice(2)
const unknown = asked.filter(name => benches[name] === undefined)
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
console.log(`Node ${process.version}`)
for (const name of asked.length > 0 ? asked : Object.keys(benches)) benches[name]()
