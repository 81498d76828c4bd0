import { claimDirectory, OwnedError } from '../../src/adapter/owner/claim.ts'

// A second process that claims the folder it is given, says how that went, and holds on.
const [dir] = process.argv.slice(2)
try {
  const owner = await claimDirectory(dir)
  owner.handle(async request => {
    if (request.op === 'release') setImmediate(() => owner.close().then(() => process.exit(0)))
    if (request.op === 'hang') await new Promise(() => {})
    if (request.op === 'die') process.kill(process.pid, 'SIGKILL')
    if (request.op === 'refuse') throw new Error('no such run')
    return { pid: process.pid, echo: request.text }
  })
  console.log('claimed')
  setInterval(() => {}, 1_000)
} catch (error) {
  console.log(error instanceof OwnedError ? `owned by ${error.owner?.pid}` : String(error))
}
