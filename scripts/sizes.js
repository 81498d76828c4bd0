// Lists source files over 300 lines and policies over 80: a place to look, and a failure past twice that.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const files = readdirSync('src', { recursive: true }).filter(name => name.endsWith('.ts'))
const sized = files.map(name => ({
  name,
  lines: readFileSync(join('src', name), 'utf8').split('\n').length - 1,
}))
const limitOf = name => (/^policy\/(order|allocation|retry)\//.test(name) ? 80 : 300)
const grown = sized
  .filter(file => file.lines > limitOf(file.name))
  .sort((a, b) => b.lines - a.lines)
for (const file of grown)
  console.log(`${file.lines} lines (aim ${limitOf(file.name)})  src/${file.name}`)
console.log(`${files.length} files, ${sized.reduce((sum, file) => sum + file.lines, 0)} lines`)
if (grown.some(file => file.lines > 2 * limitOf(file.name))) process.exit(1)
