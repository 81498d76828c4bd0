import * as z from 'zod'
import { didYouMean } from './nearest.ts'
import { adviceOn, type Place } from './other-words.ts'
import {
  count,
  duration,
  DURATION,
  factor,
  fanIn,
  name,
  path,
  positive,
  share,
  size,
  text,
} from './scalars.ts'

/**
 * The whole schema of a job file. It says what a field may look like; what fields mean together
 * (stages that follow each other, templates, parts not built yet) is `parse-job`'s.
 *
 * Every message says what was expected; `explain` adds the place and what was found instead.
 */

/** An object that knows its fields: an unknown one is named, with what was meant. */
function fields<T extends z.core.$ZodLooseShape>(expected: string, shape: T, here?: Place) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? unknownFields(issue.keys, known, here)
        : `expected ${expected}`,
  })
}

/** A line each. The list of what is known only where nothing is near: it is long. */
function unknownFields(found: readonly string[], known: readonly string[], here?: Place): string {
  return found.map(name => `unknown field "${name}"${hint(name, known, here)}`).join('\n')
}

const hint = (name: string, known: readonly string[], here: Place | undefined): string =>
  (here && adviceOn(name, here)) || didYouMean(name, known) || `; known: ${known.join(', ')}`

const key = text('expected the name of the field that identifies an item').optional()
const VALUES = 'expected a list of values, such as [0.1, 0.01]'
const DELIMITER = "expected the one character between fields, such as '|'"
const later = z.unknown().meta({ description: 'Not available yet.' })

const INPUT =
  'expected one of { files }, { jsonl, key }, { csv, key, delimiter }, { range: { from, to } }, { items }, ' +
  "{ stdin: 'lines' }, { from, key, version }, { grid }, { open: true }"

