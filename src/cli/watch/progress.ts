import type { Host } from '../../api/host.ts'
import { strategyInWords, strategyNote } from '../../api/beside/strategy-note.ts'
import type { Submitted } from '../../api/submit.ts'
import type { Run } from '../../core/run.ts'
import type { Job } from '../../model/job.ts'
import { beginningInWords } from './beginning.ts'
import { eventLines } from './event-lines.ts'
import { liveLines } from './live-lines.ts'
import { plainLines } from './plain-lines.ts'
import { tell, wrapped } from '../print.ts'
import type { RunFlags } from '../run.ts'
import { screenWidth } from '../terminal.ts'

export type Progress = {
  /** A line for people that stays. */
  note(text: string): void
  /** What decides from now on; `uses` is its name alone. */
  decide(text: string, uses: string): void
  /** The run has ended, or rests. */
  end(interrupted?: boolean): void
}

/** Nothing is followed; a note is still for people, and they read stderr. */
const silent: Progress = {
  note: tell,
  decide: () => {},
  end: () => {},
}

/** How a run is followed: lines that redraw on a terminal, plain lines elsewhere, NDJSON with `--events`. */
export function progressFor(host: Host, job: Job, submitted: Submitted, flags: RunFlags): Progress {
  const run = host.runNamed(submitted.run)
  if (run === undefined || flags.quiet === true) return silent
  if (flags.events === true) return eventLines(host, run, submitted)
  // What a person watches goes to stderr: stdout is for the summary, or the one object of --json.
  const live = process.stderr.isTTY === true && process.env.TERM !== 'dumb'
  const width = live ? Math.max(20, screenWidth(process.stderr) - 1) : Number.POSITIVE_INFINITY
  const beginning = wrapped(beginningInWords(host, job, submitted), width)
  tell(beginning.join('\n'))
  if (submitted.plan.kind === 'nothing') return silent
  return withStrategy(host, job, run, live ? liveLines(host, run) : plainLines(host, run))
}

/** What decides which machine, told when it begins and whenever it changes; of one machine nothing decides. */
function withStrategy(host: Host, job: Job, run: Run, progress: Progress): Progress {
  const { objective } = job
  const first = strategyNote(host.store, run.definition)
  if (first !== undefined && host.machines.length > 1)
    progress.decide(strategyInWords(first), first.uses)
  const off = host.listen({
    onStep: events => {
      for (const event of events) {
        if (event.kind !== 'plan' || !run.stages.includes(event.stage)) continue
        const { strategy: uses, why = 'it was planned anew' } = event
        progress.decide(strategyInWords({ asked: job.strategy, uses, objective, why }), uses)
      }
    },
  })
  return {
    ...progress,
    end(interrupted) {
      off()
      progress.end(interrupted)
    },
  }
}
