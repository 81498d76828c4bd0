import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drayIn } from './dray.ts'

let folder = ''
const dray = (...words: string[]) => drayIn(folder, words)
const write = (name: string, text: string) =>
  writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-bad-input-'))
  write('ok.csv', '1,2\n3,4\n')
  write('flow.json', JSON.stringify(flow))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const machines = [{ id: 'm0' }, { id: 'm1' }]
const task = (id: string, more: object = {}) => ({ id, work: 1, ...more })
const link = (a: string, b: string, bandwidth: number) => ({ between: [a, b], bandwidth })
const flow = {
  schemaVersion: '1.5',
  workflow: {
    specification: {
      tasks: [
        { id: 'a', outputFiles: ['f'], children: ['b'] },
        { id: 'b', inputFiles: ['f'] },
      ],
      files: [{ id: 'f', sizeInBytes: 100 }],
    },
    execution: {
      tasks: [
        { id: 'a', runtimeInSeconds: 1 },
        { id: 'b', runtimeInSeconds: 2 },
      ],
    },
  },
}

const matrices: [what: string, text: string, place: string, expected: string][] = [
  ['ragged rows', '1,2\n3\n', ':2: 1 column', 'expected 2, as in the first row'],
  ['a negative time', '1,2\n-3,4\n', ':2: column 1 is negative: -3', 'a number from 0'],
  ['NaN', '1,2\n3,NaN\n', ':2: column 2 is "NaN"', 'a number from 0'],
  ['a missing time', '1,2\n,4\n', ':2: column 1 is missing', 'a number from 0'],
  ['a task no machine runs', '1,2\ninf,inf\n', ':2: no machine can run task t1', 'at least one'],
  ['times beyond 2^53', '1,1\n9e15,9.1e15\n', ':2: times are too large', 'a coarser unit'],
  ['a time beyond 2^53', '1,1\n1,1\n1e300,1\n', ':3: times are too large', 't2 alone 1e+300'],
  ['nothing', '', ':1: no rows', 'a row of processing times per task'],
]

const problems: [what: string, problem: object, place: string, expected: string][] = [
  [
    'an unknown task',
    { machines, tasks: [task('alpha'), task('b', { after: ['alpah'] })] },
    ': tasks[1].after[0] (b)',
    'did you mean "alpha"?',
  ],
  [
    'an unknown machine',
    { machines, network: { bandwidth: 1, links: [link('m0', 'm7', 2)] }, tasks: [task('a')] },
    ': network.links[0]: no machine "m7"',
    'did you mean "m0" or "m1"?',
  ],
  [
    'duplicate tasks',
    { machines, tasks: [task('a'), task('a')] },
    ': tasks[1].id: "a" is already the id of tasks[0]',
    'a different id',
  ],
  [
    'duplicate machines',
    { machines: [{ id: 'm' }, { id: 'm' }], tasks: [task('a')] },
    ': machines[1].id: "m" is already',
    'a different id',
  ],
  [
    'a cycle',
    { machines, tasks: [task('a', { after: ['b'] }), task('b', { after: ['a'] })] },
    ': tasks: a cycle: a -> b -> a',
    'do not wait for themselves',
  ],
  [
    'a task no machine can run',
    { machines: [{ id: 'm', capacity: { cpu: 1 } }], tasks: [task('a', { needs: { cpu: 2 } })] },
    ': tasks[0] (a): no machine can run it',
    'm: needs cpu 2, has 1',
  ],
  [
    'no speed',
    { machines: [{ id: 'm', speed: 0 }], tasks: [task('a')] },
    ': machines[0].speed (m): found 0',
    'a number above 0',
  ],
  [
    'a negative speed',
    { machines: [{ id: 'm', speed: -2 }], tasks: [task('a')] },
    ': machines[0].speed (m): found -2',
    'a number above 0',
  ],
  [
    'no bandwidth',
    { machines, tasks: [task('a'), task('b', { after: [{ task: 'a', bytes: 9 }] })] },
    ': network: no bandwidth between m0 and m1',
    'network.bandwidth',
  ],
  [
    'links that conflict',
    {
      machines,
      network: { bandwidth: 1, links: [link('m0', 'm1', 2), link('m1', 'm0', 3)] },
      tasks: [task('a')],
    },
    ': network.links[1]: conflicts with links[0]',
    'one link per pair',
  ],
  [
    'times beyond 2^53',
    { machines, tasks: [task('a', { work: 9e15 }), { id: 'b', times: [1, 9.1e15] }] },
    ': tasks[1].times[1] (b): times are too large',
    'a coarser unit',
  ],
]

