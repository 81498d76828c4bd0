import type { Host } from '../api/host.ts'
import type { Submitted } from '../api/submit.ts'
import type { Summary } from '../api/summary.ts'
import type { Job } from '../model/job.ts'

/** The end of a run on one screen. */
export function endReport(summary: Summary, _host: Host, _job: Job, _submitted: Submitted): string {
  return `${summary.run} ${summary.state}: ${summary.items.done} done, ${summary.items.failed} failed\n`
}
