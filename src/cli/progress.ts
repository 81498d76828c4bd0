import type { Host } from '../api/host.ts'
import type { Submitted } from '../api/submit.ts'
import type { Job } from '../model/job.ts'
import type { RunFlags } from './run.ts'

export type Progress = { end(): void }

/** How a run is followed: lines that redraw on a terminal, plain lines elsewhere, NDJSON with `--events`. */
export function progressFor(_host: Host, _job: Job, _submitted: Submitted, _flags: RunFlags): Progress {
  return { end: () => {} }
}
