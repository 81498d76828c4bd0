import type { Failure } from './failure.ts'

/** An item's failure as an error: its message is the failure's, `kind` and `code` say of what sort it is. */
export class ItemError extends Error {
  override name = 'ItemError'
  readonly key: string
  readonly index: number
  readonly kind: Failure['kind']
  readonly code: string | undefined
  /** Where: a file and line, a JSON path, a stack. */
  readonly detail: string | undefined
  constructor(key: string, index: number, { message, kind, code, detail }: Failure) {
    super(message)
    this.key = key
    this.index = index
    this.kind = kind
    this.code = code
    this.detail = detail
  }
}
