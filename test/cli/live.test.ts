import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { type Folder, folderWith, lines, noting, ran, untilGo } from './harness.ts'

/** What other terminals do while a run is at work, and what is left when its own is closed. */

const slow = (millis: number) =>
  noting(
    `console.log('saw', item); await new Promise(done => setTimeout(done, ${millis})); return item`,
  )
/** The first ones say so and end; those from `first` on wait until the test lets them go. */
const heldFrom = (first: number) =>
  noting(`console.log('saw', item); ${untilGo(`ctx.index >= ${first}`)}return item`)
const over = (to: number, ...more: string[]) =>
  ['map', 'handle.mjs', `range:0..${to}`, '-o', 'out.jsonl', '--retries', '0', ...more] as const
const whole = (folder: Folder, count: number): void => {
  const found = lines(folder.read('out.jsonl')).map(
    line => (JSON.parse(line) as { index: number }).index,
  )
  expect(found).toEqual(Array.from({ length: count }, (_, n) => n))
}

test('logs -f shows lines while the run works, each once, and ends with it', async () => {
  const folder = folderWith({ 'handle.mjs': heldFrom(10) })
  const run = folder.begin(...over(24), '--events')
  await run.says('"event":"done"')
  const follower = folder.begin('logs', '-f')
  await follower.says('saw 8')
  expect((await folder.dray('status')).out).toContain('active')
  folder.write('go', '')
  expect((await run.ended).code).toBe(0)
  const { code, out } = await follower.ended
  expect(code).toBe(0)
  const saw = lines(out).map(line => Number(line.split('saw ')[1]))
  expect(saw.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, n) => n))
  folder.remove()
})

test('Ctrl-C in a command that only looks says so, exits 130, and leaves the run alone', async () => {
  const folder = folderWith({ 'handle.mjs': heldFrom(4) })
  const run = folder.begin(...over(40), '--events')
  await run.says('"event":"done"')
  const follower = folder.begin('logs', '-f')
  await follower.says('saw')
  follower.signal('SIGINT')
  const { code, err } = await follower.ended
  expect({ code, err }).toEqual({ code: 130, err: 'dray: interrupted\n' })
  folder.write('go', '')
  expect((await run.ended).code).toBe(0)
  whole(folder, 40)
  folder.remove()
})

test('a second Ctrl-C quits at once: no process is left, and the run goes on later', async () => {
  const stuck = `import { appendFileSync, existsSync } from 'node:fs'
export default async item => {
  if (item > 3 && existsSync(new URL('./stuck', import.meta.url))) {
    appendFileSync(new URL('./pids', import.meta.url), process.pid + '\\n')
    for (;;);
  }
  appendFileSync(new URL('./ran.txt', import.meta.url), item + '\\n')
  return item
}
`
  const folder = folderWith({ 'handle.mjs': stuck, stuck: '' })
  const run = folder.begin(...over(8))
  while (!folder.has('pids')) await new Promise(done => setTimeout(done, 20))
  run.signal('SIGINT')
  await run.says('again to quit at once')
  const again = setInterval(() => run.signal('SIGINT'), 200)
  const ended = await run.ended
  clearInterval(again)
  expect(ended.code).toBe(130)
  expect(ended.err).toContain('is interrupted; the same command goes on with it')
  for (const pid of lines(folder.read('pids'))) await gone(Number(pid))
  expect((await folder.dray('ls')).out).toContain('interrupted')
  const before = ran(folder)
  rmSync(join(folder.path, 'stuck'))
  expect(await folder.dray(...over(8))).toMatchObject({ code: 0 })
  whole(folder, 8)
  // What had been answered before is not run again.
  expect(ran(folder).length - before.length).toBeGreaterThanOrEqual(4)
  expect(ran(folder).length).toBeLessThanOrEqual(8 + 2)
  folder.remove()
})

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
      // A zombie that nobody has waited for yet is dead all the same.
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return
    } catch {
      return
    }
    await new Promise(done => setTimeout(done, 20))
  }
}

