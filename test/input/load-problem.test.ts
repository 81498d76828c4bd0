import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadProblem } from '../../src/input/load-problem.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-problem-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const problemText = '{"machines":[{"id":"m0"}],"tasks":[{"id":"a","work":2}]}'

const workflow = {
  schemaVersion: '1.5',
  workflow: {
    specification: {
      tasks: [
        {
          id: 'split',
          parents: [],
          children: ['left', 'right'],
          inputFiles: ['in'],
          outputFiles: ['l', 'r', 'log'],
        },
        { id: 'left', parents: ['split'], children: [], inputFiles: ['l', 'in'], outputFiles: [] },
        { id: 'right', parents: [], inputFiles: ['r', 'log', 'r'] },
      ],
      files: [
        { id: 'in', sizeInBytes: 1 },
        { id: 'l', sizeInBytes: 20 },
        { id: 'r', sizeInBytes: 300 },
        { id: 'log', sizeInBytes: 4000 },
      ],
    },
    execution: {
      tasks: [
        { id: 'left', runtimeInSeconds: 3, coreCount: 2 },
        { id: 'split', runtimeInSeconds: 1.5 },
        { id: 'right', runtimeInSeconds: 6 },
      ],
      machines: [{ nodeName: 'node', cpu: { coreCount: 4, speedInMHz: 1200 } }],
    },
  },
}

type Workflow = typeof workflow
const changed = (change: (copy: Workflow) => void): string => {
  const copy = structuredClone(workflow)
  change(copy)
  return JSON.stringify(copy)
}

describe('loading a problem', () => {
  it.each([
    ['m.csv', '1,2\n', 2],
    ['p.json', problemText, 1],
    ['w.json', JSON.stringify(workflow), 1],
  ])('tells %s by name and content, packed or not', (name, text, machines) => {
    const plain = loadProblem(file(name, text))
    const packed = loadProblem(file(`${name}.gz`, gzipSync(text)))
    expect(plain.machines).toHaveLength(machines)
    expect(packed).toEqual(plain)
    expect(plain.name).toBe(name.slice(0, name.indexOf('.')))
  })

  it.each([
    ['a file that is not there', () => join(folder, 'none.csv'), 'no such file'],
    ['a folder', () => mkdtempSync(join(folder, 'x-')).concat('/../'), 'not a problem by its name'],
    ['another kind of file', () => file('p.yaml', ''), 'expected .csv or .json'],
    ['a packed file that is not', () => file('q.csv.gz', '1,2\n'), 'not a gzip file'],
    [
      'half a packed file',
      () => file('h.csv.gz', gzipSync('1,2\n').subarray(0, 12)),
      'h.csv.gz: cut off: it ends after 12 bytes',
    ],
    ['an empty packed file', () => file('e.csv.gz', ''), 'e.csv.gz: an empty file'],
    [
      'a packed file that is damaged',
      () =>
        file(
          'd.csv.gz',
          Buffer.from([...gzipSync('1,2\n').subarray(0, -8), 0, 0, 0, 0, 4, 0, 0, 0]),
        ),
      'd.csv.gz: a damaged gzip file',
    ],
    [
      'a packed matrix whose name does not say so',
      () => file('packed.csv', gzipSync('1,2\n')),
      'packed.csv: packed by gzip under a name that does not say so',
    ],
    [
      'a packed problem whose name does not say so',
      () => file('packed.json', gzipSync(problemText)),
      'packed.json: packed by gzip under a name that does not say so',
    ],
    [
      'bytes that are no UTF-8',
      () => file('u.json', Buffer.from(problemText.replace('"a"', '\n"a\xff"'), 'latin1')),
      'u.json:2: bytes that are no UTF-8 text',
    ],
    [
      'UTF-16',
      () => file('u16.json', Buffer.from(`\ufeff${problemText}`, 'utf16le')),
      'u16.json: UTF-16 text',
    ],
    [
      'fields nested deeper than can be shown',
      () => file('deep.json', `{"machines":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`),
      'machines: found what is nested too deep to be shown',
    ],
    ['a matrix beyond 2^53', () => file('big.csv', '9e15\n9e15\n'), 'times are too large'],
  ])('refuses %s', (_, path, message) => {
    expect(() => loadProblem(path())).toThrow(message)
  })

  it('refuses 200 MB of JSON before reading it, and of packed zeros before unpacking them', () => {
    const path = file('huge.json', '')
    truncateSync(path, 200 * 2 ** 20)
    expect(() => loadProblem(path)).toThrow(/huge\.json: 200 MB\n {2}expected at most 128 MB/)
    const packed = file('bomb.json.gz', gzipSync(Buffer.alloc(200 * 2 ** 20), { level: 1 }))
    expect(() => loadProblem(packed)).toThrow('over 128 MB unpacked')
  })

  it.skipIf(process.platform === 'win32').each(['pipe.csv', 'pipe.json', 'pipe.csv.gz'])(
    'refuses %s, a pipe that nobody writes to, at once',
    name => {
      const path = join(folder, name)
      execFileSync('mkfifo', [path])
      expect(() => loadProblem(path)).toThrow(`${name}: a pipe`)
    },
  )

  it('refuses 200 MB that are no matrix at the first cell', () => {
    const path = file('huge.csv', '')
    truncateSync(path, 200 * 2 ** 20)
    expect(() => loadProblem(path)).toThrow('huge.csv:1: cell 1 is over 64 characters')
  })

  it('refuses machines for an input that brings its own', () => {
    const machinesPath = file('machines.json', '{"machines":[{"id":"m0"}]}')
    for (const path of [file('m.csv', '1,2\n'), file('p.json', problemText)]) {
      expect(() => loadProblem(path, { machinesPath })).toThrow('brings its own machines')
    }
  })
})

