/**
 * What a job file exports, and `submit` and `stream` take. The whole description: `docs/JOB-FILE.md`; for
 * other languages: `docs/job.schema.json`. Paths are relative to the job file (in the library to `folder`).
 * Durations are text with a unit (`'250ms'`, `'60s'`, `'2h'`); sizes `'900MB'` (10^6 bytes), `'1.5GiB'`, or bytes.
 */
export type JobDefinition = {
  /** Runs of one name continue one another; the file's name by default. */
  readonly name?: string | undefined
  /** Default values by name: `ctx.params` of handlers, `{name}` in paths; `--param name=value` replaces one. */
  readonly params?: Readonly<Record<string, Json>> | undefined
  readonly input: InputDefinition
  /** 1 to 1,000. */
  readonly stages: readonly StageDefinition[]
  /** Items that may fail, a count or a share such as `'0.5%'`; none by default. One more stops the run. */
  readonly tolerate?: { readonly failed: string | number } | undefined
  /** What `auto` and planners make small; `'makespan'` by default. */
  readonly objective?: 'makespan' | 'mean-flow-time' | 'weighted-tardiness' | 'cost' | undefined
  /** A duration from submission, or the field of an item that holds its own. */
  readonly due?: string | FieldOfItems | undefined
  /** What an item counts for under wspt and in weighted tardiness; 1 by default. */
  readonly weight?: FieldOfItems | undefined
  /** When an item may start at the earliest. */
  readonly release?: FieldOfItems | undefined
  /** Higher goes first under the order priority; one step is worth a minute of waiting. 0 by default. */
  readonly priority?: number | FieldOfItems | undefined
  /** Which machine: `'auto'` by default, or a name of `dray run --help`, or a planner. */
  readonly strategy?: string | undefined
  /** Which task first: fifo by default, priority where one is given. */
  readonly order?: string | undefined
  /** Whose share of the machines the run uses, under the order fair. */
  readonly tenant?: string | undefined
  /** The weight of that share; 1 by default. */
  readonly share?: number | undefined
  /** Not available yet. */
  readonly budget?: unknown
}

export type StageDefinition = {
  /** Unique in the job. */
  readonly name: string
  /** Module whose default export handles one item: an item in, a result out. One of map, reduce and single. */
  readonly map?: HandlerDefinition | undefined
  /** Module whose default export takes the list of all results, or of each group (`by`). */
  readonly reduce?: HandlerDefinition | undefined
  /** As reduce, in one task, without groups. */
  readonly single?: HandlerDefinition | undefined
  /** The stage or stages it follows: the one before it by default; of none (`[]`) it reads the input. */
  readonly after?: string | readonly string[] | undefined
  /** What one running task holds: cpu in cores, memory as a size, others by name; `{ cpu: 1 }` by default. */
  readonly needs?: Readonly<Record<string, number | string>> | undefined
  /** The model that `setup` loads; without `memory` what loading took is measured. */
  readonly loads?:
    | { readonly name: string; readonly memory?: string | number | undefined }
    | undefined
  /** Items a task; `'auto'` by default, from measured times. */
  readonly chunk?: 'auto' | 'whole' | number | undefined
  /** How large an item is, for estimates of its time; `'one'` by default. */
  readonly size?: 'bytes' | 'one' | FieldOfItems | undefined
  /** A duration, from the item's own start: abort, then `grace`, then kill. None by default. */
  readonly timeout?: string | undefined
  /** For importing the handler and its `setup`, in each slot; `'10m'` by default. */
  readonly setupTimeout?: string | undefined
  /** Between abort and kill; `'5s'` by default. */
  readonly grace?: string | undefined
  readonly retry?: RetryDefinition | undefined
  /** A JSON Schema that each result must meet, or the path of one. */
  readonly returns?: string | Readonly<Record<string, Json>> | undefined
  /** `'process'` by default; `'thread'` is lighter, for pure JavaScript: a crash there is everybody's. */
  readonly isolation?: 'process' | 'thread' | undefined
  /** Of reduce: all results at once by default, or in a tree, 16 a node unless given. */
  readonly gather?: 'all' | 'tree' | { readonly tree: number } | undefined
  /** Of reduce: once per value of this field of the results it gathers. */
  readonly by?: string | undefined
  /** Environment variables the handler may see; in logs and errors names stand for their values. */
  readonly env?: readonly string[] | undefined
  /** Where results are written: complete or absent, in input order. */
  readonly output?: OutputDefinition | undefined
  /** Not available yet. */
  readonly rounds?: unknown
  /** Not available yet. */
  readonly each?: unknown
  /** Not available yet. */
  readonly anyOf?: unknown
}

/** Files (patterns), rows, whole numbers (`to` exclusive), a list, standard input, a generator, a grid, pushes. */
export type InputDefinition =
  | { readonly files: string | readonly string[] }
  | { readonly jsonl: string; readonly key?: string | undefined }
  | {
      readonly csv: string
      readonly key?: string | undefined
      /** One character; by default what cuts the header most. */
      readonly delimiter?: string | undefined
    }
  | { readonly range: { readonly from: number; readonly to: number } }
  | { readonly items: readonly unknown[]; readonly key?: string | undefined }
  | { readonly stdin: 'lines' | 'jsonl'; readonly key?: string | undefined }
  | {
      /** A module whose default export yields the items. */
      readonly from: string
      readonly key?: string | undefined
      readonly version?: string | undefined
    }
  | { readonly grid: Readonly<Record<string, readonly Json[]>> }
  | { readonly open: true }
  /** Not available yet. */
  | { readonly search: unknown; readonly samples?: unknown; readonly seed?: unknown }

export type OutputDefinition =
  | { readonly jsonl: string }
  | { readonly csv: string }
  /** A file per item: `{key}`, `{index}` and `{name}` are filled in. */
  | { readonly each: string }

export type RetryDefinition = {
  /** In all, the first included; 3 by default. */
  readonly attempts?: number | undefined
  /** Before the second attempt; doubles each time, with seeded jitter. `'1s'` by default. */
  readonly delay?: string | undefined
  /** Where doubling ends; `'60s'` by default. */
  readonly maxDelay?: string | undefined
  /** Failure kinds or error codes that are not tried again. */
  readonly never?: readonly string[] | undefined
  /** By failure kind or error code: by what `needs.memory` grows for the next attempt, such as `'x2'`. */
  readonly on?: Readonly<Record<string, { readonly memory: string }>> | undefined
}

/** The path of a module; the objects are not available yet. */
type HandlerDefinition =
  | string
  | { readonly python: unknown }
  | { readonly command: unknown }
  | { readonly chat: unknown }
  | { readonly onnx: unknown }

type FieldOfItems = { readonly field: string }

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Names the type of a job for editors; the object itself is returned unchanged. */
export function defineJob(job: JobDefinition): JobDefinition {
  return job
}
