import { axisStyle, chartSvg, dashes, palette, plotLeft, timeAxis } from './chart.ts'
import { escapeHtml } from './page.ts'

/** Share of the machines' speed at work over time, a line for each of a few series. */
export function busyChart(
  series: readonly BusySeries[],
  options: { readonly until: number; readonly unit: string },
): string {
  const shown = series.slice(0, palette.length)
  const option = {
    color: palette,
    grid: { left: plotLeft, right: 24, top: 14, bottom: 26 },
    xAxis: timeAxis(options),
    yAxis: {
      type: 'value',
      min: 0,
      max: 1,
      interval: 0.25,
      ...axisStyle,
      axisLabel: { ...axisStyle.axisLabel, formatter: (value: number) => `${value * 100} %` },
    },
    series: shown.map(({ name, shares, end }, nth) => ({
      name,
      type: 'line',
      step: 'end',
      symbolSize: 0,
      showSymbol: false,
      symbol: 'none',
      lineStyle: {
        width: 1.8,
        type: dashes[nth].length > 0 ? dashes[nth] : 'solid',
        color: palette[nth],
      },
      itemStyle: { color: palette[nth] },
      data: [
        ...shares.map((share, at) => [(at / shares.length) * end, share]),
        [end, shares.at(-1) ?? 0],
        [end, 0],
      ],
    })),
  }
  return legendOf(shown) + chartSvg(option, { width: 1120, height: 210 })
}

/** As HTML: text that the page sets needs no guess of how wide it is. */
function legendOf(series: readonly BusySeries[]): string {
  if (series.length < 2) return ''
  const items = series.map(
    ({ name }, nth) =>
      `<span><svg width="34" height="8" aria-hidden="true"><line x1="0" y1="4" x2="34" y2="4" stroke="${palette[nth]}" stroke-width="2" stroke-dasharray="${dashes[nth].join(' ')}"/></svg>${escapeHtml(name)}</span>`,
  )
  return `<div class="legend lines">${items.join('')}</div>`
}

type BusySeries = {
  readonly name: string
  /** Over equal slices of 0 to `end`. */
  readonly shares: readonly number[]
  readonly end: number
}

/** Busy shares over equal slices of time; each block counts with the weight of its lane. */
export function busyShares(
  blocks: Iterable<{ readonly start: number; readonly end: number; readonly weight: number }>,
  { end, possible, slices }: { end: number; possible: number; slices: number },
): number[] {
  const busy = new Float64Array(slices)
  for (const block of blocks) {
    const from = (block.start / end) * slices
    const to = (block.end / end) * slices
    for (let at = Math.max(0, Math.floor(from)); at < Math.min(slices, to); at += 1) {
      busy[at] += (Math.min(to, at + 1) - Math.max(from, at)) * block.weight
    }
  }
  return Array.from(busy, share => Math.min(1, Math.max(0, share / possible)))
}