describe('a WfFormat instance', () => {
  const machinesPath = () =>
    file(
      'slow-fast.json',
      '{"machines":[{"id":"s"},{"id":"f","speed":4}],"network":{"bandwidth":10}}',
    )

  it('has recorded run times as work, on the machines it is given', () => {
    const on = loadProblem(file('w.json', JSON.stringify(workflow)), {
      machinesPath: machinesPath(),
    })
    expect(on.tasks.map(({ id }) => id)).toEqual(['split', 'left', 'right'])
    expect([...on.times]).toEqual([1.5, 0.375, 3, 0.75, 6, 1.5])
  })

  it('moves the files a parent writes and its child reads, named by either side', () => {
    const { edges } = loadProblem(file('w.json', JSON.stringify(workflow)))
    expect([...edges.firstEdge]).toEqual([0, 0, 1, 2])
    expect([...edges.bytes]).toEqual([20, 4300])
  })

  it('takes an output of no known size that nobody reads', () => {
    const unread = changed(({ workflow: { specification } }) => {
      ;(specification.tasks[0].outputFiles as string[]).push('trace')
    })
    const { edges } = loadProblem(file('w.json', unread))
    expect([...edges.bytes]).toEqual([20, 4300])
  })

  it('takes an entry that is repeated as it was', () => {
    const repeated = changed(({ workflow: { specification, execution } }) => {
      specification.files.push(...specification.files)
      execution.tasks.push(...execution.tasks)
    })
    const { edges, times } = loadProblem(file('w.json', repeated))
    expect([[...edges.bytes], [...times]]).toEqual([
      [20, 4300],
      [1.5, 3, 6],
    ])
  })

  it('runs on the recorded machines otherwise, as many tasks as cores allow', () => {
    const { machines, tasks } = loadProblem(file('w.json', JSON.stringify(workflow)))
    expect(machines).toEqual([{ id: 'node', speed: 1, capacity: { cpu: 4 }, cost: 0 }])
    expect(tasks.map(({ needs }) => needs)).toEqual([{ cpu: 1 }, { cpu: 2 }, { cpu: 1 }])
  })

  it.each<[string, (copy: Workflow) => void, string]>([
    ['another version', copy => void (copy.schemaVersion = '1.3'), 'schemaVersion: found "1.3"'],
    [
      'an unknown parent',
      copy => void (copy.workflow.specification.tasks[1].parents = ['spilt']),
      'no task "spilt"; did you mean "split"?',
    ],
    [
      'a missing run time',
      copy => void copy.workflow.execution.tasks.pop(),
      'no recorded run time of right',
    ],
    [
      'a negative run time',
      copy => void (copy.workflow.execution.tasks[0].runtimeInSeconds = -1),
      'tasks[0].runtimeInSeconds: found -1',
    ],
    ['no machines', copy => void (copy.workflow.execution.machines = []), '--machines FILE'],
    [
      'a network it cannot state',
      copy =>
        void copy.workflow.execution.machines.push({
          nodeName: 'b',
          cpu: { coreCount: 1, speedInMHz: 2400 },
        }),
      '--machines FILE with machines and a network',
    ],
    [
      'two run times of one task',
      copy => void copy.workflow.execution.tasks.push({ id: 'left', runtimeInSeconds: 4 }),
      'execution.tasks[3].id: "left" is there already, and says something else',
    ],
    [
      'a run time of a task it does not have',
      copy => void copy.workflow.execution.tasks.push({ id: 'rihgt', runtimeInSeconds: 6 }),
      'no task "rihgt"; did you mean "right"?',
    ],
    [
      'two sizes of one file',
      copy => void copy.workflow.specification.files.push({ id: 'l', sizeInBytes: 21 }),
      'files[4].id: "l" is there already, and says something else',
    ],
    [
      'an input of no known size',
      copy => void (copy.workflow.specification.tasks[2].inputFiles[1] = 'lgo'),
      'specification.tasks[2].inputFiles[1]: no file "lgo"; did you mean "log"?',
    ],
    [
      'inputs where no file is listed',
      copy => void delete (copy.workflow.specification as { files?: unknown }).files,
      'specification.tasks[0].inputFiles[0]: no file "in"',
    ],
    [
      'a cycle',
      copy => void (copy.workflow.specification.tasks[0].parents as string[]).push('left'),
      'specification.tasks: a cycle: split -> left -> split',
    ],
    [
      'two tasks of one id',
      copy =>
        void copy.workflow.specification.tasks.push({ ...copy.workflow.specification.tasks[2] }),
      'specification.tasks[3].id: "right" is already the id of workflow.specification.tasks[2]',
    ],
    [
      'two machines of one name',
      copy => {
        copy.workflow.specification.files.length = 0
        for (const task of copy.workflow.specification.tasks) task.inputFiles = []
        copy.workflow.execution.machines.push(...copy.workflow.execution.machines)
      },
      'execution.machines[1].nodeName: "node" is already the nodeName of workflow.execution.machines[0]',
    ],
    [
      'more cores than any machine has',
      copy => void (copy.workflow.execution.tasks[0].coreCount = 8),
      'specification.tasks[1] (left): no machine can run it',
    ],
    [
      'a run time beyond 2^53',
      copy => void (copy.workflow.execution.tasks[0].runtimeInSeconds = 1e16),
      'specification.tasks[1] (left): times are too large',
    ],
  ])('is refused for %s', (_, change, message) => {
    const path = file('bad.json', changed(change))
    expect(() => loadProblem(path)).toThrow(message)
  })
})

const DATA = '../shared/data'
if (!existsSync(DATA)) console.warn(`${DATA} is absent: loading it is not tested`)

describe.skipIf(!existsSync(DATA))('of the shared data', () => {
  it('every problem loads', () => {
    for (const kind of [
      'matrices',
      'problems/textbook',
      'problems/dagbench',
      'problems/wfinstances',
    ]) {
      for (const name of readdirSync(`${DATA}/${kind}`).filter(name => name.endsWith('.gz'))) {
        expect(loadProblem(`${DATA}/${kind}/${name}`).tasks.length, name).toBeGreaterThan(0)
      }
    }
  })

  it('workflows keep their dependencies and bytes', () => {
    const on = loadProblem(`${DATA}/wfformat/helloworld-forkjoin-10-chameleon.json`)
    expect([on.tasks.length, on.edges.from.length]).toEqual([10, 16])
    expect(new Set(on.edges.bytes)).toEqual(new Set([9090910]))
  })
})
