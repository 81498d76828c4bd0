import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dray, folderWith, summaryOf } from './cli.ts'

const job = (stage: string) =>
  `name: faulty\ninput: { range: { from: 0, to: 20 } }\nstages:\n  - { name: work, map: ./work.js, output: { jsonl: out.jsonl }, ${stage} }\n`

const lines = (folder: string) =>
  readFileSync(join(folder, 'out.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { index: number; result?: unknown; error?: { kind: string } })

const run = async (handler: string, stage = 'retry: { attempts: 2, delay: 1ms }') => {
  const folder = folderWith({ 'work.js': handler, 'job.yaml': job(stage) })
  const ended = await dray(folder, ['run', 'job.yaml', '--json'])
  return { folder, ended, summary: summaryOf(ended), lines: lines(folder) }
}

/** An item a task, on machines `here` and `there` of one slot each. */
const runOnTwo = async (code: readonly string[], ...flags: string[]) => {
  const folder = folderWith({
    'work.js': code.join('\n'),
    'job.yaml': job('chunk: 1'),
    'two.json': JSON.stringify({ machines: ['here', 'there'].map(id => ({ id, slots: 1 })) }),
  })
  const ended = await dray(folder, ['run', 'job.yaml', '--machines', 'two.json', ...flags])
  return { folder, ended }
}

describe('a faulty handler harms only its own attempts', () => {
  const faults = [
    { name: 'throws', code: "throw new Error('no')", kind: 'error' },
    { name: 'exits', code: 'process.exit(3)', kind: 'crash' },
    { name: 'segfaults', code: "process.kill(process.pid, 'SIGSEGV')", kind: 'crash' },
    { name: 'answers what is not JSON', code: 'return 10n', kind: 'bad-result' },
    {
      name: 'spins for ever',
      code: 'for (;;);',
      kind: 'timeout',
      stage: 'timeout: 300ms, grace: 100ms, retry: { attempts: 1 }',
    },
    {
      name: 'never answers',
      code: 'return new Promise(() => setInterval(() => {}, 1000))',
      kind: 'timeout',
      stage: 'timeout: 300ms, grace: 100ms, retry: { attempts: 1 }',
    },
  ]
  for (const { name, code, kind, stage } of faults) {
    test(`item 7 ${name}: it fails as ${kind}, the other nineteen are done`, async () => {
      const result = await run(
        `export default n => { if (n === 7) { ${code} } return n * 2 }\n`,
        stage,
      )
      expect(result.ended.code).toBe(1)
      expect(result.summary.items).toMatchObject({ total: 20, done: 19, failed: 1 })
      expect(result.lines).toHaveLength(20)
      for (const { index, result: value, error } of result.lines) {
        if (index === 7) expect(error?.kind).toBe(kind)
        else expect(value).toBe(index * 2)
      }
    })
  }

  test('all of them in one run: each fails as itself, a flood changes nothing, the rest are done', async () => {
    const harms: Readonly<Record<number, readonly [string, string | undefined]>> = {
      3: ["process.kill(process.pid, 'SIGSEGV')", 'crash'],
      // Half an hour inside OpenSSL: no JavaScript runs meanwhile, not even a timer.
      7: ["pbkdf2Sync('a', 'b', 2 ** 31 - 1, 64, 'sha512')", 'timeout'],
      11: [
        'for (;;) { kept.push(Buffer.alloc(16e6, 1)); await new Promise(r => setTimeout(r, 5)) }',
        'out-of-memory',
      ],
      15: ['process.exit(0)', 'crash'],
      19: ["for (let i = 0; i < 20_000; i += 1) console.log('x'.repeat(80))", undefined],
      23: ['writeSync(4, \'r 0 1 "forged"\\n\'.repeat(3))', 'crash'],
      27: ["throw new Error('no')", 'error'],
    }
    const cases = Object.entries(harms).map(([n, [code]]) => `case ${n}: ${code}; break`)
    const handler = `import { pbkdf2Sync } from 'node:crypto'
import { writeSync } from 'node:fs'
const kept = []
export default async n => {
  switch (n) { ${cases.join('; ')} }
  return n * 2
}
`
    const stage = 'timeout: 3s, grace: 100ms, needs: { memory: 150MB }, retry: { attempts: 1 }'
    const folder = folderWith({
      'work.js': handler,
      'job.yaml': job(stage).replace('to: 20', 'to: 60'),
    })
    const ended = await dray(folder, ['run', 'job.yaml', '--json'])
    expect(ended.code, ended.err).toBe(1)
    expect(summaryOf(ended).items).toMatchObject({ total: 60, done: 54, failed: 6 })
    const found = lines(folder)
    expect(found.map(({ index }) => index)).toEqual(Array.from({ length: 60 }, (_, n) => n))
    for (const { index, result, error } of found) {
      const kind = harms[index]?.[1]
      expect(error?.kind, `item ${index}`).toBe(kind)
      if (kind === undefined) expect(result).toBe(index * 2)
    }
  })

  test('a slot that dies once is replaced, and its item done at the second attempt', async () => {
    const result = await run(
      'export default (n, ctx) => { if (n === 3 && ctx.attempt === 1) process.exit(1); return n }\n',
      'chunk: 1, retry: { attempts: 3, delay: 1ms }',
    )
    expect(result.ended.code).toBe(0)
    expect(result.summary).toMatchObject({ state: 'done', retries: 1 })
  })

  for (const isolation of ['process', 'thread'])
    test(`a setup that ends its slot (${isolation}) fails the run with one reason, after a few slots`, async () => {
      const setup = "export const setup = () => { appendFileSync('slots', '.'); process.exit(3) }"
      const folder = folderWith({
        'work.js': `import { appendFileSync } from 'node:fs'\n${setup}\nexport default n => n\n`,
        'job.yaml': job(`isolation: ${isolation}, retry: { attempts: 5 }`),
      })
      const ended = await dray(folder, ['run', 'job.yaml', '--quiet'])
      expect(ended.code).toBe(1)
      expect(ended.err).toMatch(/^dray: .*stage work cannot be set up: .*process\.exit\(3\)\n$/)
      // Three in a row, and what other slots had begun by then.
      expect(readFileSync(join(folder, 'slots'), 'utf8').length).toBeLessThan(10)
      writeFileSync(join(folder, 'work.js'), 'export default n => n\n')
      const again = await dray(folder, ['run', 'job.yaml', '--json'])
      expect(again.code, again.err).toBe(0)
      expect(lines(folder)).toHaveLength(20)
    })

  test('a machine on which every setup ends its slot is given up, and the run is done on the other', async () => {
    // The first slot that comes keeps the place: all later ones are of the other machine, and each holds an item.
    const code = [
      "import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'",
      'export const setup = () => {',
      "  try { mkdirSync('taken'); writeFileSync('ended', '', { flag: 'a' }) }",
      "  catch { appendFileSync('ended', '.'); process.exit(3) }",
      '}',
      'export default async n => {',
      "  while (readFileSync('ended').length < 3) await new Promise(go => setTimeout(go, 5))",
      '  return n',
      '}',
    ]
    const { folder, ended } = await runOnTwo(code)
    expect(ended.code, ended.err).toBe(0)
    expect(lines(folder)).toHaveLength(20)
    expect(ended.out).toMatch(
      /given up +(here|there) for stage work.*: 3 slots in a row.*exit\(3\)/,
    )
    const report = await dray(folder, ['report', '--json', '--html', 'report.html'])
    const [{ machine }] = JSON.parse(report.out).givenUp
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain(
      `${machine} was given up for stage work: 3 slots in a row ended under it`,
    )
  })

  test('a replay says which machine was given up before the run ended', async () => {
    const code = [
      "import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'",
      "const broken = () => existsSync('broken')",
      "export const setup = () => { if (broken()) { appendFileSync('broken', '.'); process.exit(3) } }",
      'export default async (n, { attempt }) => {',
      '  const wait = () => new Promise(go => setTimeout(go, 20))',
      '  await wait()',
      "  if (n === 4 && attempt === 1) { writeFileSync('broken', ''); process.exit(1) }",
      "  while (broken() && readFileSync('broken').length < 3) await wait()",
      '  return n',
      '}',
    ]
    const { folder, ended } = await runOnTwo(code, '--json')
    const { run, givenUp } = JSON.parse(ended.out)
    const replay = await dray(folder, ['compare', '--run', run, '--strategies', 'mct'])
    expect(replay.code, replay.err).toBe(0)
    expect(replay.out).toContain(
      `${givenUp[0].machine} left before its end, and counts as a machine that is there throughout`,
    )
  })

  test('a setup that never returns is ended by setupTimeout, where the stage has no timeout', async () => {
    const folder = folderWith({
      'work.js': 'export const setup = () => { for (;;); }\nexport default n => n\n',
      'job.yaml': job('setupTimeout: 300ms'),
    })
    const ended = await dray(folder, ['run', 'job.yaml', '--quiet'])
    expect(ended.code).toBe(1)
    expect(ended.err).toMatch(/stage work cannot be set up: .*setupTimeout of 300 ms/)
  })

  test('output is captured, and a flood of it stops nothing', async () => {
    const result = await run(
      "export default n => { for (let i = 0; i < 20000; i += 1) console.log('x'.repeat(80)); return n }\n",
    )
    expect(result.ended.code).toBe(0)
    expect(result.summary.items.done).toBe(20)
  })

  test('an attempt that outgrows its memory is retried with more where the job says so', async () => {
    const result = await run(
      'const kept = []\nexport default async (n, ctx) => { if (n !== 5) return n; for (let i = 0; i < 30; i += 1) { kept.push(Buffer.alloc(10e6, 1)); await new Promise(r => setTimeout(r, 30)) } return ctx.attempt }\n',
      'chunk: 1, needs: { memory: 150MB }, retry: { attempts: 3, delay: 1ms, on: { out-of-memory: { memory: x4 } } }',
    )
    expect(result.ended.code).toBe(0)
    expect(result.lines[5].result).toBe(2)
    // What the attempt held that was ended for it counts, though nobody answered.
    expect(result.summary.peakRssMB).toBeGreaterThan(250)
  })
})

describe('kill -9 of the whole group', () => {
  const moments = Number(process.env.DRAY_KILLS ?? 12)

  test(`at ${moments} moments: nothing is lost, no finished item runs again, no partial output`, async () => {
    const items = moments * 125
    const folder = folderWith({
      'work.js':
        "import { appendFileSync } from 'node:fs'\nexport default async n => { await new Promise(r => setTimeout(r, 5)); appendFileSync('ledger', n + '\\n'); return n }\n",
      'sum.js': 'export default parts => parts.reduce((a, b) => a + b, 0)\n',
      'job.yaml': `name: killed\ninput: { range: { from: 0, to: ${items} } }\nstages:\n  - { name: work, map: ./work.js, output: { jsonl: out.jsonl } }\n  - { name: sum, reduce: ./sum.js, gather: tree, output: { jsonl: sum.jsonl } }\n`,
    })
    const sum = (items * (items - 1)) / 2
    const sumIn = (from: string) =>
      JSON.parse(readFileSync(join(from, 'sum.jsonl'), 'utf8')).result as number
    let kills = 0
    let last = await dray(folder, ['run', 'job.yaml', '--json'], { killAfter: 700 })
    for (; last.code === 'SIGKILL' && kills < moments; kills += 1) {
      // Killed between the last output and its own end, it left all of it; before that, none.
      if (existsSync(join(folder, 'sum.jsonl'))) expect(sumIn(folder)).toBe(sum)
      last = await dray(folder, ['run', 'job.yaml', '--json'], {
        killAfter: 500 + 137 * (kills % 12),
      })
    }
    if (last.code === 'SIGKILL') last = await dray(folder, ['run', 'job.yaml', '--json'])
    expect(last.code).toBe(0)
    expect(lines(folder).map(line => line.result)).toEqual(
      Array.from({ length: items }, (_, n) => n),
    )
    expect(sumIn(folder)).toBe(sum)
    const executions = readFileSync(join(folder, 'ledger'), 'utf8').trim().split('\n').length
    // An item that has ended is known for ended within moments, on each of the slots.
    expect(executions - items).toBeLessThanOrEqual((kills + 1) * 2)
  }, 600_000)
})
