import {
  type Action,
  answered,
  type Decision,
  type Event,
  type Kept,
} from '../../src/core/event.ts'
import { decodeEntry, encodeEntry } from '../../src/core/codec.ts'
import { emptyState } from '../../src/core/initial.ts'
import { decodeState, encodeState } from '../../src/core/snapshot.ts'
import type { State } from '../../src/core/state.ts'
import { endReplay, replay, step } from '../../src/core/step.ts'
import { RUNNING } from '../../src/core/tasks.ts'
import type { FailureKind } from '../../src/model/failure.ts'
import type {
  Link,
  MachineDefinition,
  RunDefinition,
  StageDefinition,
} from '../../src/model/run.ts'
import type { Wish } from '../../src/model/wish.ts'
import { parseBytes, parseDuration } from '../../src/std/units.ts'

/**
 * A transcript is a conversation with the core: stimuli as lines that begin with an instant, what it
 * decided and wants done after `>`. `replayed` says the stimuli again and writes down what comes
 * back, so a test compares whole texts. Instants at which only a timer fired are marked `(timer)`.
 *
 *   0s   join m0 slots=2; submit J order=spt: a(timeout=5s) -> b(tree:3)
 *   1s   a read 4 end
 *   2s   a[0] done; a[1] failed error
 *   9s   m0/1 dies; m0 leaves
 */
