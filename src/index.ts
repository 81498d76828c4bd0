export { defineJob, type JobDefinition } from './input/define-job.ts'
export {
  type Dray,
  type ItemResult,
  open,
  type OpenOptions,
  type Pushed,
  type PushOptions,
  type RunHandle,
  type StreamHandle,
} from './api/open.ts'
export type { Summary } from './api/summary.ts'
export type { BatchHandler, Handler, HandlerContext, Setup, Teardown } from './model/handler.ts'
