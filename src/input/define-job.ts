import type { JobValue } from './job-schema.ts'

/** What a job file exports. Fields and units: `docs/JOB-FILE.md`, or `docs/job.schema.json`. */
export type JobDefinition = JobValue

/** Names the type of a job for editors; the object itself is returned unchanged. */
export function defineJob(job: JobDefinition): JobDefinition {
  return job
}
