import { BarChart, CustomChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { EChartsCoreOption } from 'echarts/core'
import { escapeHtml } from './page.ts'
import { formatNumber } from './plan-view.ts'

/** Where time begins in every chart, so that they stand under each other: names of 16 letters find room before it. */
export const plotLeft = 122

/**
 * ECharts on the server: an option in, an SVG as text out. Colours are CSS variables of the page, so
 * that one drawing serves light and dark.
 */
export function chartSvg(
  option: EChartsCoreOption,
  size: ChartSize,
  titleOf?: (dataIndex: number) => string,
): string {
  use([
    BarChart,
    CustomChart,
    LineChart,
    GridComponent,
    LegendComponent,
    MarkLineComponent,
    SVGRenderer,
  ])
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option })
    return responsive(titled(chart.renderToSVGString(), titleOf), size)
  } finally {
    chart.dispose()
  }
}

type ChartSize = { readonly width: number; readonly height: number }

/**
 * ECharts marks what it draws with the index of its datum, for scripts; our pages have none. A mark
 * becomes what the browser shows when one points at the shape, and takes no more room than it did.
 */
function titled(svg: string, titleOf?: (dataIndex: number) => string): string {
  return svg.replace(marked, (_, before: string, index: string, rest: string, end: string) => {
    const isShape = end !== '' && !before.includes(' fill="none"')
    const title = isShape ? (titleOf?.(Number(index)) ?? '') : ''
    return `${before}${rest}>${title === '' ? '' : `<title>${escapeHtml(title)}</title>`}${end}`
  })
}

const marked =
  /(<[^>]*?) ecmeta_series_index="\d+" ecmeta_data_index="(\d+)" ecmeta_ssr_type="chart"([^>]*)>((?:<\/(?:path|rect)>)?)/g

/** As wide as its column, in proportion. */
function responsive(svg: string, { width, height }: ChartSize): string {
  return svg.replace(
    /^<svg width="[^"]*" height="[^"]*"/,
    `<svg role="img" style="width:100%;height:auto" data-size="${width}x${height}"`,
  )
}

export const axisStyle = {
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { color: 'var(--muted)', fontSize: 11 },
  splitLine: { lineStyle: { color: 'var(--line)', width: 1 } },
} as const

/** From 0 to `until`, in the problem's unit. */
export function timeAxis({ until, unit }: { readonly until: number; readonly unit: string }) {
  return {
    type: 'value',
    min: 0,
    max: until,
    ...axisStyle,
    axisLabel: {
      ...axisStyle.axisLabel,
      showMaxLabel: false,
      formatter: (value: number) => `${formatNumber(value)} ${unit}`,
    },
  } as const
}

/** Strategies and stages in order; lines differ in dashes as well. */
export const palette = [
  'var(--c1)',
  'var(--c2)',
  'var(--c3)',
  'var(--c4)',
  'var(--c5)',
  'var(--c6)',
]
export const dashes: readonly (readonly number[])[] = [
  [],
  [7, 4],
  [2, 3],
  [9, 3, 2, 3],
  [14, 4],
  [2, 6],
]
