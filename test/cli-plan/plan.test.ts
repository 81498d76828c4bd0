import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDirectory } from '../../src/adapter/sqlite/directory.ts'
import { drayIn } from './dray.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-plan-'))
  writeFileSync(join(folder, 'case.csv'), '2.5,5,4\n4,3,2\n3,2,1.5\n5,3.5,2.5\n2,1.5,1\n')
  const tasks = [
    { id: 'a', work: 2 },
    { id: 'b', work: 3, after: ['a'] },
  ]
  writeFileSync(join(folder, 'chain.json'), JSON.stringify({ machines: [{ id: 'm' }], tasks }))
  writeFileSync(
    join(folder, 'job.yaml'),
    'name: demo\ninput: { range: { from: 0, to: 8 } }\nstages:\n  - { name: wait, map: ./wait.mjs }\n',
  )
  writeFileSync(
    join(folder, 'wait.mjs'),
    'export default item => new Promise(done => setTimeout(done, 10, item))\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const dray = (...words: string[]) => drayIn(folder, words)

describe('dray plan', { timeout: 120_000 }, () => {
  test('goes by --order, with rules and with planners, as simulate does', () => {
    const due = [6, 4, 5, 1, 3, 2]
    const tasks = due.map((at, n) => ({ id: `t${n}`, work: 4, due: at }))
    const text = JSON.stringify({ machines: [{ id: 'a' }, { id: 'b' }], tasks })
    writeFileSync(join(folder, 'due.json'), text)
    for (const strategy of ['on-demand', 'heft', 'local-search', 'auto']) {
      const words = [
        'due.json',
        '--strategy',
        strategy,
        '--order',
        'edd',
        '--steps',
        '50',
        '--json',
      ]
      const [planned, simulated] = ['plan', 'simulate'].map(command => {
        const { assignments } = JSON.parse(dray(command, ...words).stdout) as {
          assignments: { task: string; machine: string; start: number }[]
        }
        return assignments
      })
      expect(simulated, strategy).toEqual(planned)
      for (const machine of ['a', 'b']) {
        const dues = planned
          .filter(one => one.machine === machine)
          .toSorted((one, other) => one.start - other.start)
          .map(({ task }) => due[Number(task.slice(1))])
        expect(dues, strategy).toEqual(dues.toSorted((one, other) => one - other))
      }
    }
  })

  test('prints one object with the schedule, its bound and its distance to it', () => {
    const { status, stdout } = dray('plan', 'chain.json', '--strategy', 'heft', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      strategy: 'heft',
      seed: 1,
      makespan: 5,
      lowerBound: 5,
      gap: 0,
      optimal: true,
      ...{ work: 5, criticalPath: 5, width: 1, parallelism: 1 },
      holdsBack: expect.stringMatching(/^the critical path/),
      assignments: [
        { task: 'a', machine: 'm', start: 0, end: 2 },
        { task: 'b', machine: 'm', start: 2, end: 5 },
      ],
    })
  })

  test('an unknown strategy is refused with the nearest name', () => {
    const { status, stderr } = dray('plan', 'case.csv', '--strategy', 'hefft')
    expect(status).toBe(2)
    expect(stderr).toContain('did you mean "heft"?')
  })

  test('a strategy that cannot take the problem is refused with its reason', () => {
    const { status, stderr } = dray('plan', 'chain.json', '--strategy', 'milp')
    expect(status).toBe(2)
    expect(stderr).toContain('depend on each other')
  })

  test('no time still gives a schedule', () => {
    const { status, stdout } = dray('plan', 'case.csv', '--time-limit', '0', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).assignments).toHaveLength(5)
  })

  test('counted in steps, the output repeats byte for byte', () => {
    const words = ['plan', 'case.csv', '--strategy', 'portfolio', '--steps', '40', '--json']
    expect(dray(...words).stdout).toBe(dray(...words).stdout)
  })

  test('a job nothing is known of says so, and a probe makes it known', () => {
    const blind = dray('plan', 'job.yaml', '--json')
    expect(blind.status).toBe(0)
    expect(JSON.parse(blind.stdout)).toMatchObject({ items: 8, times: 'unknown' })
    const probed = dray('plan', 'job.yaml', '--json', '--probe', '3', '--time-limit', '200ms')
    expect(JSON.parse(probed.stdout)).toMatchObject({
      items: 8,
      tasks: 8,
      times: 'learnt',
      width: 8,
    })
    const finished = dray('run', 'job.yaml', '--json')
    expect(JSON.parse(finished.stdout).items).toMatchObject({ total: 8, done: 8 })
    const { status } = dray('report', 'demo', '--html', 'report.html')
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('</html>')
    const replayed = dray('compare', '--run', 'demo', '--strategies', 'mct,met', '--json')
    const { results, recorded } = JSON.parse(replayed.stdout)
    expect(results).toHaveLength(2)
    // Asked for by its job's name, a run is told by its own.
    const { run, makespan } = JSON.parse(finished.stdout)
    expect(recorded).toEqual({ run, makespan })
  })
})

