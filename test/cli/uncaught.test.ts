import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWith, lines, noting } from './harness.ts'

/** Yields 20 numbers; while the file `broken` lies beside it, does something before the tenth that nobody waits for. */
const generator = (before: string) => `import { existsSync } from 'node:fs'
const isBroken = existsSync(new URL('./broken', import.meta.url))
export default async function* ({ cursor = 0 }) {
  for (let n = cursor; n < 20; n += 1) {
    if (isBroken && n === 10) {
${before}
      await new Promise(() => setTimeout(() => {}, 60000))
    }
    yield { item: n, cursor: n + 1 }
  }
}
`
const job = (input: string) =>
  `name: left\ninput: { from: ./${input} }\nstages: [{ name: only, map: ./handle.mjs, chunk: 1, output: { jsonl: out.jsonl } }]\n`

for (const { name, input, before, says, goesOn } of [
  {
    name: 'rejects',
    input: 'list.ts',
    before: `Promise.reject(new RangeError('page 3 is gone') as unknown)`,
    says: /list\.ts:6:16: nobody caught RangeError: page 3 is gone/,
  },
  {
    name: 'throws from a timer',
    input: 'list.mjs',
    before: `setTimeout(() => { throw new Error('too late') })`,
    says: /list\.mjs:6:26: nobody caught Error: too late/,
  },
  {
    name: 'rejects with what throws when it is looked at',
    input: 'list.mjs',
    before: `Promise.reject(new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } }))`,
    says: /nobody caught a value that cannot be read/,
  },
  {
    name: 'ends the process as if all were well',
    input: 'list.mjs',
    before: 'process.exit(0)',
    says: /called process\.exit\(0\)/,
    goesOn: true,
  },
]) {
  test(`an input that ${name}, where nobody waits for it: told with its place, exit 2, and the run goes on`, async () => {
    const files = { 'handle.mjs': noting('return item'), broken: '', 'job.yaml': job(input) }
    const folder = folderWith({ ...files, [input]: generator(before) })
    const ended = await folder.dray('run', 'job.yaml')
    expect(ended.err).toMatch(says)
    expect(ended.err).not.toMatch(/Node\.js v|node:internal/)
    expect(ended.code).toBe(2)
    expect(folder.has('out.jsonl')).toBe(false)
    if (goesOn !== true) return folder.remove()
    rmSync(join(folder.path, 'broken'))
    const again = await folder.dray('run', 'job.yaml')
    expect(again.code, again.err).toBe(0)
    expect(lines(folder.read('out.jsonl'))).toHaveLength(20)
    folder.remove()
  })
}

test.skipIf(process.platform !== 'linux')(
  'words that cannot be written end no run, and are told by the exit code',
  async () => {
    const folder = folderWith({ 'handle.mjs': noting('return item') })
    const full = ['bash', '-c', '"$@" > /dev/full', '-']
    const begun = await folder.drayUnder(
      full,
      ...['map', 'handle.mjs', 'range:0..20', '-o', 'out.jsonl', '--events'],
    )
    expect(begun.err).toContain('standard output cannot be written (ENOSPC); the run goes on')
    expect(begun.code).toBe(2)
    expect(lines(folder.read('out.jsonl'))).toHaveLength(20)
    const looked = await folder.drayUnder(full, 'ls')
    expect(looked.err).toBe(
      'dray: standard output cannot be written (ENOSPC): what it was to say is not whole\n',
    )
    expect(looked.code).toBe(2)
    folder.remove()
  },
)
