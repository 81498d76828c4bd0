import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { itemRunner } from '../../../src/adapter/executor/inside/item-runner.ts'
import type { StageDefinition } from '../../../src/adapter/executor/protocol.ts'
import { linesSaved } from '../../../src/adapter/executor/saved-folder.ts'
import { slotVoice } from '../../../src/adapter/executor/voice.ts'

const model = { setup: undefined, params: '', teardown: undefined, loaded: undefined, users: 1 }

const definition: StageDefinition = {
  ...{
    stage: 0,
    print: 'p',
    run: 'r',
    name: 's',
    kind: 'map' as const,
    takesFiles: false,
    module: 'm',
    file: 'm',
  },
  ...{ model: undefined, returns: undefined, params: {}, maxResultBytes: 1_000 },
  ...{ timeoutMillis: undefined, slowdown: 1, checkpoints: '' },
}

const message = (...payloads: string[]) => ({
  header: { stage: 0, first: 0, items: payloads.length, index: 0, counts: [payloads.length] },
  payloads,
})

function runnerOf(saves: string, hasNext: () => boolean) {
  let waiting = 0
  const outbox = {
    put: (line: string) => {
      waiting += line.length
    },
    flush: () => {
      waiting = 0
    },
    waiting: () => waiting,
    latest: 100,
  }
  const voice = slotVoice(outbox.put, outbox.flush)
  return { runner: itemRunner({ outbox, voice, saves, hasNext }), waiting: () => waiting }
}

const spin = (millis: number): void => {
  const until = performance.now() + millis
  while (performance.now() < until);
}

/** Runs one item that keeps the loop to itself for `millis`; true: its answer was written at its message's end. */
async function isWritten(comes: 'meanwhile' | 'never', millis: number): Promise<boolean> {
  let hasNext = false
  const { runner, waiting } = runnerOf('/dev/null', () => hasNext)
  const handle = (): null => {
    // As where it came through the pipe: it is known once the loop has turned.
    if (comes === 'meanwhile') setImmediate(() => (hasNext = true))
    spin(millis)
    return null
  }
  runner.wake()
  await runner.run(definition, { handle, batch: undefined, model, check: undefined }, message('1'))
  return waiting() === 0
}

test('an answer is written at the end of its message, unless the next has come while it was worked out', async () => {
  expect(await isWritten('never', 5)).toBe(true)
  expect(await isWritten('meanwhile', 5)).toBe(false)
})

for (const how of ['one at a time', 'batch'] as const)
  test(`what an item answers once it was asked to stop is not saved for the next life (${how})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dray-runner-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const saves = join(folder, 'saves')
    const { runner } = runnerOf(saves, () => true)
    const handle = (item: unknown): unknown => {
      if (item === 2) runner.abort(0, 2, { code: 'timeout', message: 'too long' })
      spin(3)
      return item
    }
    const batch = how === 'batch' ? (items: readonly unknown[]) => items.map(handle) : undefined
    const loaded = { handle, batch, model, check: undefined }
    await runner.run(definition, loaded, message('0', '1', '2'))
    // Items of a batch are stopped together.
    const before = how === 'batch' ? [] : ['0', '1']
    expect(linesSaved(saves).map(line => line.split(' ').pop())).toEqual(before)
  })
