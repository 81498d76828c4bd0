// One box carved into a slot of speed 1 and one of 0.25: the same spinning items under several
// strategies. Wall clock from first start to last end, median of three, their times learnt before.
// As people give it to a queue, the two longest items come last; a plan begins with them.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workspace } from './workspace.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const strategies = ['on-demand', 'mct', 'lpt', 'sufferage', 'auto']
const items = [
  ...Array.from({ length: 24 }, (_, n) => ({ ms: 40 + 10 * (n % 9) })),
  { ms: 700 },
  { ms: 900 },
]

const folder = workspace()
const write = (name, text) => writeFileSync(join(folder, name), text)
write(
  'spin.mjs',
  `export default ({ ms }) => {
  const began = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(began)
    if (user + system >= ms * 1000) return ms
  }
}
`,
)
write('machines.json', JSON.stringify({ machines: [{ id: 'fast' }, { id: 'slow', speed: 0.25 }] }))
write(
  'job.json',
  JSON.stringify({
    name: 'speeds',
    input: { items },
    stages: [{ name: 'spin', map: './spin.mjs', size: { field: 'ms' }, chunk: 1 }],
  }),
)

/** Seconds from first start to last end. */
function run(strategy) {
  const words = ['run', 'job.json', '--machines', 'machines.json', '--fresh', '--json']
  const out = execFileSync(process.execPath, [main, ...words, '--strategy', strategy], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(out.trim().split('\n').at(-1)).makespan
}

run('round-robin')
const seconds = Object.fromEntries(strategies.map(name => [name, []]))
// In turn, so that whatever else the box does falls on all of them alike.
for (let round = 0; round < 3; round += 1)
  for (const name of strategies) seconds[name].push(run(name))
const medians = Object.entries(seconds).map(([name, all]) => [name, all.sort((a, b) => a - b)[1]])
console.error(JSON.stringify(seconds))
console.log(JSON.stringify(Object.fromEntries(medians)))
