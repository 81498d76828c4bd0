import { createHash } from 'node:crypto'
import type { Failure } from '../../model/failure.ts'
import type { StageCode } from '../../port/executor.ts'
import type { StageDefinition } from './protocol.ts'

/** A stage as the loop's end of the executor knows it. */
export type StageState = {
  /** `stage` is the core's number, which may later be given to another stage; `id` is our own and never reused. */
  readonly stage: number
  readonly id: number
  readonly code: StageCode
  readonly channelKey: string
  /** As in `StageDefinition`. */
  readonly print: string
  /** What slots import; `undefined` while it is compiled. */
  file: string | undefined
  broken: Failure | undefined
}

export function definitionOf(
  state: StageState,
  machine: number,
  checkpoints: string,
): StageDefinition | undefined {
  const { code, file } = state
  if (file === undefined) return undefined
  // No slot is faster than the box: where speeds go beyond 1, the fastest machine has all of it.
  const fullSpeed = Math.max(1, ...code.speeds)
  const speed = code.speeds[machine] ?? fullSpeed
  return {
    stage: state.id,
    print: state.print,
    run: code.run,
    name: code.name,
    kind: code.kind,
    takesFiles: code.takesFiles,
    module: code.module,
    file,
    model: code.loads?.name,
    returns: code.returns,
    params: code.params,
    maxResultBytes: code.maxResultBytes,
    timeoutMillis: code.timeout === undefined ? undefined : code.timeout / 1_000,
    slowdown: speed > 0 ? fullSpeed / speed : 1,
    checkpoints,
  }
}

/** Its run first, for `runOfPrint`: the names of runs have no slash. */
export function printOf({
  run,
  name,
  kind,
  module,
  version,
  loads,
  returns,
  params,
  env,
}: StageCode): string {
  const all = JSON.stringify([
    ...[run, name, kind, module, version, loads?.name ?? null],
    ...[returns, params, env],
  ])
  return `${run}/${createHash('sha256').update(all).digest('hex').slice(0, 16)}`
}

/** The run of a print. */
export const runOfPrint = (print: string): string => print.slice(0, print.lastIndexOf('/'))