describe('beside a live owner', () => {
  test('retry of an ended run, and removing it, are the owner’s to do; a run at work is not removed', async () => {
    const handle = `import { existsSync } from 'node:fs'
export default async item => {
  if (item === 1 && !existsSync(new URL('./mended', import.meta.url))) throw new Error('not mended')
  await new Promise(done => setTimeout(done, item > 10 ? 150 : 0))
  return item
}
`
    const folder = folderWith({ 'handle.mjs': handle })
    const first = await folder.dray(...over(3), '--json')
    expect(first.code).toBe(1)
    const { run } = JSON.parse(first.out) as { run: string }
    const long = ['map', 'handle.mjs', 'range:11..2000', '-o', 'long.jsonl'] as const
    const owner = folder.begin(...long, '--events')
    await owner.says('"event":"done"')
    expect((await folder.dray('results', run, '--failed')).out).toContain('not mended')
    folder.write('mended', '')
    const retry = await folder.dray('retry', run, '--failed')
    expect(retry).toMatchObject({ code: 0, out: `${run}: 1 item open again; its owner runs it\n` })
    for (;;) {
      const { state } = JSON.parse((await folder.dray('status', run, '--json')).out) as {
        state: string
      }
      if (state === 'done') break
      expect(['active', 'finishing']).toContain(state)
    }
    expect(lines((await folder.dray('results', run)).out)).toHaveLength(3)
    whole(folder, 3)
    const [, live] = JSON.parse((await folder.dray('ls', '--json')).out) as {
      state: string
      run: string
    }[]
    expect(live.state).toBe('active')
    const early = await folder.dray('retry', live.run, '--failed')
    expect(early.code).toBe(2)
    expect(early.err).toContain('still at work')
    const clean = await folder.dray('clean', live.run)
    expect(clean.code).toBe(2)
    expect(clean.err).toContain(`dray cancel ${live.run}`)
    const cleaned = await folder.dray('clean', '--older', '0s', '--json')
    expect(JSON.parse(cleaned.out)).toEqual({ removed: [run] })
    expect((await folder.dray('results', run)).code).toBe(2)
    expect(JSON.parse((await folder.dray('ls', '--json')).out)).toHaveLength(1)
    owner.signal('SIGKILL')
    await owner.ended
    folder.remove()
  })

  test('of two runs begun together one works and the other exits 2, naming it', async () => {
    const folder = folderWith({ 'handle.mjs': heldFrom(0) })
    const begun = [folder.begin(...over(20)), folder.begin(...over(20))]
    await Promise.race(begun.map(({ ended }) => ended))
    folder.write('go', '')
    const both = await Promise.all(begun.map(({ ended }) => ended))
    const [works, refused] = both.sort((a, b) => (a.code ?? 0) - (b.code ?? 0))
    expect([works.code, refused.code], works.err + refused.err).toEqual([0, 2])
    expect(refused.err).toMatch(/in use by process \d+/)
    whole(folder, 20)
    expect(ran(folder)).toHaveLength(20)
    folder.remove()
  })
})

const hasPty = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0

describe('a run whose reader goes away', () => {
  test.each([
    ['--events', 'stdout', 'set -o pipefail; "$@" | head -1'],
    ['--json', 'stderr', '"$@" 2> >(head -1 >&2)'],
  ])('goes on to its end and its own exit code: %s, %s', async (flag, _stream, script) => {
    const folder = folderWith({ 'handle.mjs': slow(60) })
    const ended = await folder.drayUnder(['bash', '-c', script, '-'], ...over(20, flag))
    expect(ended.code, ended.err).toBe(0)
    expect(lines(ended.out)).toHaveLength(1)
    whole(folder, 20)
    folder.remove()
  })

  test.skipIf(!hasPty)('the same where its terminal goes away', async () => {
    const folder = folderWith({ 'handle.mjs': slow(60) })
    const closed = `SHELL=$BASH script -qec "trap '' HUP; $(printf '%q ' "$@"); echo \\$? > code" /dev/null > /dev/null &
      until [ -s ran.txt ]; do sleep 0.02; done; kill -9 $!; until [ -s code ]; do sleep 0.02; done`
    await folder.drayUnder(['bash', '-c', closed, '-'], ...over(20))
    expect(folder.read('code')).toBe('0\n')
    whole(folder, 20)
    folder.remove()
  })
})

test.skipIf(!hasPty)('on a terminal a run of an instant is seen to its end', async () => {
  const folder = folderWith({ 'handle.mjs': 'export default item => item\n' })
  const drawn = `SHELL=$BASH script -qec "$(printf '%q ' "$@")" /dev/null`
  const { out } = await folder.drayUnder(['bash', '-c', drawn, '-'], ...over(10))
  const [frames] = stripVTControlCharacters(out).split(/ done in /)
  const last = frames.split('  map ').at(-1)
  expect(last).toMatch(/ 10\/10 +100 %/)
  // Machines are at work no more.
  expect(last).not.toContain('busy')
  folder.remove()
})

