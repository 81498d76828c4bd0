import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Dray, type JobDefinition, open } from '../../dist/index.js'

const opened = async (handler: string): Promise<{ dray: Dray; folder: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'dray-open-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'work.js'), handler)
  return { dray: await open({ dir: join(folder, '.dray'), folder }), folder }
}

const stream = (name: string): JobDefinition => ({
  name,
  input: { open: true },
  stages: [{ name: 'work', map: './work.js' }],
})

describe('a stream', () => {
  test('answers each pushed item, and closes when nothing is in flight', async () => {
    const { dray } = await opened('export default n => n * 2\n')
    const handle = await dray.stream(stream('doubles'))
    const first = await handle.push(4)
    expect(await first.result()).toBe(8)
    const second = await handle.push(5, { key: 'five' })
    expect(await second.result()).toBe(10)
    const summary = await handle.close()
    expect(summary).toMatchObject({ state: 'done', items: { total: 2, done: 2 } })
    const answers = []
    for await (const answer of handle.results) answers.push(answer)
    expect(answers).toEqual([
      { index: 0, key: '0', result: 8 },
      { index: 1, key: 'five', result: 10 },
    ])
    await dray.close()
  })

  test('refuses a key it has, and anything after it is closed', async () => {
    const { dray } = await opened('export default n => n\n')
    const handle = await dray.stream(stream('once'))
    await handle.push(1, { key: 'a' })
    await expect(handle.push(2, { key: 'a' })).rejects.toThrow('duplicate key "a"')
    await handle.close()
    await expect(handle.push(3)).rejects.toThrow('closed')
    await dray.close()
  })

  test('rejects the result of an item that fails, with why', async () => {
    const { dray } = await opened("export default () => { throw new Error('no such page') }\n")
    const handle = await dray.stream({
      ...stream('failing'),
      stages: [{ name: 'work', map: './work.js', retry: { attempts: 1 } }],
    })
    const pushed = await handle.push(1)
    await expect(pushed.result()).rejects.toThrow('no such page')
    expect((await handle.close()).state).toBe('failed')
    await dray.close()
  })

  test('goes on in a new process’s place: what was pushed and not answered is run', async () => {
    const { dray, folder } = await opened('export default n => n + 1\n')
    const handle = await dray.stream(stream('again'))
    await (await handle.push(1)).result()
    await dray.close()
    const again = await open({ dir: join(folder, '.dray'), folder })
    const resumed = await again.stream(stream('again'))
    expect(resumed.name).toBe(handle.name)
    expect(await (await resumed.push(2)).result()).toBe(3)
    expect((await resumed.close()).items.done).toBe(2)
    await again.close()
  })
})

describe('a submitted job', () => {
  test('has a result, and its items in order', async () => {
    const { dray } = await opened('export default n => n * n\n')
    const run = await dray.submit({
      name: 'squares',
      input: { range: { from: 0, to: 5 } },
      stages: [{ name: 'square', map: './work.js' }],
    })
    expect(await run.result()).toMatchObject({ state: 'done', items: { done: 5 } })
    const results = []
    for await (const item of run.results())
      results.push('result' in item ? item.result : item.error)
    expect(results).toEqual([0, 1, 4, 9, 16])
    await dray.close()
  })
})
