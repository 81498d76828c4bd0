import { timeLeft } from '../api/forecast.ts'
import type { Host } from '../api/host.ts'
import { loadedOn } from '../api/loaded.ts'
import type { Machine, Run } from '../core/state.ts'
import { type FrameLane, type FrameStage, frameLines } from './frame.ts'
import { modelsInWords, seenWidth, wrapped } from './print.ts'
import type { Progress } from './progress.ts'
import { rateMeter, stageFigures } from './stage-figures.ts'
import { leftInWords } from './time-left.ts'
import { nowOf } from '../api/now.ts'

/**
 * Lines that redraw in place: a line per stage, a lane per machine, the time left. Each frame moves up
 * over the last one and clears what it does not cover, so other output can only push it down.
 */
export function liveLines(host: Host, run: Run): Progress {
  const out = process.stderr
  const stagesOf = stageMeter(host, run)
  const left = leftMeter(host, run)
  /** Widths of the lines drawn last: in a window made narrower they take more rows than they did. */
  let drawn: number[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false
  let strategy: string | undefined

  const above = (): string => {
    const columns = out.columns ?? 80
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0)
    return rows > 0 ? `\u001b[${rows}A\r` : '\r'
  }
  const draw = (): void => {
    timer = undefined
    const width = Math.max(20, (out.columns ?? 80) - 1)
    const most = Math.max(3, (out.rows ?? 24) - 2)
    const shown = {
      stages: stagesOf(ended),
      lanes: ended ? [] : lanesOf(host, run),
      strategy,
      ...(ended ? {} : { left: left() }),
    }
    const lines = frameLines(shown, width).slice(0, most)
    out.write(`${above()}${lines.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`)
    drawn = lines.map(seenWidth)
  }
  const restore = (): void => {
    out.write('\u001b[?25h')
  }
  const later = (): void => {
    timer ??= setTimeout(draw, frameMillis)
  }
  out.write('\u001b[?25l')
  process.on('exit', restore)
  out.on('resize', later)
  draw()
  const off = host.listen({ onStep: later })
  const ticking = setInterval(later, 1_000)
  return {
    note(text) {
      // Over the last frame, which is drawn again below it; a `^C` the terminal echoed goes with it.
      const lines = wrapped(`  ${text}`, Math.max(20, (out.columns ?? 80) - 1))
      out.write(`${above()}${lines.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`)
      drawn = []
      draw()
    },
    decide(text) {
      strategy = text
      later()
    },
    end() {
      off()
      clearInterval(ticking)
      clearTimeout(timer)
      out.off('resize', later)
      ended = true
      draw()
      process.off('exit', restore)
      restore()
    },
  }
}

const frameMillis = 100
/** A forecast costs some milliseconds, and nobody reads it ten times a second. */
const forecastMillis = 500

function leftMeter(host: Host, run: Run): () => string {
  let said = ''
  let saidAt = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - saidAt > forecastMillis) {
      said = leftInWords(timeLeft(host.state, run, nowOf(host.state)))
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
      holds: modelsInWords(loadedOn(host.state, machine)),
      short: machine.pressure,
    }))
}

/** `read x2, find`: stages that slots of the machine work on, the busiest first. */
function runsOn(host: Host, machine: Machine): string {
  const counts = new Map<string, number>()
  for (const slot of machine.slots) {
    if (slot.running.length === 0) continue
    const { name } = host.state.stages[slot.stage].definition
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, slots]) => (slots > 1 ? `${name} x${slots}` : name))
    .join(', ')
}