export function replayed(transcript: string, memory: Memory = keeps): string {
  const conversation = converse(memory)
  const lines: string[] = []
  for (const line of transcript.split('\n')) {
    const stimulus = /^\s*([\d.]+(?:us|ms|s|m|h))\s+(\S.*)$/.exec(line)
    if (stimulus === null || stimulus[2] === '(timer)') {
      if (/^\s*#/.test(line)) lines.push(line)
      continue
    }
    const at = parseDuration(stimulus[1])
    if (at === undefined) throw new Error(`no instant: ${line}`)
    lines.push(...conversation.passUntil(at))
    lines.push(`${stimulus[1].padEnd(5)} ${stimulus[2]}`, ...said(conversation, at, stimulus[2]))
  }
  return lines.join('\n')
}

/** A violation is part of the conversation: it shows where it happened, and what was said before. */
function said(conversation: ReturnType<typeof converse>, at: number, stimulus: string): string[] {
  try {
    return conversation.say(at, stimulus)
  } catch (error) {
    return [`      ! ${error}`]
  }
}

/** What the core remembers from one instant to the next: all, what a snapshot holds, or what a journal says. */
export type Memory = (state: State, journal: readonly string[]) => State

const keeps: Memory = state => state

export const snapshot: Memory = state => remembering(state, decodeState(encodeState(state)))

export const journal: Memory = (state, entries) => {
  const again = emptyState()
  for (const entry of entries) {
    const { now, events, decisions } = decodeEntry(entry)
    replay(again, now, events, decisions)
  }
  return remembering(state, again)
}

/** What is noted for choices alone is not state: a node that dies loses the slots it is noted of. */
function remembering({ scratch }: State, again: State): State {
  endReplay(again)
  for (const [slot, at] of scratch.loadedAt) again.scratch.loadedAt.set(slot, at)
  return again
}

type Attempt = {
  readonly task: number
  readonly first: number
  readonly machine: number
  readonly slot: number
  readonly stage: number
  readonly count: number
}

function converse(memory: Memory) {
  let state = emptyState()
  const entries: string[] = []
  const attempts: Attempt[] = []
  let wakeAt: number | undefined

  const respond = (now: number, events: readonly Event[]): string[] => {
    state = memory(state, entries)
    const { decisions, actions, kept, ...wish } = step(state, now, events)
    wakeAt = wish.wakeAt
    if (events.length > 0 || decisions.length > 0) entries.push(encodeEntry(now, events, decisions))
    for (const action of actions) if (action.kind === 'run') recordAttempts(state, attempts, action)
    return [
      ...kept.flatMap(batch => keptLines(state, batch)),
      ...decisions.flatMap(decision => decisionLines(state, decision)),
      ...actions.flatMap(action => actionLines(state, attempts, action)),
    ].map(text => `      > ${text}`)
  }

  return {
    say: (now: number, text: string) =>
      respond(
        now,
        text.split(';').flatMap(part => eventsOf(state, attempts, now, part.trim())),
      ),
    passUntil(until: number): string[] {
      const lines: string[] = []
      for (let at = wakeAt; at !== undefined && at < until; at = wakeAt) {
        const said = respond(at, [])
        if (said.length > 0) lines.push(`${instant(at).padEnd(5)} (timer)`, ...said)
      }
      return lines
    },
  }
}

function recordAttempts(
  state: State,
  attempts: Attempt[],
  action: Extract<Action, { kind: 'run' }>,
): void {
  action.tasks.forEach((task, at) => {
    const { machine, slot, stage } = action
    attempts[action.firstAttempt + at] = {
      task,
      first: state.tasks.first[task],
      count: state.tasks.count[task],
      machine,
      slot,
      stage,
    }
  })
}

function eventsOf(state: State, attempts: readonly Attempt[], now: number, text: string): Event[] {
  const words = text.split(/\s+/)
  const [subject, verb] = words
  switch (subject) {
    case 'nothing':
      return []
    case 'term':
      return [{ kind: 'term', term: state.term + 1 }]
    case 'drain':
    case 'resume':
      return [{ kind: subject }]
    case 'join':
      return [{ kind: 'joined', machine: machineOf(words.slice(1)) }]
    case 'submit':
      return [{ kind: 'submit', run: runOf(text.slice('submit '.length), now) }]
    case 'plan':
      return [planOf(state, words.slice(1))]
    default:
  }
  const run = state.runs.find(({ definition }) => definition.name === subject)
  if (run !== undefined) return [runEvent(state, run.number, verb, words.slice(2).join(' '))]
  const machine = state.machines.findIndex(
    ({ definition }) => definition.id === subject.split('/')[0],
  )
  if (machine >= 0)
    return [machineEvent(state, machine, Number(subject.split('/')[1] ?? 0), words.slice(1))]
  const item = /^(.+)\[(\d+)(?:-(\d+))?\]$/.exec(subject)
  if (item !== null)
    return answersOf(state, attempts, now, {
      stage: stageNamed(state, item[1]),
      first: Number(item[2]),
      last: Number(item[3] ?? item[2]),
      words: words.slice(1),
    })
  return [stageEvent(state, stageNamed(state, subject), words.slice(1))]
}

function stageNamed(state: State, name: string): number {
  const [base, level] = name.split('~')
  let found = state.stages.findIndex(
    ({ definition, root, number }) => definition.name === base && root === number,
  )
  for (let at = 1; at < Number(level ?? 1); at += 1) found = state.stages[found].nextLevel
  if (found < 0) throw new Error(`no stage ${name}`)
  return found
}

function nameOf(state: State, stage: number): string {
  let level = 1
  for (let at = stage; state.stages[at].root !== at; at = state.stages[at].upstream) level += 1
  const { name } = state.stages[stage].definition
  return level === 1 ? name : `${name}~${level}`
}

function optionsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.filter(Boolean).map(word => word.split('=') as [string, string]))
}

function machineOf([id, ...words]: string[]): MachineDefinition {
  const { slots = '1', speed = '1', cost = '0', ...capacity } = optionsOf(words)
  const counted = slots === 'any' ? undefined : Number(slots)
  return {
    id,
    speed: Number(speed),
    slots: counted,
    cost: Number(cost),
    capacity: Object.fromEntries(
      Object.entries(capacity).map(([name, amount]) => [name, amountOf(amount)]),
    ),
  }
}

const amountOf = (text: string): number =>
  /[a-z]/i.test(text) ? (parseBytes(text) ?? Number.NaN) : Number(text)