test('a job is foretold later where its earlier runs ended later than foretold', () => {
  const later = 'name: later\ninput: { range: { from: 0, to: 8 } }\n'
  writeFileSync(
    join(folder, 'later.yaml'),
    `${later}stages:\n  - { name: wait, map: ./wait.mjs }\n`,
  )
  const { run } = JSON.parse(dray('run', 'later.yaml', '--json').stdout)
  const foretold = (): { low: number; middle: number; high: number } => {
    const { stdout } = dray('plan', 'later.yaml', '--json', '--steps', '10')
    return JSON.parse(stdout).forecast
  }
  const before = foretold()
  const { store, close } = openDirectory(join(folder, '.dray'))
  const fingerprints = store.run(run)?.stageFingerprints
  const hindsight = Array.from({ length: 5 }, () => [4, 8, 16]).flat()
  store.put('hindsight:job:later', JSON.stringify({ hindsight, fingerprints }))
  close()
  const after = foretold()
  expect(after.middle).toBeGreaterThan(before.middle)
  expect(after.high).toBeGreaterThan(before.high)
}, 120_000)

test('a recorded run is compared without what failed, and with machines that left; that is said', () => {
  writeFileSync(join(folder, 'odd.mjs'), 'export default n => { if (n % 2) throw n }\n')
  const stages = [{ name: 'odd', map: './odd.mjs', retry: { attempts: 1 } }]
  const job = { name: 'odd', input: { items: [0, 1, 2, 3, 4] }, stages, tolerate: { failed: 2 } }
  writeFileSync(join(folder, 'odd.json'), JSON.stringify(job))
  writeFileSync(join(folder, 'lent.json'), '{ "machines": [{ "id": "lent" }] }')
  const ran = dray('run', 'odd.json', '--machines', 'lent.json')
  expect(ran.status).toBe(0)
  // None was ended or tried again: a slot that starts is no failure's fault.
  expect(ran.stdout).toMatch(/over it .* dispatch and waiting/)
  expect(ran.stdout).not.toContain('failed attempts')
  const { stdout } = dray('compare', '--run', 'odd', '--strategies', 'mct')
  expect(stdout).toContain('2 items without a result are left out. All times are measured.')
  expect(dray('retry', 'odd', '--failed').status).toBe(0)
  const without = dray('compare', '--run', 'odd', '--strategies', 'mct')
  expect(without.stdout).toContain(
    'lent left before its end, and counts as a machine that is there',
  )
}, 60_000)

test('a recorded run is compared on all machines that it had, as they were then, whatever came after it', () => {
  const stages = [{ name: 'same', map: './same.mjs' }]
  const job = { name: 'alone', input: { range: { from: 0, to: 6 } }, strategy: 'met', stages }
  const machines = (name: string, ...of: object[]) =>
    writeFileSync(join(folder, name), JSON.stringify({ machines: of }))
  writeFileSync(join(folder, 'same.mjs'), 'export default n => n\n')
  writeFileSync(join(folder, 'alone.json'), JSON.stringify(job))
  writeFileSync(join(folder, 'later.json'), JSON.stringify({ ...job, name: 'later' }))
  machines('two.json', { id: 'quick' }, { id: 'idle', speed: 0.5 })
  machines('one.json', { id: 'quick', slots: 3 })
  expect(dray('run', 'alone.json', '--machines', 'two.json').status).toBe(0)
  expect(dray('run', 'later.json', '--machines', 'one.json').status).toBe(0)
  const args = ['compare', '--run', 'alone', '--strategies', 'round-robin']
  const { stdout } = dray(...args)
  expect(stdout).not.toContain('left before its end')
  // met gave all to the fast machine; round-robin gives the other, which had half its speed, every second task.
  expect(stdout).toContain('up to 3 of 6 tasks in one schedule')
}, 60_000)

test('a run that has not ended is compared by what has, and that is said', () => {
  writeFileSync(
    join(folder, 'torn.mjs'),
    'import { setTimeout as wait } from "node:timers/promises"\n' +
      'export default async n => { if (n === 3) { await wait(500); process.kill(process.ppid, "SIGKILL") } }\n',
  )
  const stages = [{ name: 'torn', map: './torn.mjs', chunk: 1 }]
  const job = { name: 'torn', input: { range: { from: 0, to: 5 } }, stages }
  writeFileSync(join(folder, 'torn.json'), JSON.stringify(job))
  expect(dray('run', 'torn.json').status).toBeNull()
  const { stdout } = dray('compare', '--run', 'torn', '--strategies', 'mct')
  expect(stdout).toContain('The run has not ended: what had ended by now is replayed')
  expect(stdout).not.toContain('The run itself took')
}, 60_000)

test('a comparison over seeds says by how much durations vary, whether that was asked or not', () => {
  const words = ['compare', 'case.csv', '--strategies', 'mct', '--seeds', '2']
  expect(dray(...words).stdout).toContain('durations vary by 20.0 %, for want of --noise')
  expect(dray(...words, '--noise', '0.1').stdout).toContain('durations vary by 10.0 %\n')
  expect(dray('compare', 'case.csv', '--strategies', 'mct').stdout).not.toContain('durations vary')
}, 60_000)

