// The OCR example on a box carved to the given number of slots.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ocrJob } from './ocr-pages.js'
import { workspace } from './workspace.js'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const slots = Number(process.argv[2] ?? 2)
const folder = workspace()
const machines = join(folder, 'machines.json')
writeFileSync(machines, JSON.stringify({ machines: [{ id: 'box', slots, speed: 1 }] }))
const out = execFileSync(
  process.execPath,
  [
    here('../dist/main.js'),
    'run',
    ocrJob(),
    '--machines',
    machines,
    '--dir',
    join(folder, '.dray'),
    '--json',
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
)
const { makespan, items } = JSON.parse(out.trim().split('\n').at(-1))
console.log(JSON.stringify({ seconds: makespan, items: items.done }))
