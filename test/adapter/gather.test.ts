import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gatherInto } from '../../src/adapter/gather/groups.ts'
import { JournalError } from '../../src/port/journal-error.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dray-gather-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function gathered(payloads: readonly string[], by?: string) {
  const gathering = gatherInto(join(folder, 'groups'), by)
  for (const payload of payloads) gathering.add(payload)
  return gathering.end()
}

test('results are grouped by a field, groups in order of first appearance', () => {
  const { keys, payload } = gathered(['{"c":"b"}', '{"c":2}', '{"c":"b","n":1}', '7'], 'c')
  expect(keys).toEqual(['b', '2', 'null'])
  expect(keys.map((_, group) => JSON.parse(payload(group)).results)).toEqual([
    [{ c: 'b' }, { c: 'b', n: 1 }],
    [{ c: 2 }],
    [7],
  ])
})

test('a version is of all that a group holds, in its order: one that changed elsewhere stays', () => {
  const [before] = gathered(['1', '2', '3']).versions
  expect(gathered(['1', '2', '3']).versions).toEqual([before])
  for (const other of [['9', '2', '3'], ['1', '9', '3'], ['2', '1', '3'], ['1', '2'], []])
    expect(gathered(other).versions).not.toEqual([before])
  const grouped = (n: number) => gathered(['{"c":"a"}', `{"c":"b","n":${n}}`], 'c').versions
  expect(grouped(1)[0]).toBe(grouped(2)[0])
  expect(grouped(1)[1]).not.toBe(grouped(2)[1])
})

test('a group that outgrows a message is a file of all its lines, also of the last and short ones', () => {
  const long = Array.from({ length: 30 }, (_, at) => JSON.stringify(`${at}`.repeat(50_000)))
  const payloads = [...long, JSON.stringify('x'.repeat(1_100_000)), '"short"']
  const { file } = JSON.parse(gathered(payloads).payload(0)) as { file: string }
  expect(readFileSync(file, 'utf8')).toBe(`${payloads.join('\n')}\n`)
})

test('a group that cannot be written stops the node with the path and the reason, as a commit does', () => {
  const gathering = gatherInto(join(folder, 'groups'), undefined)
  gathering.add(JSON.stringify('x'.repeat(300_000)))
  writeFileSync(join(folder, 'groups'), 'in the way')
  expect(() => gathering.end()).toThrow(JournalError)
  expect(() => gathering.end()).toThrow(`${join(folder, 'groups')}: the file cannot be opened`)
})
