import { relative, resolve } from 'node:path'
import { asWritten } from '../../adapter/source/files.ts'
import { wouldMatch } from '../../adapter/source/would-match.ts'
import { InputError } from '../../model/input-error.ts'
import type { Job, StageSpec } from '../../model/job.ts'
import type { SourceItem } from '../../port/source.ts'
import { fillTemplate } from '../../model/output-template.ts'

/**
 * An output that the input's own patterns take would be an item the next time, and its output one the time
 * after; one that lies where a file of the input does would take its place. `items`: the first of the input,
 * to see where a file per item would lie.
 */
export async function refuseOutputInInput(job: Job, items: readonly SourceItem[]): Promise<void> {
  if (job.input.kind !== 'files') return
  const patterns = await Promise.all(job.input.patterns.map(asWritten))
  for (const stage of job.stages) {
    const path = outputOf(stage, items[0]?.key)
    if (path !== undefined && (await wouldMatch(patterns, job.folder, path)))
      throw new InputError(
        `output of stage ${stage.name}: ${relative(job.folder, path)} matches the input's own pattern, and would be an item of the next run; expected an output elsewhere, or a pattern that leaves it out, such as "!${leavingOut(stage, job.folder)}"`,
      )
    if (stage.output?.kind === 'each') refuseOverInput(stage, items)
  }
}

/** Of a file that would be written over by its own result only the item fails. */
function refuseOverInput(stage: StageSpec, items: readonly SourceItem[]): void {
  const readable = items.filter(({ problem }) => problem === undefined)
  const keys = new Map(readable.map(({ key, payload }) => [JSON.parse(payload) as string, key]))
  for (const { key } of readable) {
    const over = keys.get(outputOf(stage, key) ?? '')
    if (over !== undefined && over !== key)
      throw new InputError(
        `output of stage ${stage.name}: the result of ${key} would be written over ${over}, which is in the input; expected an output elsewhere, such as out/{key}.json`,
      )
  }
}

function leavingOut({ output }: StageSpec, folder: string): string {
  if (output === undefined) return ''
  if (output.kind !== 'each') return relative(folder, output.path)
  const pattern = output.template.replaceAll('{key}', '**/*').replace(/\{(name|index)\}/g, '*')
  return relative(folder, pattern)
}

function outputOf({ output }: StageSpec, key: string | undefined): string | undefined {
  if (output === undefined) return undefined
  if (output.kind !== 'each') return output.path
  const filled = key === undefined ? undefined : fillTemplate(output.template, { index: 0, key })
  return filled === undefined || 'refused' in filled ? undefined : resolve(filled.path)
}
