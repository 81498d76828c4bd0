import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Host, openHost } from '../../src/api/host.ts'
import { strategyNote } from '../../src/api/beside/strategy-note.ts'
import { submitJob } from '../../src/api/submit.ts'
import { strategies } from '../../src/choose/strategies.ts'
import type { Event } from '../../src/core/event.ts'
import { parseJob } from '../../src/input/parse-job.ts'
import type { Job } from '../../src/model/job.ts'
import type { MachineDefinition } from '../../src/model/run.ts'
import { allocationNamed } from '../../src/policy/registry.ts'

/** A plan beside a running job, from outside: what was adopted when, and where items then ran. */

type Plan = Extract<Event, { kind: 'plan' }>

const machine = (id: string): MachineDefinition => ({
  id,
  speed: 1,
  slots: 1,
  capacity: { cpu: 1 },
  cost: 0,
})

/** Items take a while until `go`, so that a run outlasts what is waited for on however loaded a box. */
const handler = `import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
const gone = () => existsSync(new URL('./go', import.meta.url))
const planned = () => existsSync(new URL('./planned', import.meta.url))
let handled = 0
export default async ({ does }, ctx) => {
  if (does === 'fail-once' && ctx.attempt === 1) throw new Error('not yet')
  while (does === 'hang' && !gone()) await wait(5)
  handled += 1
  while (does === 'wait' && handled > 8 && !planned()) await wait(5)
  if (!gone()) await wait(15)
  return 1
}
`

async function atWork(
  items: readonly string[],
  machines: readonly string[],
  strategy = 'lpt',
  setup = '',
) {
  const folder = mkdtempSync(join(tmpdir(), 'dray-repair-'))
  writeFileSync(join(folder, 'work.mjs'), handler + setup)
  const host = await openHost({ dir: join(folder, '.dray'), machines: machines.map(machine) })
  onTestFinished(async () => {
    await host.close(0)
    rmSync(folder, { recursive: true, force: true })
  })
  const job = parseJob(
    {
      name: 'repaired',
      strategy,
      input: { items: items.map(does => ({ does })) },
      stages: [{ name: 'work', map: './work.mjs', chunk: 1, retry: { attempts: 3, delay: '1ms' } }],
    },
    { file: join(folder, 'job.json'), folder, params: {} },
  )
  const plans: Plan[] = []
  host.listen({
    onStep: events => plans.push(...events.filter((event): event is Plan => event.kind === 'plan')),
  })
  const { run } = await submitJob(host, job)
  const next = (holds: (plan: Plan) => boolean): Promise<Plan> => {
    const after = plans.length
    return seen(host, () => plans.slice(after).find(holds))
  }
  return { host, run, job, folder, plans, next, go: () => writeFileSync(join(folder, 'go'), '') }
}

/** Resolves with what is found after some step. */
function seen<T>(host: Host, find: () => T | undefined): Promise<T> {
  return new Promise(resolve => {
    const look = () => {
      const found = find()
      if (found === undefined) return
      off()
      resolve(found)
    }
    const off = host.listen({ onStep: look })
    look()
  })
}

/** Machine and end of the last attempt of each item. */
function ranOn(host: Host, run: string): Map<number, { machine: string; end: number }> {
  const last = new Map<number, { machine: string; end: number }>()
  for (const batch of host.store.history(run))
    batch.indexes.forEach((index, at) => {
      last.set(index, { machine: batch.machines[at], end: batch.ends[at] })
    })
  return last
}

/** Another process of the same directory takes the job on; answers its first plan, and the note before it. */
async function takenOn(folder: string, job: Job, how: { fresh?: boolean; keep?: boolean } = {}) {
  const host = await openHost({ dir: join(folder, '.dray'), machines: ['a', 'b'].map(machine) })
  onTestFinished(() => host.close(0))
  const plans: Plan[] = []
  host.listen({
    onStep: events => plans.push(...events.filter((event): event is Plan => event.kind === 'plan')),
  })
  const { run } = await submitJob(host, job, how)
  const definition = host.runNamed(run)?.definition ?? expect.fail()
  const note = strategyNote(host.store, definition)?.why
  const why = await seen(host, () => plans.find(({ items }) => items.length > 0)?.why)
  return { host, run, note, why }
}

test('what plans says whether times were measured now, are the run’s own, or earlier runs’', async () => {
  const { next, host, job, folder, go } = await atWork(usual(1000), ['a', 'b'])
  expect((await next(() => true)).why).toContain('this time: every machine has five samples')
  await host.close(0)
  const goesOn = await takenOn(folder, job)
  expect(goesOn.why).toContain('this time: the run goes on with the times it has learnt')
  go()
  await goesOn.host.ended(goesOn.run)
  await goesOn.host.close(0)
  rmSync(join(folder, 'go'))
  const anew = await takenOn(folder, job, { fresh: true })
  expect(anew.note).toBe(
    'until all items are read: its times are known from earlier runs; then lpt',
  )
  expect(anew.why).toContain('this time: its times are known from earlier runs')
  await anew.host.close(0)
  // Whether it goes on with its own times or with those of earlier runs: other code has others.
  for (const how of [{ keep: true }, { fresh: true }]) {
    writeFileSync(join(folder, 'work.mjs'), `${handler}// ${JSON.stringify(how)}\n`)
    const changed = await takenOn(folder, job, how)
    expect(changed.note).toBe(
      'until every machine has five samples of a stage, for work has changed since its times were learnt; then lpt',
    )
    expect(changed.why).toContain('this time: every machine has five samples')
    await changed.host.close(0)
  }
}, 60_000)