function runOf(text: string, now: number): RunDefinition {
  const [head, body] = text.split(': ')
  const [name, ...words] = head.split(/\s+/)
  const options = optionsOf(words)
  const texts = body.split(' -> ').map(stage => stage.trim())
  const names = texts.map(stage => stage.replace(/\(.*/, ''))
  const stages = texts.map((stage, at) => {
    const after = /[( ]after=([\w-]+)/.exec(stage)?.[1]
    return stageOf(stage, after === undefined ? at - 1 : names.indexOf(after))
  })
  const [share, count] = /%$/.test(options.tolerate ?? '0')
    ? [Number.parseFloat(options.tolerate) / 100, 0]
    : [0, Number(options.tolerate ?? 0)]
  return {
    name,
    job: name,
    stages,
    tolerate: { count, share },
    objective: 'makespan',
    due: options.due === undefined ? undefined : now + (parseDuration(options.due) ?? 0),
    priority: Number(options.priority ?? 0),
    strategy: options.strategy ?? 'on-demand',
    order: options.order ?? 'fifo',
    seed: Number(options.seed ?? 1),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.share === undefined ? {} : { share: Number(options.share) }),
  }
}

function stageOf(text: string, after: number): StageDefinition {
  const [, name, inside = ''] = /^([\w-]+)(?:\((.*)\))?$/.exec(text) ?? [undefined, text]
  const words = inside.split(/\s+/).filter(Boolean)
  const options = optionsOf(words.filter(word => word.includes('=')))
  const kind = words.find(word => !word.includes('=')) ?? (after < 0 ? 'source' : 'item')
  const link: Link = kind.startsWith('tree:')
    ? { kind: 'tree', fanIn: Number(kind.slice(5)) }
    : ({ kind } as Link)
  const micros = (value: string | undefined): number | undefined =>
    value === undefined ? undefined : parseDuration(value)
  const grown = (options.on ?? '')
    .split(',')
    .filter(Boolean)
    .map(rule => rule.split(':'))
  return {
    name: name ?? text,
    after,
    link,
    needs: Object.fromEntries(
      (options.needs ?? '')
        .split(',')
        .filter(Boolean)
        .map(need => [need.split(':')[0], amountOf(need.split(':')[1])]),
    ),
    loads: options.loads === undefined ? undefined : modelOf(options.loads),
    chunk:
      options.chunk === undefined
        ? { kind: 'fixed', items: 1 }
        : /\d/.test(options.chunk)
          ? { kind: 'fixed', items: Number(options.chunk) }
          : { kind: options.chunk as 'auto' | 'whole' },
    timeout: micros(options.timeout),
    ...(options.setupTimeout === undefined ? {} : { setupTimeout: micros(options.setupTimeout) }),
    grace: micros(options.grace) ?? 1_000_000,
    retry: {
      attempts: Number(options.attempts ?? 1),
      delay: micros(options.delay) ?? 0,
      maxDelay: micros(options.delay) === undefined ? 0 : 60_000_000,
      never: (options.never ?? '').split(',').filter(Boolean),
      on: Object.fromEntries(
        grown.map(([failure, factor]) => [failure, { memory: Number(factor) }]),
      ),
    },
  }
}

function modelOf(text: string): { name: string; memory: number } {
  const [name, memory = '0'] = text.split(':')
  return { name, memory: amountOf(memory) }
}

function planOf(state: State, [name, ...words]: string[]): Event {
  const stage = stageNamed(state, name)
  const places = words.map(word => word.split('@'))
  return {
    kind: 'plan',
    stage,
    strategy: 'by hand',
    seed: 1,
    steps: 0,
    items: places.map(([item]) => Number(item)),
    machines: places.map(([, machine]) =>
      state.machines.findIndex(({ definition }) => definition.id === machine),
    ),
    ranks: places.map((_, rank) => rank),
  }
}

function runEvent(state: State, run: number, verb: string, rest: string): Event {
  switch (verb) {
    case 'cancelled':
      return { kind: 'cancel', run }
    case 'retried':
      return { kind: 'retryFailed', run }
    case 'finished':
      return { kind: 'finished', run, problem: rest === '' ? undefined : rest }
    case 'rests':
      return { kind: 'pause', run }
    case 'reordered': {
      const { definition } = state.runs[run]
      return { kind: 'redefine', run, definition: { ...definition, order: rest } }
    }
    case 'redefined': {
      const { definition } = state.runs[run]
      const { stages } = runOf(`${definition.name}: ${rest}`, state.now)
      return { kind: 'redefine', run, definition: { ...definition, stages } }
    }
    case 'forgotten':
      return { kind: 'forget', run }
    case 'hindsight':
      return { kind: 'hindsight', run, hindsight: rest.split(' ').map(Number) }
    case 'foretold': {
      const [mark, ...range] = rest.split(' ')
      const [low, expected, high] = range.map(time => parseDuration(time) ?? 0)
      return { kind: 'foretold', run, mark: Number(mark), at: state.now, low, expected, high }
    }
    case 'goes':
      return { kind: 'goOn', run }
    default:
      throw new Error(`a run cannot: ${verb}`)
  }
}

function machineEvent(
  state: State,
  machine: number,
  slot: number,
  [verb, ...rest]: string[],
): Event {
  switch (verb) {
    case 'leaves':
      return { kind: 'left', machine, reason: 'left' }
    case 'dies':
      return {
        kind: 'slotEnded',
        machine,
        slot,
        failure: {
          kind: (rest[0] ?? 'crash') as FailureKind,
          message: 'died',
          ...(rest[1] === undefined ? {} : { code: rest[1].slice('code='.length) }),
        },
      }
    case 'gives':
      if (rest[1] === 'behind') return givenBackBehind(state, machine, slot)
      return givenBackBy(state, { machine, slot, attempt: Number(rest[2] ?? -1) })
    case 'pressed':
    case 'relieved':
      return { kind: 'pressure', machine, high: verb === 'pressed' }
    case 'loaded':
      return {
        kind: 'loaded',
        machine,
        slot,
        stage: stageNamed(state, rest[0]),
        micros: parseDuration(rest[1]) ?? 0,
        bytes: amountOf(rest[2] ?? '0'),
        frees: rest[3] === 'frees',
      }
    default:
      throw new Error(`a machine cannot: ${verb}`)
  }
}

/** `m0/0 gives back`: all that it was given and has not answered; `... attempt 7`: that one. */
function givenBackBy(
  state: State,
  { machine, slot, attempt }: { machine: number; slot: number; attempt: number },
): Event {
  const { tasks } = state
  const held = state.machines[machine].slots[slot]?.running ?? []
  const given = attempt < 0 ? held : [Math.max(0, tasks.attempt.indexOf(attempt))]
  const attempts = attempt < 0 ? held.map(task => tasks.attempt[task]) : [attempt]
  return { kind: 'givenBack', machine, slot, tasks: [...given], attempts }
}

/** `m0/0 gives back behind`: all but the item that runs. */
function givenBackBehind(state: State, machine: number, slot: number): Event {
  const { tasks } = state
  const held = state.machines[machine].slots[slot].running
  const firsts = held.map(
    (task, at) => tasks.first[task] + tasks.count[task] - tasks.left[task] + (at === 0 ? 1 : 0),
  )
  const rest = held.map((_, at) => at).filter(at => at > 0 || tasks.left[held[0]] > 1)
  return {
    kind: 'givenBack',
    machine,
    slot,
    tasks: rest.map(at => held[at]),
    attempts: rest.map(at => tasks.attempt[held[at]]),
    firsts: rest.map(at => firsts[at]),
  }
}

function stageEvent(state: State, stage: number, [verb, ...rest]: string[]): Event {
  if (verb === 'broken')
    return { kind: 'stageBroken', stage, failure: { kind: 'error', message: 'no default export' } }
  if (verb === 'unreadable') {
    const failure = { kind: 'bad-input', message: 'no such file' } as const
    return { kind: 'stageBroken', stage, failure, reading: true }
  }
  if (verb === 'learnt') {
    const [, time] = rest
    const micros = parseDuration(time) ?? 0
    const machine = state.machines.findIndex(({ definition }) => definition.id === rest[0])
    return {
      kind: 'learnt',
      stage,
      machine,
      estimate: [100, 100, 100 * micros, 100, 100 * micros, 100 * micros * micros],
    }
  }
  if (verb !== 'read') throw new Error(`a stage cannot: ${verb}`)
  const count = Number(rest[0])
  const first = state.stages[stage].known
  const options = optionsOf(rest.slice(1).filter(word => word.includes('=')))
  const list = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean)
  return {
    kind: 'read',
    stage,
    first,
    count,
    cursor: String(first + count),
    done: rest.includes('end'),
    ...(options.sizes === undefined ? {} : { sizes: list(options.sizes).map(Number) }),
    ...(options.unreadable === undefined
      ? {}
      : {
          problems: list(options.unreadable).map(index => ({
            index: Number(index),
            failure: { kind: 'bad-input' as const, message: 'unreadable' },
          })),
        }),
    ...wishesFrom(options),
    ...(options.kept === undefined
      ? {}
      : { kept: [{ stage, items: list(options.kept).map(Number) }] }),
  }
}

