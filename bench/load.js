// A program beside those that are measured: it spins and rests in turn, 4 to 30 s at a time, until its parent ends.
//   node bench/load.js SEED
import { setTimeout as wait } from 'node:timers/promises'
import { prng } from '../build/std/prng.js'

const random = prng(Number(process.argv[2] ?? 1))
const parent = process.ppid
const phase = () => 4000 + 26_000 * random.next()

for (let spins = random.next() < 0.5; ; spins = !spins) {
  const until = Date.now() + phase()
  while (Date.now() < until) {
    const pause = Math.min(100, until - Date.now())
    if (spins) spin(pause)
    else await wait(pause)
    if (process.ppid !== parent) process.exit()
  }
}

function spin(millis) {
  for (const until = Date.now() + millis; Date.now() < until; );
}