const commands = ['plan', 'simulate', 'compare']

/** A command with the file, another from one to the next, so that each meets every kind of error. */
function refused(nth: number, file: string, ...words: string[]): string {
  const command = commands[nth % commands.length]
  const { status, stdout, stderr } = dray(command, file, ...words)
  expect(`${command} ${status} ${stdout}`, stderr).toBe(`${command} 2 `)
  expect(stderr).not.toContain('    at ')
  return stderr
}

describe('a problem that cannot be used is refused with its place and what was expected', {
  timeout: 60_000,
}, () => {
  test.each(matrices)('a matrix with %s', (_, text, place, expected) => {
    const at = matrices.findIndex(row => row[1] === text)
    const name = at % 2 === 0 ? 'bad.csv' : 'bad.csv.gz'
    write(name, text)
    const said = refused(at, name)
    expect(said).toContain(`${name}${place}`)
    expect(said).toContain(expected)
  })

  test.each(problems)('a problem with %s', (_, problem, place, expected) => {
    const at = problems.findIndex(row => row[1] === problem)
    const name = at % 2 === 0 ? 'bad.json' : 'bad.json.gz'
    write(name, JSON.stringify(problem))
    const said = refused(at, name)
    expect(said).toContain(`${name}${place}`)
    expect(said).toContain(expected)
  })

  test.each([
    ['no speed', { machines: [{ id: 'm', speed: 0 }] }, ': machines[0].speed (m): found 0'],
    ['duplicate names', { machines: [{ id: 'm' }, { id: 'm' }] }, ': machines[1].id: "m"'],
    ['no bandwidth', { machines }, ': network: no bandwidth between m0 and m1'],
    [
      'links that conflict',
      { machines, network: { bandwidth: 1, links: [link('m0', 'm1', 2), link('m0', 'm1', 3)] } },
      ': network.links[1]: conflicts',
    ],
    ['no machines', { machines: [] }, ': machines: found []'],
  ])('a machines file with %s is itself the place', (_, text, place) => {
    write('boxes.json', JSON.stringify(text))
    expect(refused(text.machines.length, 'flow.json', '--machines', 'boxes.json')).toContain(
      `boxes.json${place}`,
    )
  })

  test('nothing that a file holds fills the screen or steers the terminal', () => {
    const codes = '\u001b[2J\u009b31m\u202e'
    write('codes.json', `{ "machines": [${codes}`)
    const after = [codes + 'x'.repeat(100_000)]
    write('long.json', JSON.stringify({ machines, tasks: [task('a', { after })] }))
    for (const [name, rows] of [
      ['codes.json', 1],
      ['long.json', 1],
    ] as const) {
      const stderr = refused(rows, name)
      expect(stderr).not.toMatch(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u)
      expect(stderr.length).toBeLessThan(3_000)
    }
  })

  test('what is not gzip, and what was cut short', () => {
    writeFileSync(join(folder, 'plain.csv.gz'), '1,2\n')
    expect(refused(0, 'plain.csv.gz')).toContain('plain.csv.gz: not a gzip file')
    writeFileSync(join(folder, 'cut.csv.gz'), gzipSync('1,2\n'.repeat(999)).subarray(0, 30))
    expect(refused(1, 'cut.csv.gz')).toContain('cut.csv.gz: cut off: it ends after 30 bytes')
  })

  test.each([
    ['--noise', '2000%', 'at most 2 (200%)'],
    ['--noise', '20', 'at most 2 (200%)'],
    ['--time-limit', '25d', 'at most 24d'],
    ['--time-limit', '1e9', 'a duration such as 10s'],
  ])('%s %s: expected %s', (flag, value, expected) => {
    const { status, stderr } = dray('simulate', 'ok.csv', flag, value)
    expect({ status, stderr }).toMatchObject({ status: 2 })
    expect(stderr).toContain(`${flag} ${value}: expected ${expected}`)
  })

  test.each([
    ['plan', '--strategy', 'hefft', 'did you mean "heft"?'],
    ['simulate', '--strategy', 'sufferrage', 'did you mean "sufferage"?'],
    ['plan', '--strategy', 'hetf', 'did you mean "heft"?'],
    ['plan', '--strategy', 'min-mix', 'did you mean "min-min"?'],
    ['plan', '--strategy', 'mxt', 'did you mean "met" or "mct"?'],
    ['compare', '--strategies', 'mct,olbb', 'did you mean "olb"?'],
    ['simulate', '--order', 'sptt', 'did you mean "spt"?'],
  ])('%s %s %s: an unknown name, with the nearest', (command, flag, name, expected) => {
    const { status, stderr } = dray(command, 'ok.csv', flag, name)
    expect(status).toBe(2)
    expect(stderr).toContain(expected)
    expect(stderr).toContain('known: ')
  })
})

