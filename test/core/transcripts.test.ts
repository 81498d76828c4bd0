import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { journal, replayed, snapshot } from './transcript.ts'

/**
 * Every `## rule` in test/core/transcripts is a test. After a change on purpose, `REWRITE=1 npx
 * vitest run test/core/transcripts.test.ts` writes what the core says now: read the difference.
 */
const folder = new URL('./transcripts/', import.meta.url)

for (const file of readdirSync(folder).sort()) {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const rules = text.split(/^## /m).slice(1)
  describe(file.replace('.txt', ''), () => {
    if (process.env.REWRITE !== undefined) {
      writeFileSync(
        new URL(file, folder),
        rules.map(rule => `## ${titleOf(rule)}\n\n${replayed(rule)}\n`).join('\n'),
      )
    }
    for (const rule of rules) {
      test(titleOf(rule), () => {
        expect(replayed(rule)).toBe(linesOf(rule))
      })
    }

    test('read the same when only a snapshot is kept from one instant to the next', () => {
      for (const rule of rules) expect(replayed(rule, snapshot)).toBe(linesOf(rule))
    })

    test('read the same when only the journal is kept', () => {
      for (const rule of rules) expect(replayed(rule, journal)).toBe(linesOf(rule))
    })
  })
}

function titleOf(rule: string): string {
  return rule.slice(0, rule.indexOf('\n'))
}

function linesOf(rule: string): string {
  return rule
    .split('\n')
    .slice(1)
    .filter(line => line.trim() !== '')
    .join('\n')
}