/** `priority=2:1 from=0:5s due=1:9s weight=1:3`: of which item what. */
function wishesFrom(options: Readonly<Record<string, string>>) {
  const wishes = new Map<number, { index: number } & Wish>()
  const duration = (text: string): number => parseDuration(text) ?? 0
  for (const [option, name, read] of [
    ['priority', 'priority', Number],
    ['from', 'notBefore', duration],
    ['due', 'due', duration],
    ['weight', 'weight', Number],
  ] as const) {
    if (options[option] === undefined) continue
    for (const [item, value] of options[option].split(',').map(entry => entry.split(':'))) {
      const index = Number(item)
      const wish = wishes.get(index) ?? { index, priority: 0, notBefore: 0 }
      wishes.set(index, { ...wish, [name]: read(value) })
    }
  }
  return wishes.size === 0 ? {} : { wishes: [...wishes.values()] }
}

type Answered = {
  readonly stage: number
  readonly first: number
  readonly last: number
  readonly words: readonly string[]
}

/** One event for neighbours of one slot: no slot answers for another. */
function answersOf(
  state: State,
  attempts: readonly Attempt[],
  now: number,
  { first, last, ...rest }: Answered,
): Event[] {
  const placeOf = (index: number): string => {
    const { machine, slot } = attempts[latest(attempts, rest.stage, index)] ?? {}
    return `${machine}/${slot}`
  }
  const events: Event[] = []
  for (let from = first, to = first; from <= last; from = to) {
    for (to = from + 1; to <= last && placeOf(to) === placeOf(from); ) to += 1
    events.push(outcomesOf(state, attempts, now, { ...rest, first: from, last: to - 1 }))
  }
  return events
}

