import { type ComparedRow, endedNothing, type MeasureName, ofEnded } from '../choose/compare.ts'
import type { Column } from './compare-view.ts'
import { drawnWhole } from './drawn-whole.ts'
import { escapeHtml, scrollBox } from './page.ts'

/**
 * The table of a comparison with a bar in each row: its length is the measure that ranks the rows, a
 * bracket the interval over the seeds, a dashed line the bound below which no schedule is. Bars begin
 * at 0; one that would squeeze the others is cut, and shows it.
 */
export function rankTable(
  columns: readonly Column[],
  rows: readonly ComparedRow[],
  by: { readonly measure: MeasureName; readonly bound?: number },
): string {
  const [strategy, ...others] = columns
  const scale = scaleOf(rows, by.measure)
  const titles = [strategy.title, '', ...others.map(({ title }) => title)]
  const head = titles.map(title => `<th scope="col">${escapeHtml(title)}</th>`).join('')
  const told = (row: ComparedRow) => !(endedNothing(row) && ofEnded.has(by.measure))
  const least = rows.filter(told).reduce((best, row) => Math.min(best, row[by.measure]), Infinity)
  const body = rows.map(row => {
    const best = told(row) && row[by.measure] <= least * (1 + 1e-9) ? ' class="best"' : ''
    const cells = others.map(column => `<td${ranked(column, by)}>${cellOf(column, row)}</td>`)
    return `<tr${best}><th scope="row">${escapeHtml(strategy.cell(row))}</th><td class="bar">${barOf(row, by, scale)}</td>${cells.join('')}</tr>`
  })
  const table = `<table class="rank"><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`
  return `<style>${css}</style>${scrollBox('scroll', table)}`
}

/** Intervals are drawn with the bars. */
const scaleOf = (rows: readonly ComparedRow[], measure: MeasureName): number =>
  drawnWhole(rows.flatMap(row => [row[measure], row.intervals?.[measure][1] ?? row[measure]]))

/** The figure, and below it what is behind its ±: figures stand in line, and all columns fit. */
function cellOf(column: Column, row: ComparedRow): string {
  const [figure, ...spread] = column.cell(row).split(' ±')
  const below = spread.length > 0 ? `<small>±${escapeHtml(spread.join(' ±'))}</small>` : ''
  return `${escapeHtml(figure)}${below}`
}

const ranked = (column: Column, { measure }: { measure: MeasureName }): string =>
  column.measure === measure ? ' class="ranked"' : ''

function barOf(
  row: ComparedRow,
  { measure, bound }: { readonly measure: MeasureName; readonly bound?: number },
  scale: number,
): string {
  if (!(scale > 0)) return ''
  const at = (value: number) => Math.max(0, Math.min(100, (value / scale) * 100))
  const cut = row[measure] > scale * (1 + 1e-9) ? ' class="cut"' : ''
  const interval = row.intervals?.[measure]
  const bracket =
    interval && interval[1] > interval[0] && cut === ''
      ? `<s style="left:${at(interval[0]).toFixed(2)}%;width:${(at(interval[1]) - at(interval[0])).toFixed(2)}%"></s>`
      : ''
  const line =
    bound !== undefined && bound > 0 ? `<u style="left:${at(bound).toFixed(2)}%"></u>` : ''
  return `<div><i${cut} style="width:${at(row[measure]).toFixed(2)}%"></i>${bracket}${line}</div>`
}

const css =
  'table.rank{font-size:13px}.rank th,.rank td{padding:4px 9px}.rank thead th{position:sticky;top:0;background:var(--card);vertical-align:bottom}' +
  '.rank th[scope=row]{white-space:nowrap;max-width:220px;overflow:hidden;text-overflow:ellipsis}.rank td.bar{width:20%;min-width:130px;padding-left:0}.rank td.bar div{position:relative;height:12px}' +
  '.rank td.bar i{position:absolute;left:0;top:1px;bottom:1px;border-radius:0 3px 3px 0;background:var(--c1);opacity:.55}' +
  '.rank tr.best td.bar i{background:var(--done);opacity:1}' +
  '.rank td.bar i.cut{border-radius:0;-webkit-mask:linear-gradient(90deg,#000 82%,transparent);mask:linear-gradient(90deg,#000 82%,transparent)}' +
  '.rank td.bar s{position:absolute;top:3px;bottom:3px;border:solid var(--ink);border-width:0 1px;min-width:1px}' +
  '.rank td.bar s::after{content:"";position:absolute;left:0;right:0;top:50%;border-top:1px solid var(--ink)}' +
  '.rank td.bar u{position:absolute;top:-6px;bottom:-6px;border-left:1.5px dashed var(--bound)}' +
  '@media(max-width:640px){.rank td.bar{min-width:56px}.rank th,.rank td{padding:4px 7px}}' +
  '.rank td.ranked{font-weight:600}.rank small{display:block;color:var(--muted);font-size:11px;line-height:1;font-weight:400;padding-bottom:2px}'