const input = z.union(
  [
    fields('{ files }', {
      files: z.union(
        [
          text('expected a pattern'),
          z.array(text('expected a pattern')).min(1, { error: 'expected at least one pattern' }),
        ],
        {
          error: "expected a pattern such as 'scans/*.png', or a list of patterns",
        },
      ),
    }),
    fields('{ jsonl, key }', { jsonl: path('a .jsonl file'), key }),
    fields('{ csv, key, delimiter }', {
      csv: path('a .csv file'),
      key,
      delimiter: z
        .string({ error: DELIMITER })
        .regex(/^[^"\r\n]$/u, { error: DELIMITER })
        .optional(),
    }),
    fields('{ range }', {
      range: fields('{ from, to }', {
        from: z.int({ error: 'expected a whole number of less than 2^53' }),
        to: z.int({ error: 'expected a whole number of less than 2^53 (exclusive)' }),
      }),
    }),
    fields('{ items }', {
      items: z.array(z.unknown(), { error: 'expected a list of items' }),
      key,
    }),
    fields('{ stdin }', {
      stdin: z.enum(['lines', 'jsonl'], { error: "expected 'lines' or 'jsonl'" }),
      key,
    }),
    fields('{ from, key, version }', {
      from: path("a module whose default export yields the items, such as './list.ts'"),
      key,
      version: text('expected the name of the field that changes with the content').optional(),
    }),
    fields('{ grid }', {
      grid: z.record(z.string(), z.array(z.json(), { error: VALUES }).min(1, { error: VALUES }), {
        error: 'expected lists of values by name, such as { lr: [0.1, 0.01] }',
      }),
    }),
    fields('{ search }', { search: later, samples: later.optional(), seed: later.optional() }),
    fields('{ open }', { open: z.literal(true, { error: 'expected true' }) }),
  ],
  { error: INPUT },
)

const handler = z.union(
  [
    path("a handler module, such as './ocr.ts'"),
    fields('{ python }', { python: later }),
    fields('{ command }', { command: later }),
    fields('{ chat }', { chat: later }),
    fields('{ onnx }', { onnx: later }),
  ],
  { error: "expected the path of a handler module, such as './ocr.ts'" },
)

const needs = z
  .record(z.string(), z.union([z.number(), z.string()]), {
    error: "expected amounts by name, such as { cpu: 1, memory: '900MB' }",
  })
  .meta({ description: 'What one running task holds. cpu in cores, memory in bytes.' })

const retry = fields(
  '{ attempts, delay, maxDelay, never, on }, such as { attempts: 3 }',
  {
    attempts: count('expected how many attempts in all, the first included: 1 or more').optional(),
    delay: duration.optional(),
    maxDelay: duration.optional(),
    never: z
      .array(text('expected a failure kind or an error code'), {
        error: "expected a list of failure kinds or error codes, such as ['bad-input']",
      })
      .optional(),
    on: z
      .record(z.string(), fields("{ memory: 'x2' }", { memory: factor }), {
        error: "expected needs by failure kind, such as { 'out-of-memory': { memory: 'x2' } }",
      })
      .optional(),
  },
  'retry',
)

const output = z.union(
  [
    fields('{ jsonl }', { jsonl: path('a .jsonl file to write') }),
    fields('{ csv }', { csv: path('a .csv file to write') }),
    fields('{ each }', { each: path("one file per item, such as 'out/{key}.json'") }),
  ],
  { error: "expected { jsonl: 'out.jsonl' }, { csv: 'out.csv' } or { each: 'out/{key}.json' }" },
)

const stage = fields(
  'a stage',
  {
    name: name('the stage'),
    map: handler.optional(),
    reduce: handler.optional(),
    single: handler.optional(),
    rounds: later.optional(),
    each: later.optional(),
    anyOf: later.optional(),
    after: z
      .union([text('expected a stage name'), z.array(text('expected a stage name'))], {
        error: 'expected the name of the stage this one follows, or a list of names',
      })
      .optional(),
    needs: needs.optional(),
    loads: fields("{ name, memory: '120MB' }", {
      name: text('expected the name of what is loaded'),
      memory: size.optional(),
    }).optional(),
    chunk: z
      .union(
        [z.enum(['auto', 'whole']), count("expected 'auto', 'whole' or a number of items from 1")],
        {
          error: "expected 'auto', 'whole' or a number of items from 1",
        },
      )
      .optional(),
    size: z
      .union([z.enum(['bytes', 'one']), fields('{ field }', { field: text('expected a field') })], {
        error: "expected 'bytes', 'one' or { field: 'name' }",
      })
      .optional(),
    timeout: positive.optional(),
    setupTimeout: positive.optional(),
    grace: duration.optional(),
    retry: retry.optional(),
    returns: z
      .union([path('a JSON Schema'), z.record(z.string(), z.json())], {
        error: "expected a JSON Schema, or the path of one such as './page.schema.json'",
      })
      .optional(),
    isolation: z
      .enum(['process', 'thread'], { error: "expected 'process' or 'thread'" })
      .optional(),
    gather: z
      .union([z.enum(['all', 'tree']), fields('{ tree }', { tree: fanIn })], {
        error: "expected 'all', 'tree' or { tree: 16 }",
      })
      .optional(),
    by: text('expected the name of a field of the upstream result').optional(),
    env: z
      .array(text('expected the name of an environment variable'), {
        error: 'expected a list of names of environment variables',
      })
      .optional(),
    output: output.optional(),
  },
  'stage',
)

/** What each item brings for itself. */
const ofItems = fields("{ field: 'name' }", {
  field: text('expected the name of a field of the items'),
})

const SHARE = 'expected a weight above 0, such as 2 for twice the share of a weight of 1'

export const jobSchema = fields(
  'a job: { name, input, stages, ... }',
  {
    name: name('the job').optional(),
    params: z.record(z.string(), z.json(), { error: 'expected default values by name' }).optional(),
    input,
    stages: z
      .array(stage, { error: 'expected a list of stages' })
      .min(1, { error: 'expected at least one stage' })
      .max(1000, { error: 'expected at most 1,000 stages' }),
    tolerate: fields("{ failed: '0.5%' }", {
      failed: share("expected a share such as '0.5%', or a number of items"),
    }).optional(),
    objective: z
      .enum(['makespan', 'mean-flow-time', 'weighted-tardiness', 'cost'], {
        error: "expected 'makespan', 'mean-flow-time', 'weighted-tardiness' or 'cost'",
      })
      .optional(),
    release: ofItems
      .optional()
      .meta({ description: 'The field of an item that holds when it may start.' }),
    due: z
      .union([duration, ofItems], {
        error: `${DURATION}, or { field: 'due' } for items with due dates of their own`,
      })
      .optional(),
    weight: ofItems.optional().meta({ description: 'The field of an item that holds its weight.' }),
    budget: later.optional(),
    priority: z
      .union([z.number(), ofItems], {
        error: "expected a number; higher goes first. Or { field: 'priority' }",
      })
      .optional(),
    strategy: text("expected the name of a strategy, such as 'auto'").optional(),
    order: text("expected the name of an order, such as 'fifo'").optional(),
    tenant: name('a tenant')
      .optional()
      .meta({ description: 'Whose share of the machines it uses.' }),
    share: z
      .number({ error: SHARE })
      .positive({ error: SHARE })
      .optional()
      .meta({ description: 'The weight of that share under the order fair.' }),
  },
  'job',
)

export type JobValue = z.infer<typeof jobSchema>
export type StageValue = JobValue['stages'][number]
export type InputValue = JobValue['input']
export type OutputValue = NonNullable<StageValue['output']>

/** The published JSON Schema of a job file, for editors and for other languages. */
export function jobJsonSchema(): unknown {
  return z.toJSONSchema(jobSchema, { io: 'input', unrepresentable: 'any' })
}