function outcomesOf(
  state: State,
  attempts: readonly Attempt[],
  now: number,
  { stage, first, last, words }: Answered,
): Event {
  const [verb, kind = 'error'] = words.filter(word => !word.includes('='))
  const options = optionsOf(words.filter(word => word.includes('=')))
  const event = {
    kind: 'outcomes' as const,
    machine: -1,
    slot: -1,
    tasks: [] as number[],
    attempts: [] as number[],
    indexes: [] as number[],
    codes: [] as number[],
    micros: [] as number[],
    peakBytes: 0,
    failures: [] as { kind: FailureKind; code?: string; message: string }[],
  }
  for (let index = first; index <= last; index += 1) {
    const number =
      options.attempt === undefined ? latest(attempts, stage, index) : Number(options.attempt)
    const attempt = attempts[number]
    if (attempt === undefined)
      throw new Error(`${nameOf(state, stage)}[${index}] was never started`)
    const live =
      state.tasks.state[attempt.task] === RUNNING && state.tasks.attempt[attempt.task] === number
    const [machine, slot] = options.from?.split('/') ?? []
    event.machine = machine === undefined ? attempt.machine : machineNumber(state, machine)
    event.slot = slot === undefined ? attempt.slot : Number(slot)
    event.tasks.push(attempt.task)
    event.attempts.push(number)
    event.indexes.push(index)
    event.codes.push(
      verb === 'failed' ? answered.failed : verb === 'stopped' ? answered.stopped : answered.done,
    )
    event.micros.push(
      parseDuration(options.took ?? '') ??
        (live ? now - state.machines[attempt.machine].slots[attempt.slot].headSince : 0),
    )
    if (verb === 'failed')
      event.failures.push({
        kind: kind as FailureKind,
        message: kind,
        ...(options.code === undefined ? {} : { code: options.code }),
      })
  }
  return event
}

