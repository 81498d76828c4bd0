import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askOwner } from '../../src/adapter/owner/ask.ts'
import { claimDirectory, OwnedError, type Owner } from '../../src/adapter/owner/claim.ts'

const program = fileURLToPath(new URL('./owner-process.ts', import.meta.url))

describe('one owner per directory', () => {
  let dir: string
  const children: ChildProcess[] = []
  const owners: Owner[] = []

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dray-owner-test-'))
  })
  afterEach(async () => {
    for (const owner of owners.splice(0)) await owner.close()
    for (const child of children.splice(0)) child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })

  const claim = async (folder = dir) => {
    const owner = await claimDirectory(folder)
    owners.push(owner)
    return owner
  }
  /** Starts a second process; resolves with what it says first. */
  const second = async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const [text] = await once(child.stdout, 'data')
    return { child, says: String(text).trim() }
  }
  const refusal = async () => {
    const error = await claimDirectory(dir).catch(thrown => thrown)
    expect(error).toBeInstanceOf(OwnedError)
    return error as OwnedError
  }

  test('a second claim is refused with the pid, the host and since when', async () => {
    const { child, says } = await second()
    expect(says).toBe('claimed')
    const error = await refusal()
    expect(error.owner).toMatchObject({ pid: child.pid, host: hostname() })
    expect(error.message).toContain(
      `${dir}: in use by process ${child.pid} on ${hostname()}, since `,
    )
  })

  test('a claim in the same process is refused as well', async () => {
    await claim()
    expect((await refusal()).owner?.pid).toBe(process.pid)
  })

  test('a directory given up can be claimed again, and nothing is left behind', async () => {
    await (await claim()).close()
    expect(existsSync(join(dir, 'owner.sock'))).toBe(false)
    expect(existsSync(join(dir, 'owner.json'))).toBe(false)
    await claim()
  })

  test('what cannot be removed any more keeps nobody from giving the directory up', async () => {
    const owner = await claim()
    rmSync(join(dir, 'owner.sock'))
    mkdirSync(join(dir, 'owner.sock'))
    await owner.close()
    rmSync(join(dir, 'owner.sock'), { recursive: true })
    await claim()
  })

  test('the directory of an owner killed by kill -9 is taken over, stale socket and all', async () => {
    const { child } = await second()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(join(dir, 'owner.sock'))).toBe(true)
    expect(await askOwner(dir, { op: 'status' })).toBeUndefined()
    const owner = await claim()
    owner.handle(async () => 'mine')
    expect(await askOwner(dir, { op: 'status' })).toBe('mine')
  })

  test('the socket of an owner killed before it could say who it was does not keep others out', async () => {
    const { child } = await second()
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(join(dir, 'owner.json'))
    expect(existsSync(join(dir, 'owner.sock'))).toBe(true)
    await claim()
    expect(await askOwner(dir, { op: 'ping' }, { timeoutMillis: 100 }).catch(() => 'late')).toBe(
      'late',
    )
  })

  test('of many that claim the directory of a dead owner at once, one wins', async () => {
    const { child } = await second()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const claims = await Promise.all([
      second(),
      second(),
      second(),
      claimDirectory(dir).catch(e => e),
    ])
    const mine = claims[3] as Owner | OwnedError
    if (!(mine instanceof Error)) owners.push(mine)
    const said = claims.slice(0, 3).map(claimed => (claimed as { says: string }).says)
    const winners = said.filter(says => says === 'claimed').length
    expect(winners + (mine instanceof Error ? 0 : 1)).toBe(1)
    const winner = mine instanceof Error ? claims.findIndex((_, i) => said[i] === 'claimed') : -1
    const pid = winner < 0 ? process.pid : (claims[winner] as { child: ChildProcess }).child.pid
    for (const says of said) if (says !== 'claimed') expect(says).toBe(`owned by ${pid}`)
  })

  test('whoever is in the way for a moment, and owns nothing, does not keep a claim from winning', async () => {
    const other = new DatabaseSync(join(dir, 'lock.db'))
    other.exec('BEGIN; SELECT count(*) FROM sqlite_master')
    setTimeout(() => {
      other.exec('ROLLBACK')
      other.close()
    }, 60)
    const owner = await claim()
    expect(owner.record.pid).toBe(process.pid)
  })

  test('nobody lives in a directory that was never claimed', async () => {
    expect(await askOwner(dir, { op: 'status' })).toBeUndefined()
    expect(await askOwner(join(dir, 'absent'), { op: 'status' })).toBeUndefined()
  })

  test('the owner answers other processes, and its refusals reach the asker', async () => {
    const { child } = await second()
    const text = 'é\n'.repeat(200_000)
    expect(await askOwner(dir, { op: 'echo', text })).toEqual({ pid: child.pid, echo: text })
    await expect(askOwner(dir, { op: 'refuse' })).rejects.toThrow('no such run')
  })

  test('an owner that dies before it answers counts as gone', async () => {
    await second()
    expect(await askOwner(dir, { op: 'die' })).toBeUndefined()
  })

  test('an owner that does not answer is named', async () => {
    const { child } = await second()
    const asked = askOwner(dir, { op: 'hang' }, { timeoutMillis: 50 })
    await expect(asked).rejects.toThrow(`its owner, process ${child.pid} on ${hostname()}, has not`)
  })

  test('whoever answers in an owner’s place with what none says is told as that', async () => {
    const address = join(dir, 'other.sock')
    const other = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>(resolve => other.listen(address, resolve))
    const record = { pid: process.pid, host: hostname(), since: '', address }
    writeFileSync(join(dir, 'owner.json'), JSON.stringify(record))
    await expect(askOwner(dir, { op: 'status' })).rejects.toThrow('other.sock: who listens there')
    other.close()
  })

  test('a request that came before the handler waits for it', async () => {
    const owner = await claim()
    const asked = askOwner(dir, { op: 'status' })
    owner.handle(async request => request.op)
    expect(await asked).toBe('status')
  })

  test.skipIf(process.platform === 'win32')('the socket is for its user alone', async () => {
    const owner = await claim()
    expect(statSync(owner.record.address).mode & 0o777).toBe(0o600)
    expect(owner.record.address).toBe(join(dir, 'owner.sock'))
  })

  test.skipIf(process.platform === 'win32')(
    'where the path is too long for a socket, owner.json says where it is',
    async () => {
      const deep = join(dir, 'd'.repeat(60), 'e'.repeat(60))
      mkdirSync(deep, { recursive: true })
      const owner = await claim(deep)
      owner.handle(async () => 'here')
      const { address } = JSON.parse(readFileSync(join(deep, 'owner.json'), 'utf8'))
      expect(Buffer.byteLength(address)).toBeLessThan(104)
      expect(statSync(join(address, '..')).mode & 0o777).toBe(0o700)
      expect(await askOwner(deep, { op: 'status' })).toBe('here')
      await owner.close()
      expect(existsSync(join(address, '..'))).toBe(false)
    },
  )
})
