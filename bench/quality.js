import { parseArgs } from 'node:util'
import { openHighs } from '../build/adapter/solver/highs.js'
import { table } from '../build/report/table.js'
import { auto, noise } from './quality/choices.js'
import { data, Missing } from './quality/data.js'
import { large } from './quality/large.js'
import { dagbench, matrices, stg, textbook, workflows } from './quality/plans.js'

// How good the schedules are, on instances whose best values are known: a table per set, and at the end
// every figure beside its budget and its aim. Not a test: figures depend on the machine. Alone on two cores:
//   npm run bench:quality                      every set
//   npm run bench:quality -- matrices stg      these sets
//   npm run bench:quality -- --quick           a few instances of each, a fifth of the time
const sets = { textbook, matrices, stg, workflows, dagbench, auto, noise, large }
const elsewhere = [
  ['the article’s case', 'npx vitest run test/examples/case-study.test.ts'],
  ['forecasts on recorded runs of the OCR job', 'npm run bench -- forecast'],
]

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
for (const name of positionals) {
  if (Object.hasOwn(sets, name)) continue
  console.error(`bench:quality: no set ${name}; sets: ${Object.keys(sets).join(', ')}`)
  process.exit(2)
}
const chosen = positionals.length > 0 ? positionals : Object.keys(sets)

const solver = openHighs()
const run = { solver, scale: flags.quick ? 0.2 : 1, sample: flags.quick ? few => few : undefined }
const summary = []
const skipped = Object.keys(sets).filter(name => !chosen.includes(name))
console.log(
  `Instances from ${data}${flags.quick ? '; quick: a sample, a fifth of the time' : ''}\n`,
)
for (const name of chosen) {
  const began = performance.now()
  try {
    const { title, titles, rows, notes = [], figures } = await sets[name](run)
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    console.log(`${title} (${seconds} s)\n\n${table(titles, rows)}\n`)
    for (const note of notes) console.log(`${note}\n`)
    summary.push(...figures)
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    console.log(`${name}: not measured, ${error.message}\n`)
    skipped.push(`${name} (${error.message})`)
  }
}
await solver.close()
console.log(`${table(['', 'measured', 'at least', 'aim', 'met'], summary)}\n`)
if (skipped.length > 0) console.log(`Not measured: ${skipped.join(', ')}.`)
for (const [what, command] of elsewhere) console.log(`Measured elsewhere: ${what}: ${command}`)
