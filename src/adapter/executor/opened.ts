import { randomBytes } from 'node:crypto'
import type { Channel } from './channel.ts'
import { type HeldMemory, heldMemory } from './held-memory.ts'
import { definitionOf, type StageState } from './stage-state.ts'

/** A process or thread that a slot has opened. */
export type Opened = {
  /** The environment it was opened with: stages that declare the same one share it. */
  readonly environment: string
  /** Bytes that JavaScript may hold there, where it is more than usual. */
  readonly heap: number
  readonly channel: Channel
  /** Begins every line that its runtime writes; handlers do not know it. */
  readonly mark: string
  readonly defined: Set<number>
  killed: 'asked' | 'memory' | undefined
  exit: { readonly code: number; readonly late: boolean } | undefined
  readonly memory: HeldMemory
  /** Its end is not reported: the slot's end was reported already, or nothing ran here. */
  silent: boolean
}

export function newlyOpened(
  { environment, heap }: Pick<Opened, 'environment' | 'heap'>,
  channel: Channel,
): Opened {
  const mark = randomBytes(6).toString('base64')
  channel.send(`N ${mark}\n`)
  return {
    environment,
    heap,
    channel,
    mark,
    defined: new Set(),
    killed: undefined,
    exit: undefined,
    memory: heldMemory(),
    silent: false,
  }
}

/** Tells it of a stage whose module is ready, before the stage's first items. */
export function defineStage(
  target: Opened,
  state: StageState,
  { machine, checkpoints }: { readonly machine: number; readonly checkpoints: string },
): void {
  target.defined.add(state.id)
  target.channel.send(`D ${JSON.stringify(definitionOf(state, machine, checkpoints))}\n`)
}

/** It may finish its teardown; nobody listens any more. */
export function letGo(target: Opened): void {
  target.silent = true
  target.channel.send('Q\n')
}

export function silence(target: Opened): void {
  target.silent = true
  target.channel.kill()
}
