import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dray, folderWith, summaryOf } from './cli.ts'

/** Two models of 100 MB each, on machines that have 180 MB. */
const job = `
name: models
input: { range: { from: 0, to: 2 } }
stages:
  - { name: first, map: ./first.js, loads: { name: oak, memory: 100MB } }
  - { name: second, map: ./second.js, loads: { name: elm, memory: 100MB }, output: { jsonl: out.jsonl } }
`

const handler = (name: string, teardown: boolean) => `
import { appendFileSync } from 'node:fs'
const say = what => appendFileSync('story.txt', what + ' ${name}\\n')
export function setup() {
  say('load')
  globalThis.${name} = Buffer.alloc(100e6, 1)
}
${teardown ? `export function teardown() { say('drop'); globalThis.${name} = undefined }` : ''}
export default before => {
  say('work')
  const held = ['oak', 'elm'].filter(model => globalThis[model] !== undefined)
  return [...(before?.length ? before : []), { pid: process.pid, held }]
}
`

const machines = (memory: string) =>
  JSON.stringify({ machines: [{ id: 'small', slots: 1, capacity: { memory } }] })

type Seen = { readonly pid: number; readonly held: readonly string[] }

async function run({ teardown, memory }: { teardown: boolean; memory: string }) {
  const folder = folderWith({
    'first.js': handler('oak', teardown),
    'second.js': handler('elm', teardown),
    'job.yaml': job,
    'machines.json': machines(memory),
    'package.json': '{ "type": "module" }',
  })
  const ended = await dray(folder, ['run', 'job.yaml', '--json', '--machines', 'machines.json'])
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n')
  return {
    folder,
    code: ended.code,
    summary: summaryOf(ended),
    story: read('story.txt'),
    seen: read('out.jsonl').flatMap(line => JSON.parse(line).result as Seen[]),
  }
}

describe('two models that do not fit together take turns in a slot', () => {
  test('a handler with a teardown gives its model back before the other is loaded', async () => {
    const { code, summary, story, seen } = await run({ teardown: true, memory: '180MB' })
    expect([code, summary.items.done]).toEqual([0, 4])
    for (const { held } of seen) expect(held).toHaveLength(1)
    expect(new Set(seen.map(({ pid }) => pid)).size).toBe(1)
    const loads = story.filter(line => line.startsWith('load')).length
    expect(loads).toBeGreaterThan(1)
    story.forEach((line, at) => {
      if (line.startsWith('load') && at > 0) expect(story[at - 1]).toMatch(/^drop/)
    })
  })

  test('one without is replaced: the next model has a process of its own', async () => {
    const { code, summary, seen } = await run({ teardown: false, memory: '180MB' })
    expect([code, summary.items.done]).toEqual([0, 4])
    for (const { held } of seen) expect(held).toHaveLength(1)
    const [first, second] = [seen[0], seen[1]]
    expect(first.held).toEqual(['oak'])
    expect(second.held).toEqual(['elm'])
    expect(second.pid).not.toBe(first.pid)
  })

  test('where they fit, both stay, and each is loaded once', async () => {
    const { code, story, seen } = await run({ teardown: true, memory: '400MB' })
    expect(code).toBe(0)
    expect(story.filter(line => line.startsWith('load'))).toHaveLength(2)
    expect(seen.at(-1)?.held).toEqual(['oak', 'elm'])
  })

  test('a model that no machine could hold is refused at the start, exit 3', async () => {
    const folder = folderWith({
      'first.js': handler('oak', true),
      'second.js': handler('elm', true),
      'job.yaml': job,
      'machines.json': machines('90MB'),
    })
    const ended = await dray(folder, ['run', 'job.yaml', '--machines', 'machines.json'])
    expect(ended.code).toBe(3)
    expect(ended.err).toContain('first on small: needs 100 MB memory, the machine has 90 MB')
  })
})
