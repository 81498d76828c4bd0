import { readdirSync } from 'node:fs'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const folder = new URL('../../bench/', import.meta.url).pathname
const benches = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.js'),
)

/** Benches are not run by the tests: this is how a name that went away is noticed. */
test.each(benches)('what bench/%s imports exists', async name => {
  const { errors, warnings } = await build({
    entryPoints: [folder + name],
    ...{ bundle: true, write: false, logLevel: 'silent', packages: 'external' },
    ...{ platform: 'node', format: 'esm' },
  })
  expect([...errors, ...warnings].map(({ text }) => text)).toEqual([])
})

test('there are benches', () => expect(benches.length).toBeGreaterThan(10))
