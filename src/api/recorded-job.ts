import type { Job } from '../model/job.ts'
import type { RunRecord } from '../port/store.ts'

/** The job a run was made from, as it was parsed then. */
export const jobOf = (record: RunRecord): Job => JSON.parse(record.definition) as Job
