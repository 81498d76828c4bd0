import { isMainThread } from 'node:worker_threads'
import type { Failure } from '../../../model/failure.ts'
import type { BatchHandler, Handler, Setup, Teardown } from '../../../model/handler.ts'
import { explainImport, faultOfExports } from '../../modules/explain.ts'
import { compilingHelps, importFile } from '../../modules/import-module.ts'
import { thrown } from './thrown.ts'
import { messageOf } from './worded.ts'
import type { StageDefinition } from '../protocol.ts'
import { schemaCheck } from './schema-check.ts'

/** A stage's module in this slot, imported and set up. */
export type LoadedStage = {
  readonly handle: Handler | undefined
  readonly batch: BatchHandler | undefined
  readonly model: Model
  readonly check: ((value: unknown) => string | undefined) | undefined
}

/** What `setup` returned, for every stage that shares it: the last to leave tears it down. */
export type Model = {
  readonly setup: Setup | undefined
  readonly params: string
  readonly teardown: Teardown | undefined
  readonly loaded: unknown
  users: number
}

export type StageLoading =
  | { readonly kind: 'loaded'; readonly stage: LoadedStage }
  | { readonly kind: 'broken'; readonly failure: Failure }
  /** A JavaScript module that must be compiled before it runs, because of what it imports. */
  | { readonly kind: 'compile' }
  /** The files that all threads may have open together are in use: later, and elsewhere, there is room. */
  | { readonly kind: 'no room' }

export async function loadStage(
  definition: StageDefinition,
  log: (...values: unknown[]) => void,
  shared: Model | undefined,
): Promise<StageLoading> {
  const { module, file } = definition
  const compiled = file !== module
  if (compiled) process.setSourceMapsEnabled(true)
  const imported = await importFile(file)
  if (imported.kind === 'failed') {
    if (!isMainThread && codeOf(imported.error) === 'EMFILE') return { kind: 'no room' }
    if (!compiled && compilingHelps(imported.error)) return { kind: 'compile' }
    return { kind: 'broken', failure: await explainImport(module, imported.error) }
  }
  const failure = faultOfExports(module, imported.exports)
  if (failure !== undefined) return { kind: 'broken', failure }
  const { default: handle, batch, setup, teardown } = imported.exports
  return setUp(definition, log, shared, { handle, batch, setup, teardown })
}

async function setUp(
  definition: StageDefinition,
  log: (...values: unknown[]) => void,
  shared: Model | undefined,
  { handle, batch, setup, teardown }: Readonly<Record<string, unknown>>,
): Promise<StageLoading> {
  let check: LoadedStage['check']
  try {
    if (definition.returns !== undefined) check = await schemaCheck(definition.returns)
  } catch (error) {
    const message = `stage ${definition.name}: its "returns" is no JSON Schema: ${messageOf(error)}`
    return { kind: 'broken', failure: { kind: 'error', code: 'RETURNS', message } }
  }
  let model: Model
  try {
    const run = isFunction<Setup>(setup) ? setup : undefined
    const params = JSON.stringify(definition.params)
    if (run !== undefined && shared?.setup === run && shared.params === params) model = shared
    else {
      const loaded = await run?.({ params: definition.params, log })
      const end = isFunction<Teardown>(teardown) ? teardown : undefined
      model = { setup: run, params, teardown: end, loaded, users: 0 }
    }
  } catch (error) {
    const failure = thrown(error)
    const message = `setup of ${definition.module} threw: ${failure.message}`
    return { kind: 'broken', failure: { ...failure, message } }
  }
  const stage: LoadedStage = {
    handle: isFunction<Handler>(handle) ? handle : undefined,
    batch: isFunction<BatchHandler>(batch) ? batch : undefined,
    model,
    check,
  }
  model.users += 1
  return { kind: 'loaded', stage }
}

function isFunction<F>(value: unknown): value is F {
  return typeof value === 'function'
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code
