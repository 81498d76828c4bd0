export {
  defineJob,
  type InputDefinition,
  type JobDefinition,
  type OutputDefinition,
  type RetryDefinition,
  type StageDefinition,
} from './input/define-job.ts'
export { type Dray, open } from './api/open.ts'
export type { MachineOption, OpenOptions, PushOptions } from './api/library-options.ts'
export type { ItemResult, RunHandle } from './api/run-handle.ts'
export type { Pushed, StreamHandle } from './api/stream.ts'
export type { StreamOptions, SubmitOptions } from './api/submit.ts'
export type { Summary } from './api/summary.ts'
export { ClosedError } from './api/closed-error.ts'
export { OwnedError } from './adapter/owner/claim.ts'
export { InputError } from './model/input-error.ts'
export { ItemError } from './model/item-error.ts'
export { NeverHere } from './model/never-here.ts'
export { JournalError } from './port/journal-error.ts'
export type { Failure, FailureKind } from './model/failure.ts'
export type {
  AbortReason,
  Answer,
  BatchContext,
  BatchHandler,
  Checkpoint,
  Handler,
  HandlerContext,
  Setup,
  SetupContext,
  Teardown,
} from './model/handler.ts'
