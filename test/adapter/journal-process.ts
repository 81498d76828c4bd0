import { writeSync } from 'node:fs'
import { openDirectory } from '../../src/adapter/sqlite/directory.ts'
import { entry, results } from './append-data.ts'

// Appends entries with one result each for ever, saying each number once it is acknowledged.
const { journal } = openDirectory(process.argv[2])
for (let i = 1; ; i += 1) {
  journal.append(entry(i), [results({ indexes: [i - 1] })], [])
  writeSync(1, `${i}\n`)
}
