import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { proveBound } from '../../build/choose/prove.js'
import { mct } from '../../build/policy/planning/mct.js'
import { randomMatrix } from '../random-matrix.js'
import { figure } from './figures.js'

/** 100,000 x 1,000 by earliest finish, in a process of its own: seconds, CPU seconds, peak memory. */
export async function large() {
  const own = fileURLToPath(import.meta.url)
  const out = execFileSync(process.execPath, [own, 'measure'], { encoding: 'utf8' })
  const { seconds, cpuSeconds, gigabytes } = JSON.parse(out)
  const decided = execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../simulator.js', import.meta.url)), 'decisions'],
    { encoding: 'utf8' },
  )
  const { micros } = JSON.parse(decided.trim().split('\n').at(-1))
  const unit = name => value => `${value.toFixed(2)} ${name}`
  return {
    title: '100,000 tasks on 1,000 machines, earliest finish, the matrix in memory',
    titles: ['plan', 'of it CPU', 'peak memory', 'online decision'],
    rows: [[unit('s')(seconds), unit('s')(cpuSeconds), unit('GB')(gigabytes), unit('µs')(micros)]],
    figures: [
      figure('100,000 x 1,000: plan', seconds, { most: 2, show: unit('s') }),
      figure('100,000 x 1,000: peak memory', gigabytes, { most: 1.2, show: unit('GB') }),
      figure('online decision, 1,000 machines', micros, { most: 10, aim: 5, show: unit('µs') }),
    ],
  }
}

if (process.argv[2] === 'measure') {
  const problem = randomMatrix(100_000, 1_000)
  const [began, cpu] = [process.hrtime.bigint(), process.cpuUsage()]
  const [schedule] = mct.plan(problem, { seed: 1 })
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  if (schedule.end.length !== 100_000 || proveBound(problem).value <= 0) throw new Error('no plan')
  const gigabytes = (process.resourceUsage().maxRSS * 1024) / 1e9
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, gigabytes }))
}
