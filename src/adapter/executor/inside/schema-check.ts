import type { ErrorObject } from 'ajv'

/** Compiles a stage's `returns` once per slot. The answer names the JSON path, what was expected and what was found. */
export async function schemaCheck(
  schema: unknown,
): Promise<(value: unknown) => string | undefined> {
  const draft = String((schema as { $schema?: unknown } | null)?.$schema ?? '')
  const { Ajv } = draft.includes('2020-12')
    ? { Ajv: (await import('ajv/dist/2020.js')).default.Ajv2020 }
    : (await import('ajv')).default
  const validate = new Ajv({ strict: false, logger: false, verbose: true }).compile(
    schema as Record<string, unknown>,
  )
  return value => {
    if (validate(value)) return undefined
    const errors = validate.errors ?? []
    return errors.length === 0 ? 'it breaks the schema' : describe(errors[0])
  }
}

function describe(error: ErrorObject): string {
  const path = error.instancePath === '' ? 'the result' : error.instancePath
  const expected =
    error.keyword === 'enum' ? `be one of ${shown(error.params.allowedValues)}` : undefined
  const message = expected === undefined ? error.message : `must ${expected}`
  return `at ${path}: ${message}, found ${shown(error.data)}`
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 120 ? `${json.slice(0, 120)}...` : json
}