const machineNumber = (state: State, id: string): number =>
  state.machines.findIndex(({ definition }) => definition.id === id)

function latest(attempts: readonly Attempt[], stage: number, index: number): number {
  return attempts.findLastIndex(
    at =>
      at !== undefined && at.stage === stage && at.first <= index && index < at.first + at.count,
  )
}

/** A line an item; many in a row that ended alike share one. */
function keptLines(state: State, kept: Kept): string[] {
  const endings = kept.states.map((ended, at) => {
    const failure = kept.failures[at]
    return `${ended}${failure === undefined ? '' : ` (${failure.message})`}`
  })
  const lines: string[] = []
  for (let at = 0, to = 0; at < endings.length; at = to) {
    const first = kept.indexes[at]
    const alike = (next: number) =>
      endings[next] === endings[at] && kept.indexes[next] === first + next - at
    for (to = at + 1; to < endings.length && alike(to); ) to += 1
    if (to - at < MANY) to = at + 1
    lines.push(`${itemsName(state, kept.stage, first, to - at)} ${endings[at]}`)
  }
  return lines
}

const MANY = 20

function decisionLines(state: State, decision: Decision): string[] {
  const named = (stage: number, index: number): string => `${nameOf(state, stage)}[${index}]`
  switch (decision.kind) {
    case 'assign':
      return decision.tasks.map(
        (task, at) =>
          `assign ${taskName(state, task)} to ${state.machines[decision.machines[at]].definition.id}`,
      )
    case 'retry':
      return [
        `retry ${named(decision.stage, decision.index)} at ${instant(decision.at)}${decision.memoryScale === 1 ? '' : ` with memory x${decision.memoryScale}`}`,
      ]
    case 'giveUp':
      return [`give up ${state.runs[decision.run].definition.name}: ${decision.failure.message}`]
    case 'grow':
      return [`grow ${nameOf(state, state.stages[decision.stage].nextLevel)}`]
    case 'skip':
      return [`skip ${nameOf(state, decision.stage)}: ${decision.failure.message}`]
    default:
      return []
  }
}

function actionLines(state: State, attempts: readonly Attempt[], action: Action): string[] {
  const place = (at: { machine: number; slot: number }): string =>
    `${state.machines[at.machine].definition.id}/${at.slot}`
  switch (action.kind) {
    case 'run': {
      const names = action.tasks.map((_, at) =>
        attemptName(state, attempts, action.firstAttempt + at),
      )
      return [`start ${names.join(' ')} on ${place(action)} as attempt ${action.firstAttempt}`]
    }
    case 'readSource':
      return [`read ${nameOf(state, action.stage)} from ${action.cursor ?? 'the start'}`]
    case 'gather':
      return [`gather ${nameOf(state, action.stage)}`]
    case 'abort':
      return [`abort ${attemptName(state, attempts, action.attempt)} on ${place(action)}`]
    case 'kill':
      return [`kill ${place(action)}`]
    case 'takeBack':
      return [`take back what waits on ${place(action)}`]
    case 'unload':
      return action.stage < 0
        ? [`replace ${place(action)}`]
        : [`unload ${nameOf(state, action.stage)} on ${place(action)}`]
    case 'finish':
      return [`write outputs of ${state.runs[action.run].definition.name}`]
    case 'ended':
      return [`${state.runs[action.run].definition.name} ended ${state.runs[action.run].state}`]
  }
}

function taskName(state: State, task: number): string {
  return itemsName(state, state.tasks.stage[task], state.tasks.first[task], state.tasks.count[task])
}

function attemptName(state: State, attempts: readonly Attempt[], number: number): string {
  const { stage, first, count } = attempts[number]
  return itemsName(state, stage, first, count)
}

function itemsName(state: State, stage: number, first: number, count: number): string {
  return `${nameOf(state, stage)}[${count === 1 ? first : `${first}-${first + count - 1}`}]`
}

function instant(micros: number): string {
  return micros % 1_000 === 0 ? `${micros / 1_000_000}s` : `${micros}us`
}
