import type { JobValue, StageValue } from './job-schema.ts'

/** What a job file exports. Fields and units: `docs`, or the JSON Schema (`jobJsonSchema`). */
export type JobDefinition = JobValue
export type StageDefinition = StageValue

/** Names the type of a job for editors; the object itself is returned unchanged. */
export function defineJob(job: JobDefinition): JobDefinition {
  return job
}
