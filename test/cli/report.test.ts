import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Folder, folderWith } from './harness.ts'

const handler = `
export default async (item, ctx) => {
  const first = ctx.attempt === 1
  if (item.how === 'crash' && first) {
    await new Promise(go => setTimeout(go, 50))
    process.exit(3)
  }
  if (item.how === 'slow' && first) {
    await new Promise((go, stop) => ctx.signal.addEventListener('abort', () => stop(new Error('told to'))))
  }
  if (item.how === 'hang' && first) for (;;) {}
  if (item.how === 'bad') throw new Error('</script><img src=x onerror=alert(1)>')
  return 1
}
`
const keys = ['</script><svg onload=alert(1)>', 'مرحبا', '🦦', 'k'.repeat(300)]
const rows = ['fine', 'crash', 'slow', 'hang', 'bad', 'fine'].map((how, at) =>
  JSON.stringify({ id: how === 'bad' ? keys.join(' ') : `${how}-${at}`, how }),
)
const job = {
  name: 'pages',
  input: { jsonl: 'rows.jsonl', key: 'id' },
  stages: [
    {
      name: 'read',
      map: './handle.mjs',
      timeout: '800ms',
      grace: '200ms',
      retry: { attempts: 2, delay: '10ms' },
    },
  ],
  tolerate: { failed: 1 },
}

describe('the page of a run', () => {
  let folder: Folder
  beforeAll(async () => {
    folder = folderWith({
      'handle.mjs': handler,
      'job.json': JSON.stringify(job),
      'rows.jsonl': `${rows.join('\n')}\n`,
    })
    const { code, err } = await folder.dray('run', 'job.json', '--quiet')
    expect(code, err).toBe(0)
  }, 60_000)
  afterAll(() => folder.remove())

  test('shows attempts that gave no answer, crashed, stopped or killed, as those that did', async () => {
    const { code, out, err } = await folder.dray('report', '--html', 'p.html')
    expect(code, err).toBe(0)
    expect(out).toMatch(/Done: 5 of 6 items done, 1 failed, 4 attempts tried again\. It took /)
    const titles = [...folder.read('p.html').matchAll(/<title>([^<:]* read, [^:]*):/g)]
    expect(
      titles
        .map(([, title]) => title.replace(/^&lt;.* read/, 'bad-4 read'))
        .filter(title => !title.endsWith('done'))
        .sort(),
    ).toEqual([
      'bad-4 read, error, failed for good',
      'bad-4 read, error, tried again',
      'crash-1 read, crash, tried again',
      'hang-3 read, timeout, tried again',
      'slow-2 read, timeout, tried again',
    ])
  })

  test('lets no key and no error out of its cell, and asks the network for nothing', () => {
    const html = folder.read('p.html')
    expect(html).not.toMatch(/<script|<img|<svg on/)
    expect(html).toContain('<bdi>&lt;/script&gt;&lt;svg onload=alert(1)&gt; مرحبا 🦦 kkk')
    expect(html).toContain('error: &lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;')
    expect(html).not.toMatch(/ (src|href)="|url\((?!#)|@import/)
  })

  test('says in JSON what it shows', async () => {
    const { out } = await folder.dray('report', '--html', 'p.html', '--json')
    expect(JSON.parse(out)).toMatchObject({
      job: 'pages',
      state: 'done',
      items: { total: 6, done: 5, failed: 1, skipped: 0, stopped: 0, cancelled: 0 },
      attempts: 10,
      retriedAttempts: 4,
      failedAttempts: 1,
      running: 0,
      stages: [{ name: 'read', done: 5, failed: 1, waiting: 0, running: 0 }],
      html: 'p.html',
    })
  })

  test('why counts them too', async () => {
    const { out } = await folder.dray('why', 'pages', 'crash-1')
    expect(out).toMatch(/in \S+ \S+ \(\S+ \S+ of processor time, .* of memory\), attempt 2;/)
  })
})
