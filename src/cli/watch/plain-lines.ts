import type { Host } from '../../api/host.ts'
import type { Run } from '../../core/run.ts'
import { cutInMiddle, keyInLine } from '../../std/columns.ts'
import { countOf, formatCount } from '../../std/units.ts'
import { keyOf } from './event-lines.ts'
import { clip, tell } from '../print.ts'
import type { Progress } from './progress.ts'
import { type StageFigures, stageFigures } from './stage-figures.ts'
import { untilEnd } from '../time-left.ts'

/**
 * Progress where no terminal redraws: a line when a tenth more is done, at most every two seconds, and
 * one for each of the first failures.
 */
export function plainLines(host: Host, run: Run): Progress {
  let last = performance.now()
  let tenths = 0
  let failures = 0
  let short = false
  const mine = new Set(run.stages)
  const off = host.listen({
    onStep: (events, decisions) => {
      for (const event of events) {
        // One a machine, all of the same box.
        if (event.kind !== 'pressure' || event.high === short) continue
        short = event.high
        tell(`  ${pressureInWords(short)}`)
      }
      for (const decision of decisions) {
        if (decision.kind === 'grow') for (const number of run.stages) mine.add(number)
        if (decision.kind !== 'fail' || !mine.has(decision.stage)) continue
        // Stopped with the run that was cancelled: it has not failed.
        if (decision.failure.kind === 'cancelled') continue
        failures += 1
        const stage = host.state.stages[decision.stage].definition.name
        if (failures <= mostFailures) {
          const key = keyOf(host, decision.stage, decision.index)
          const shown = cutInMiddle(keyInLine(String(key)), longestKey).join('')
          const message = clip(decision.failure.message.split('\n')[0], longestMessage)
          tell(`  ${stage}[${shown}] failed: ${message}`)
        } else if (failures === mostFailures + 1) tell('  further failures are not listed here')
      }
      const now = performance.now()
      if (now - last < everyMillis) return
      const stages = stageFigures(host, run)
      const [ended, known] = [sum(stages.map(at => at.ended)), sum(stages.map(at => at.known))]
      const reached = Math.floor((10 * ended) / Math.max(1, known))
      if (reached === tenths && now - last < quietMillis) return
      tenths = reached
      last = now
      const parts = stages.filter(({ known }) => known > 0).map(partOf)
      tell(`  ${parts.join(', ')}; ${untilEnd(host.state, run)}`)
    },
  })
  let decides: string | undefined
  return {
    note: text => tell(`  ${text}`),
    decide(text, uses) {
      // A plan is mended again and again; who decides changes seldom.
      if (uses === decides) return
      decides = uses
      tell(`  ${text}`)
    },
    end: off,
  }
}

const everyMillis = 2_000
/** Long tasks: say now and then that it still works. */
const quietMillis = 30_000
const mostFailures = 5
/** Columns; `dray why` and `dray logs` have the rest. */
const [longestKey, longestMessage] = [80, 180]

/** `read 40 of 120 (2 failed, 3 to retry)`. */
function partOf({ name, ended, known, complete, failed, again }: StageFigures): string {
  const not = [
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(again > 0 ? [`${formatCount(again)} to retry`] : []),
  ]
  const beside = not.length === 0 ? '' : ` (${not.join(', ')})`
  return `${name} ${countOf(ended, known, { isAll: complete })}${beside}`
}

const pressureInWords = (high: boolean): string =>
  high
    ? 'the box is short of memory: nothing new starts until some is free'
    : 'there is memory again'

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
