import { expect, test } from 'vitest'
import { itemRunner } from '../../../src/adapter/executor/inside/item-runner.ts'
import type { StageDefinition } from '../../../src/adapter/executor/protocol.ts'
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

/** Runs one item that keeps the loop to itself for `millis`; true: its answer was written at its message's end. */
async function isWritten(comes: 'meanwhile' | 'never', millis: number): Promise<boolean> {
  let waiting = 0
  let hasNext = false
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
  const runner = itemRunner({ outbox, voice, saves: '/dev/null', hasNext: () => hasNext })
  const spin = (): null => {
    const until = performance.now() + millis
    // As where it came through the pipe: it is known once the loop has turned.
    if (comes === 'meanwhile') setImmediate(() => (hasNext = true))
    while (performance.now() < until);
    return null
  }
  const loaded = { handle: spin, batch: undefined, model, check: undefined }
  const header = { stage: 0, first: 0, items: 1, index: 0 }
  runner.wake()
  await runner.run(definition, loaded, { header, payloads: ['1'] })
  return waiting === 0
}

test('an answer is written at the end of its message, unless the next has come while it was worked out', async () => {
  expect(await isWritten('never', 5)).toBe(true)
  expect(await isWritten('meanwhile', 5)).toBe(false)
})
