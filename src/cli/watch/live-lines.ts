import type { Host } from '../../api/host.ts'
import { loadedOn, loadingOn } from '../../api/why/loaded.ts'
import type { Machine } from '../../core/machine.ts'
import type { Run } from '../../core/run.ts'
import { errColours } from '../colour.ts'
import { type FrameLane, type FrameStage, frameLines } from './frame.ts'
import { modelsInWords } from '../print.ts'
import type { Progress } from './progress.ts'
import { redrawn } from './redraw.ts'
import { rateMeter, stageFigures } from './stage-figures.ts'
import { untilEnd } from '../time-left.ts'

/** On a terminal: a line per stage, a lane per machine, the time left, redrawn in place. */
export function liveLines(host: Host, run: Run): Progress {
  const out = process.stderr
  const stagesOf = stageMeter(host, run)
  const left = leftMeter(host, run)
  let ended = false
  let strategy: string | undefined

  const lines = redrawn(
    out,
    ({ width, rows }) => {
      const stages = stagesOf(ended)
      if (ended) return frameLines({ stages, lanes: [], strategy }, width, rows)
      return frameLines({ stages, lanes: lanesOf(host, run), strategy, left: left() }, width, rows)
    },
    { colour: errColours.isColorSupported },
  )
  const restore = (): void => {
    out.write('\u001b[?25h')
  }
  out.write('\u001b[?25l')
  process.on('exit', restore)
  out.on('resize', lines.later)
  lines.later()
  const off = host.listen({ onStep: lines.later })
  const ticking = setInterval(lines.later, 1_000)
  return {
    note: lines.note,
    decide(text) {
      strategy = text
      lines.later()
    },
    end() {
      off()
      clearInterval(ticking)
      out.off('resize', lines.later)
      ended = true
      lines.end()
      process.off('exit', restore)
      restore()
    },
  }
}

/** A forecast costs some milliseconds, and nobody reads it ten times a second. */
const forecastMillis = 500

function leftMeter(host: Host, run: Run): () => string {
  let said = ''
  let saidAt = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - saidAt > forecastMillis) {
      said = untilEnd(host.state, run)
      saidAt = performance.now()
    }
    return said
  }
}

/** Figures of every stage; how fast it goes is of no interest once all is over. */
function stageMeter(host: Host, run: Run): (ended: boolean) => FrameStage[] {
  const meters = new Map<string, ReturnType<typeof rateMeter>>()
  return ended =>
    stageFigures(host, run).map(stage => {
      let meter = meters.get(stage.name)
      if (meter === undefined) meters.set(stage.name, (meter = rateMeter()))
      const rate = meter(stage.done)
      return ended || rate === undefined ? stage : { ...stage, rate }
    })
}

function lanesOf(host: Host, run: Run): FrameLane[] {
  const many = run.stages.length > 1
  return host.state.machines
    .filter(machine => machine.alive)
    .map(machine => ({
      id: machine.definition.id,
      slots: machine.slots.length,
      busy: machine.slots.filter(slot => slot.running.length + slot.stopping.size > 0).length,
      runs: many ? runsOn(host, machine) : '',
      loads: modelsInWords(loadingOn(host.state, machine)),
      holds: modelsInWords(loadedOn(host.state, machine)),
      short: machine.pressure,
    }))
}

/** `read x2, find`: stages that slots of the machine work on, the busiest first. */
function runsOn(host: Host, machine: Machine): string {
  const counts = new Map<string, number>()
  for (const slot of machine.slots) {
    if (slot.running.length === 0 || slot.loading) continue
    const { name } = host.state.stages[slot.stage].definition
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, slots]) => (slots > 1 ? `${name} x${slots}` : name))
    .join(', ')
}
