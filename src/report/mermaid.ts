import {
  type InputSpec,
  type Job,
  type OutputSpec,
  type StageSpec,
  usualOrder,
} from '../model/job.ts'
import { cutInMiddle } from '../std/columns.ts'
import { formatBytes, formatCount, plural } from '../std/units.ts'

/** A job's flow as a Mermaid chart: the input, its stages with what they need, and the outputs. */
export function mermaidOf(job: Job, counts: ReadonlyMap<string, number>): string {
  const lines = ['flowchart LR', `  input[/${quoted(inputText(job.input))}/]`]
  const id = new Map(job.stages.map((stage, at) => [stage.name, `s${at}`]))
  const drawn = job.stages.slice(0, stagesThatFit(job.stages))
  const rest = job.stages.length - drawn.length
  drawn.forEach((stage, at) => {
    const [open, close] = stage.kind === 'map' ? ['[', ']'] : ['[[', ']]']
    lines.push(`  s${at}${open}${quoted(stageText(stage, counts.get(stage.name)))}${close}`)
  })
  drawn.forEach((stage, at) => {
    const sources = stage.after.length === 0 ? ['input'] : stage.after.map(name => id.get(name))
    const arrow = stage.kind === 'map' ? '-->' : '==>'
    for (const source of sources) lines.push(`  ${source} ${arrow} s${at}`)
    if (stage.output === undefined) return
    lines.push(
      `  o${at}[(${quoted(shortName(outputText(stage.output, job.folder)))})]`,
      `  s${at} --> o${at}`,
    )
  })
  if (rest > 0) {
    lines.push(
      `  more[${quoted(`and ${plural(rest, 'more stage')}`)}]`,
      `  s${drawn.length - 1} -.-> more`,
    )
  }
  return `${[...lines, ...taskLines(job)].join('\n')}\n`
}

/** Mermaid draws less than 500 arrows and 50,000 letters; of more stages than that the first are drawn. */
function stagesThatFit(stages: readonly StageSpec[]): number {
  let arrows = 0
  const over = stages.findIndex(({ after, output }) => {
    arrows += Math.max(1, after.length) + (output === undefined ? 0 : 1)
    return arrows > mostArrows
  })
  return over < 0 ? stages.length : Math.max(1, over)
}

const mostArrows = 300

/** A name as short as a box wants it. */
export const shortName = (name: string): string => cutInMiddle(name, 48).join('')

/**
 * What becomes of every task: the flow of the article, section 2.4, with the job's own choices, and
 * with the way back from a failure to allocation that its chart lacks.
 */
function taskLines({ stages, strategy, order, tolerate }: Job): string[] {
  const chunks = [...new Set(stages.map(({ chunk }) => chunkText(chunk)))].join(', ')
  const attempts = [...new Set(stages.map(({ retry }) => retry.attempts))].join(' or ')
  const tolerated =
    tolerate.count > 0 || tolerate.share > 0 ? 'some are tolerated' : 'none is tolerated'
  return [
    `  subgraph task [${quoted('every task of a stage')}]`,
    '    direction LR',
    `    decompose[${quoted(`decompose<br>chunks: ${chunks}`)}] --> allocate{${quoted(`allocate<br>${strategy}`)}}`,
    `    allocate --> schedule[${quoted(`schedule<br>${order ?? usualOrder}`)}] --> execute[${quoted('execute')}]`,
    `    execute -->|result| gather[${quoted('gather<br>in input order')}] --> done([${quoted('done')}])`,
    `    execute -->|failure| recover{${quoted(`recover<br>${attempts === '1' ? '1 attempt' : `${attempts} attempts`}`)}} -->|again| allocate`,
    `    recover -->|for good| failed([${quoted(`failed<br>${tolerated}`)}])`,
    '  end',
  ]
}

function chunkText(chunk: StageSpec['chunk']): string {
  return chunk.kind === 'fixed' ? `${formatCount(chunk.items)} per task` : chunk.kind
}

function stageText(stage: StageSpec, items: number | undefined): string {
  const needs = Object.entries(stage.needs).map(([name, need]) =>
    name === 'memory' ? formatBytes(need) : `${need} ${name}`,
  )
  const loads = stage.loads ? [`loads ${stage.loads.name}`] : []
  return [
    `${shortName(stage.name)} (${stage.kind})`,
    ...manyText(stage, items),
    ...needs,
    ...loads,
  ].join('<br>')
}

function manyText({ by }: StageSpec, items: number | undefined): string[] {
  if (by !== undefined) return [`an item per ${by}`]
  return items === undefined ? [] : [`${formatCount(items)} ${items === 1 ? 'item' : 'items'}`]
}

function inputText(input: InputSpec): string {
  switch (input.kind) {
    case 'files':
      return input.patterns.map(pattern => pattern.split('/').slice(-2).join('/')).join(', ')
    case 'jsonl':
    case 'csv':
    case 'module':
      return input.path.split('/').at(-1) ?? input.path
    case 'range':
      return `range ${input.from} to ${input.to}`
    case 'items':
      return plural(input.items.length, 'item')
    case 'grid':
      return `grid of ${Object.keys(input.axes).join(', ')}`
    default:
      return input.kind
  }
}

function outputText(output: OutputSpec, folder: string): string {
  const path = output.kind === 'each' ? output.template : output.path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path
}

/**
 * Mermaid reads `#quot;` within quotes; anything else that means something to HTML is written so too. What
 * turns a text's direction is left out.
 */
export function quoted(text: string): string {
  const safe = text
    .split('<br>')
    .map(part =>
      part
        .replace(/\p{Cf}/gu, '')
        .replace(/[#"<>&`\\]|\p{Cc}/gu, character => codes[character] ?? ' '),
    )
    .join('<br>')
  return `"${safe}"`
}

const codes: Readonly<Record<string, string>> = {
  '#': '#35;',
  '"': '#quot;',
  '<': '#lt;',
  '>': '#gt;',
  '&': '#amp;',
  '`': '#96;',
  '\\': '#92;',
}