const usual = (count: number) => Array.from({ length: count }, () => 'end')

test('a machine that leaves is planned around at once, one that joins is planned for', async () => {
  const { host, run, next, go } = await atWork(usual(1000), ['a', 'b'])
  const both = await next(({ machines }) => machines.includes(0) && machines.includes(1))
  expect(both.strategy).toBe('lpt')
  host.loop.send({ kind: 'left', machine: 1, reason: 'gone' })
  const one = await next(({ machines }) => !machines.includes(1))
  expect(new Set(one.machines)).toEqual(new Set([0]))
  expect(one.why).toContain('this time: machines came or left: 1 machine now')
  host.loop.send({ kind: 'joined', machine: machine('b') })
  const again = await next(({ machines }) => machines.includes(1))
  expect(again.machines).toContain(0)
  go()
  await host.ended(run)
  expect(host.runNamed(run)?.state).toBe('done')
}, 60_000)

/** A slot is set up while there is a place for it, and ends otherwise, until its machine is given up. */
const places = (count: number) => `
import { writeFileSync } from 'node:fs'
export const setup = () => {
  for (let place = 0; place < ${count}; place += 1) {
    const file = new URL('./place' + place, import.meta.url)
    try { return writeFileSync(file, String(process.pid), { flag: 'wx' }) } catch {}
  }
  process.exit(3)
}
`

test('a machine on which a stage cannot be set up is not waited for, and no plan names it', async () => {
  const { host, run, next, go } = await atWork(usual(1000), ['a', 'b', 'c'], 'lpt', places(2))
  const plan = await next(() => true)
  expect(new Set(plan.machines).size).toBe(2)
  expect(plan.why).toContain('this time: every machine has five samples')
  go()
  await host.ended(run)
  expect(host.runNamed(run)?.state).toBe('done')
  const used = new Set([...ranOn(host, run).values()].map(({ machine }) => machine))
  expect(used.size).toBe(2)
}, 60_000)

test('a machine that is given up while a plan is followed is planned around at once', async () => {
  const { host, run, folder, next, go } = await atWork(usual(1000), ['a', 'b'], 'lpt', places(2))
  const both = await next(({ machines }) => machines.includes(0) && machines.includes(1))
  expect(both.strategy).toBe('lpt')
  process.kill(Number(readFileSync(join(folder, 'place1'), 'utf8')), 'SIGKILL')
  const one = await next(({ machines }) => new Set(machines).size === 1)
  expect(one.why).toContain('machines came or left: 1 machine now')
  go()
  await host.ended(run)
  expect(host.runNamed(run)?.state).toBe('done')
}, 60_000)

test('what waits behind an item that overruns goes elsewhere', async () => {
  // Each slot handles enough to learn times by, and then waits for a plan of the others.
  const items = Array.from({ length: 120 }, () => 'wait')
  items[60] = 'hang'
  const { host, run, folder, plans, next, go } = await atWork(items, ['a', 'b'])
  await next(() => true)
  writeFileSync(join(folder, 'planned'), '')
  // All the others end while it hangs: none is left in the queue of its machine.
  await seen(host, () => (host.state.stages[0]?.items.counts[1] === 119 ? true : undefined))
  go()
  await host.ended(run)
  const last = ranOn(host, run)
  const late = last.get(60)
  const ends = [...last].filter(([index]) => index !== 60).map(([, { end }]) => end)
  expect(late?.end).toBeGreaterThan(Math.max(...ends))
  expect(plans[0].why).toContain('this time: every machine has five samples')
  expect(plans.map(({ why }) => why).join('\n')).toMatch(/item 60 takes over \d+ times/)
}, 60_000)

test('an item that failed goes again under the plan, and every item ends', async () => {
  const items = usual(600)
  const failing = [530, 560, 590]
  for (const index of failing) items[index] = 'fail-once'
  const { host, run, next, go } = await atWork(items, ['a', 'b'])
  const plan = await next(() => true)
  expect(plan.items).toEqual(expect.arrayContaining(failing))
  go()
  await host.ended(run)
  const { state, retries } = host.runNamed(run) ?? {}
  expect({ state, retries }).toEqual({ state: 'done', retries: 3 })
  expect(host.state.stages[0]?.items.counts[1]).toBe(600)
}, 60_000)

const planning = strategies
  .map(({ name }) => name)
  .filter(name => name !== 'auto' && allocationNamed(name) === undefined)

test.each(planning)(
  '%s plans beside a running job that names it',
  async strategy => {
    const { host, run, next, go } = await atWork(usual(600), ['a', 'b'], strategy)
    const plan = await next(() => true)
    expect(plan.strategy).toBe(strategy)
    expect(new Set(plan.machines)).toEqual(new Set([0, 1]))
    go()
    await host.ended(run)
    expect(host.runNamed(run)?.state).toBe('done')
  },
  60_000,
)
