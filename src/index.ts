export { defineJob, type JobDefinition } from './input/define-job.ts'
export type { BatchHandler, Handler, HandlerContext, Setup, Teardown } from './model/handler.ts'
