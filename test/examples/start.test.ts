import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const module = fileURLToPath(new URL('../../examples/ocr/child.js', import.meta.url))
const program = `process.on('SIGTERM', () => setTimeout(() => process.exit(130), 200))
setTimeout(() => {}, 15_000)
console.log('ready')`

test('npm start passes a polite kill on to the run it began, and waits for it', async () => {
  const body = `const { ended } = await import(${JSON.stringify(module)})
process.exitCode = await ended('-e', ${JSON.stringify(program)})`
  const start = spawn(process.execPath, ['--input-type=module', '-e', body], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(start.stdout, 'data')
  start.kill('SIGTERM')
  expect(await once(start, 'close')).toEqual([130, null])
})
