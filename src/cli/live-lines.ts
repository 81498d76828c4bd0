import pc from 'picocolors'
import { timeLeft } from '../api/forecast.ts'
import type { Host } from '../api/host.ts'
import { loadedOn } from '../api/loaded.ts'
import type { Machine, Run } from '../core/state.ts'
import { clip, modelsInWords, padEnd, padStart, percent, seenWidth } from './print.ts'
import type { Progress } from './progress.ts'
import { rateMeter, type StageFigures, stageFigures } from './stage-figures.ts'
import { leftInWords } from './time-left.ts'
import { formatCount } from '../std/units.ts'

/**
 * Lines that redraw in place: a line per stage, a lane per machine, the time left. Each frame moves up
 * over the last one and clears what it does not cover, so other output can only push it down.
 */
export function liveLines(host: Host, run: Run): Progress {
  const out = process.stderr
  const meters = new Map<string, ReturnType<typeof rateMeter>>()
  let drawn = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const rateOf = ({ name, done }: StageFigures): number | undefined => {
    let meter = meters.get(name)
    if (meter === undefined) meters.set(name, (meter = rateMeter()))
    return meter(done)
  }
  const left = leftMeter(host, run)
  const draw = (): void => {
    timer = undefined
    const width = Math.max(20, (out.columns ?? 80) - 1)
    const most = Math.max(3, (out.rows ?? 24) - 2)
    const lines = frame(host, run, rateOf, width, ended ? undefined : left).slice(0, most)
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    out.write(`${up}\r${lines.map(line => `${clip(line, width)}\u001b[K\n`).join('')}\u001b[J`)
    drawn = lines.length
  }
  const restore = (): void => {
    out.write('\u001b[?25h')
  }
  const later = (): void => {
    timer ??= setTimeout(draw, frameMillis)
  }
  out.write('\u001b[?25l')
  process.on('exit', restore)
  draw()
  const off = host.listen({ onStep: later })
  const ticking = setInterval(later, 1_000)
  return {
    note(text) {
      // Over the last frame, which is drawn again below it; a `^C` the terminal echoed goes with it.
      const up = drawn > 0 ? `\u001b[${drawn}A` : ''
      out.write(`${up}\r  ${text}\u001b[K\n\u001b[J`)
      drawn = 0
      draw()
    },
    end() {
      off()
      clearInterval(ticking)
      clearTimeout(timer)
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
      said = leftInWords(timeLeft(host.state, run, Date.now() * 1_000))
      saidAt = performance.now()
    }
    return said
  }
}

const barWidth = 20

function frame(
  host: Host,
  run: Run,
  rateOf: (stage: StageFigures) => number | undefined,
  width: number,
  /** Absent once the run has ended: who is busy is then of no interest either. */
  left: (() => string) | undefined,
): string[] {
  const stages = stageFigures(host, run)
  const names = Math.max(...stages.map(stage => seenWidth(stage.name)))
  const counts = Math.max(...stages.map(stage => countsOf(stage).length))
  const bar = width < 70 ? 10 : barWidth
  const stageLines = stages.map(stage => {
    const rate = rateOf(stage)
    const marks = [
      rate === undefined ? '' : pc.dim(rateInWords(rate)),
      stage.failed > 0 ? pc.red(`${formatCount(stage.failed)} failed`) : '',
      stage.skipped > 0 ? pc.yellow(`${formatCount(stage.skipped)} skipped`) : '',
      stage.slow > 0 ? pc.yellow(`${stage.slow} slow`) : '',
    ].filter(mark => mark !== '')
    const share = stage.known === 0 ? 0 : stage.ended / stage.known
    const figure = stage.complete ? percent(share) : ''
    return `  ${padEnd(stage.name, names)}  ${barOf(share, bar)}  ${padStart(countsOf(stage), counts)}  ${padStart(figure, 5)}  ${marks.join('  ')}`
  })
  if (left === undefined) return stageLines
  const machines = host.state.machines.filter(machine => machine.alive)
  const wide = Math.max(0, ...machines.map(machine => seenWidth(machine.definition.id)))
  const lanes = machines
    .slice(0, mostLanes)
    .map(machine => laneOf(host, machine, Math.max(wide, names)))
  const hidden = machines.length - lanes.length
  if (hidden > 0) lanes.push(pc.dim(`  and ${hidden} more machines`))
  return [...stageLines, ...lanes, pc.dim(`  ${left()}`)]
}

const mostLanes = 12

function countsOf(stage: StageFigures): string {
  const more = stage.complete || stage.known === 0 ? '' : '+'
  return `${formatCount(stage.ended)}/${formatCount(stage.known)}${more}`
}

function barOf(share: number, width: number): string {
  const full = Math.min(width, Math.floor(share * width))
  return pc.green('━'.repeat(full)) + pc.dim('─'.repeat(width - full))
}

function laneOf(host: Host, machine: Machine, names: number): string {
  const busy = machine.slots.filter(slot => slot.running.length + slot.stopping.size > 0).length
  const total = machine.slots.length
  const slots =
    total > 32 ? '' : `${pc.cyan('▪'.repeat(busy))}${pc.dim('·'.repeat(total - busy))}  `
  const loaded = loadedOn(host.state, machine)
  const holds = loaded.length === 0 ? '' : pc.dim(`  holds ${modelsInWords(loaded)}`)
  const short = machine.pressure ? pc.yellow('  short of memory') : ''
  return `  ${padEnd(machine.definition.id, names)}  ${slots}${busy}/${total} busy${holds}${short}`
}

function rateInWords(rate: number): string {
  if (rate >= 10) return `${formatCount(Math.round(rate))}/s`
  return rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`
}