describe('dray simulate and compare', { timeout: 120_000 }, () => {
  test('without noise a run comes to what was planned, and its measures are added', () => {
    const planned = JSON.parse(dray('plan', 'case.csv', '--strategy', 'mct', '--json').stdout)
    const ran = JSON.parse(dray('simulate', 'case.csv', '--strategy', 'mct', '--json').stdout)
    expect(ran.makespan).toBeCloseTo(planned.makespan, 6)
    for (const name of [
      'meanFlowTime',
      'p95FlowTime',
      'utilisation',
      'errorRate',
      'meanTardiness',
    ]) {
      expect(ran[name], name).toBeTypeOf('number')
    }
    expect(ran.completions).toBe(5)
  })

  test('a task that waited for one that failed is not told as failed itself', () => {
    const words = ['chain.json', '--strategy', 'mct', '--faults', 'failing=100%,attempts=1']
    const { status, stdout } = dray('simulate', ...words)
    expect(status).toBe(0)
    expect(stdout).toContain('no task ended: 1 failed for good, and 1 waited for one that did')
  })

  test('where every task failed nothing has ended, so that there is no time to tell', () => {
    const words = ['case.csv', '--strategy', 'mct', '--faults', '100%']
    const { status, stdout } = dray('simulate', ...words)
    expect(status).toBe(0)
    expect(stdout).toContain('no task ended: all 5 failed for good')
    expect(stdout).not.toMatch(/makespan|flow time|takes any time/)
    const told = JSON.parse(dray('simulate', ...words, '--json').stdout)
    for (const name of ['makespan', 'meanFlowTime', 'p95FlowTime', 'meanTardiness'])
      expect(told[name], name).toBeNull()
    expect([told.completions, told.errorRate, told.attempts]).toEqual([0, 1, 15])
  })

  test('a comparison in which nothing ended names no winner, and tells no times', () => {
    const words = [
      'case.csv',
      '--strategies',
      'mct,heft',
      '--faults',
      '100%',
      '--html',
      'none.html',
    ]
    const { stdout } = dray('compare', ...words)
    expect(stdout).toContain('No task ended under any of them: all failed for good.')
    expect(stdout).toMatch(/^mct +- +- +- +- +/m)
    const { results } = JSON.parse(dray('compare', ...words, '--json').stdout)
    for (const row of results) expect([row.makespan, row.meanFlowTime]).toEqual([null, null])
    const html = readFileSync(join(folder, 'none.html'), 'utf8')
    expect(html).toContain('no task ended')
    expect(html).not.toContain('<span>0 s</span>')
  })

  test('a mean over seeds is of those in which a task ended, and the last is who ended none', () => {
    const words = ['one.csv', '--strategies', 'mct', '--faults', 'failing=50%,attempts=1']
    writeFileSync(join(folder, 'one.csv'), '3\n')
    const [row] = JSON.parse(
      dray('compare', ...words, '--noise', '0', '--seeds', '8', '--json').stdout,
    ).results
    expect(row.undone).toBeGreaterThan(0)
    expect(row.undone).toBeLessThan(1)
    expect(row.makespan).toBeCloseTo(3, 6)
  })

  test('tasks arrive at random where asked, the same for every strategy, and one gap apart on average', () => {
    const rows = Array.from({ length: 300 }, () => '0.1').join('\n')
    writeFileSync(join(folder, 'arriving.csv'), rows)
    const words = ['arriving.csv', '--arrivals', '4', '--seed', '2']
    const { makespan, assignments } = JSON.parse(
      dray('simulate', ...words, '--strategy', 'mct', '--json').stdout,
    )
    expect(makespan / 300).toBeGreaterThan(3)
    expect(makespan / 300).toBeLessThan(5)
    const starts = assignments.map(({ start }: { start: number }) => start)
    expect(starts).toEqual(starts.toSorted((a: number, b: number) => a - b))
    const compared = dray('compare', ...words, '--strategies', 'mct,on-demand', '--json')
    const ends = JSON.parse(compared.stdout).results.map(
      (row: { makespan: number }) => row.makespan,
    )
    for (const end of ends) expect(end).toBeCloseTo(makespan, 6)
    expect(dray('simulate', 'job.yaml', '--arrivals', '4').stderr).toContain('is for problems')
  })

  test('compare gives a row for each strategy, and a page', () => {
    const words = ['--strategies', 'met,mct', '--seeds', '3', '--html', 'c.html', '--json']
    const { status, stdout } = dray('compare', 'case.csv', ...words)
    expect(status).toBe(0)
    const { results } = JSON.parse(stdout)
    expect(results.map((row: { strategy: string }) => row.strategy)).toEqual(['met', 'mct'])
    expect(results[0].intervals.makespan).toHaveLength(2)
    expect(readFileSync(join(folder, 'c.html'), 'utf8')).toContain('<svg')
  })
})