describe('a file of 200 MB', { timeout: 60_000 }, () => {
  test.each([
    ['plan', 'huge.json', 'at most 128 MB'],
    ['simulate', 'huge.yaml', 'a job file of at most 16 MB'],
    ['compare', 'huge.csv', 'huge.csv:1: '],
  ])('%s %s is refused before it is read whole', (command, name, expected) => {
    write(name, '')
    truncateSync(join(folder, name), 200_000_000)
    const { status, stderr } = dray(command, name)
    rmSync(join(folder, name))
    expect(status).toBe(2)
    expect(stderr).toContain(expected)
  })

  test('as a machines file it is refused as well', () => {
    write('job.yaml', 'name: j\ninput: { items: [1] }\nstages:\n  - { name: s, map: ./s.mjs }\n')
    write('s.mjs', 'export default item => item\n')
    write('boxes.json', '')
    truncateSync(join(folder, 'boxes.json'), 200_000_000)
    expect(refused(1, 'job.yaml', '--machines', 'boxes.json')).toContain('of at most 64 MB')
    rmSync(join(folder, 'boxes.json'))
  })
})

describe('a flag that cannot be read is named, with what it takes', { timeout: 60_000 }, () => {
  test.each([
    [
      'simulate',
      ['--faults', 'failing=5'],
      /^dray: --faults failing 5: expected a share from 0 to 1/,
    ],
    [
      'simulate',
      ['--faults', 'losses=5%'],
      /^dray: --faults losses 5%: expected a number, 0 or more$/m,
    ],
    [
      'simulate',
      ['--faults', 'nosuch'],
      /^dray: --faults nosuch: no such fault\n.*\n {2}known: failing \(.*\), losses \(.*\), away \(.*\), attempts/,
    ],
    ['compare', ['--faults', 'failling=5%'], /^dray: --faults failling=5%: .* mean "failing"\?/],
    ['simulate', ['--faults', '5%,away=1'], /^dray: --faults 5%: no such fault\n.* failing=5%/],
    ['simulate', ['--faults', 'away=1,away=2'], /^dray: --faults .*: "away" is given twice$/m],
    ['simulate', ['--arrivals', '20%'], /^dray: --arrivals 20%: expected a number, 0 or more$/m],
    ['compare', ['--strategies', 'mct,hefd'], /^dray: --strategies hefd: .* did you mean "heft"\?/],
  ])('%s %j', (command, words, expected) => {
    const { status, stderr } = dray(command, 'ok.csv', ...words)
    expect(stderr).toMatch(expected)
    expect(status).toBe(2)
  })
})

describe('times that are only just exact', { timeout: 60_000 }, () => {
  test('are planned and simulated, but not under noise, which would stretch them', () => {
    write('near.csv', '4e15,4e15\n1,1\n')
    const ran = dray('simulate', 'near.csv', '--strategy', 'mct', '--json')
    expect(JSON.parse(ran.stdout).makespan).toBe(4e15)
    expect(refused(1, 'near.csv', '--noise', '0.2')).toContain('with noise, faults or arrivals')
    expect(refused(2, 'near.csv', '--seeds', '3')).toContain('2^53 / 8')
  })
})

describe('no time at all', { timeout: 60_000 }, () => {
  test.each(['auto', 'portfolio', 'local-search', 'milp', 'lp-rounding'])(
    '%s gives the best schedule so far',
    strategy => {
      const words = ['ok.csv', '--strategy', strategy, '--time-limit', '0', '--json']
      const { status, stdout } = dray('plan', ...words)
      expect(status).toBe(0)
      expect(JSON.parse(stdout).assignments).toHaveLength(2)
      expect([3, 4]).toContain(JSON.parse(stdout).makespan)
    },
  )

  test('simulate and compare as well, whatever is to be least', () => {
    for (const objective of ['makespan', 'mean-flow-time', 'weighted-tardiness', 'cost']) {
      const words = ['ok.csv', '--objective', objective, '--time-limit', '0', '--json']
      expect(JSON.parse(dray('simulate', ...words).stdout).completions).toBe(2)
    }
    const { results } = JSON.parse(dray('compare', 'ok.csv', '--time-limit', '0', '--json').stdout)
    expect(results.length).toBeGreaterThan(15)
  })
})