test.skipIf(!hasPty)(
  'on a terminal the bar of a cancelled run counts what ended, not what was cancelled',
  async () => {
    const folder = folderWith({ 'handle.mjs': heldFrom(3) })
    const drawn = `SHELL=$BASH script -qec "$(printf '%q ' "$@")" /dev/null`
    const run = folder.drayUnder(['bash', '-c', drawn, '-'], ...over(10, '--chunk', '1'))
    const status = async () => (await folder.dray('status')).out
    await vi.waitUntil(async () => (await status()).includes('3 of 10'), 60_000)
    const [name] = (await status()).split(' ')
    await folder.dray('cancel', name)
    const [frames] = stripVTControlCharacters((await run).out).split(/ cancelled in /)
    expect(frames.split('  map ').at(-1)).toMatch(/ 3\/10 +30 % +7 cancelled/)
    folder.remove()
  },
)

test.skipIf(!hasPty)('in a narrow terminal answers are broken at spaces', async () => {
  const folder = folderWith({ 'handle.mjs': 'export default item => item\n' })
  expect((await folder.dray(...over(10))).code).toBe(0)
  const narrow = `SHELL=$BASH script -qec "stty cols 40; $(printf '%q ' "$@")" /dev/null`
  for (const command of ['status', 'why', 'ls']) {
    const { out } = await folder.drayUnder(['bash', '-c', narrow, '-'], command)
    const shown = stripVTControlCharacters(out).split('\r\n')
    expect(shown.length).toBeGreaterThan(2)
    for (const line of shown) expect(line.length).toBeLessThanOrEqual(40)
  }
  folder.remove()
})

test('without a terminal nothing is drawn: no escape sequences, no colours asked for', async () => {
  const folder = folderWith({ 'handle.mjs': slow(10) })
  const { out, err } = await folder.dray(...over(10))
  expect(out + err).not.toContain('\u001b')
  expect(err).toContain('begins')
  expect(out).toContain('10 of 10 items done')
  folder.remove()
})

test('an input that never ends is told as one: what runs by its key, counts with a plus; it can be interrupted', async () => {
  const folder = folderWith({
    'handle.mjs': `import { existsSync } from 'node:fs'
export default async () => {
  while (!existsSync(new URL('./go', import.meta.url))) await new Promise(go => setTimeout(go, 20))
  return 1
}
`,
    'list.mjs': `export default async function* () {
  yield { item: 1, key: 'page-one' }
  await new Promise(() => setInterval(() => {}, 500))
}
`,
    'job.yaml': `name: endless
input: { from: ./list.mjs }
stages: [{ name: a, map: ./handle.mjs }]
`,
  })
  const run = folder.begin('run')
  await run.says('begins')
  const report = () => folder.dray('report', '--html', 'p.html')
  do await report()
  while (!folder.read('p.html').includes('page-one a'))
  folder.write('go', '')
  const list = async () => (await folder.dray('ls')).out
  while (!(await list()).includes('1 of 1+')) await new Promise(done => setTimeout(done, 20))
  run.signal('SIGINT')
  const { code, out } = await run.ended
  expect(code).toBe(130)
  expect(out).toContain('interrupted in')
  expect(out).toContain('1 of 1+ items done')
  expect(await list()).toContain('interrupted  1 of 1+')
  folder.remove()
})

test.each(['--version', '-V'])('%s prints the version of the package', async flag => {
  const folder = folderWith()
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  expect(await folder.dray(flag)).toMatchObject({ code: 0, out: `${version}\n` })
  folder.remove()
})

test('every command has help with an example that names it, within 80 columns', async () => {
  const folder = folderWith()
  const { out } = await folder.dray('--help')
  const names = [...out.matchAll(/^ {2}(\w+) \[/gm)].map(([, name]) => name)
  expect(names).toEqual(expect.arrayContaining(['run', 'map', 'ls', 'why', 'compare', 'report']))
  const helps = await Promise.all(
    names.filter(name => name !== 'help').map(name => folder.dray(name, '--help')),
  )
  for (const help of helps) {
    const name = /^Usage: dray (\w+)/.exec(help.out)?.[1]
    expect(help.code).toBe(0)
    expect(help.out).toMatch(new RegExp(`Examples:\\n  .*dray ${name}`))
    expect(Math.max(...help.out.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  }
  folder.remove()
})
