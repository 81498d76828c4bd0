import * as z from 'zod'
import { parseBytes, parseDuration, parseFactor, parseShare } from '../std/units.ts'

/** Single values of a job file: texts, counts, durations, sizes. Every message says what was expected. */

export const DURATION = "expected a duration such as '60s', '250ms' or '2h'"
export const SIZE = "expected a size such as '900MB' or '1.5GiB', or a whole number of bytes"

export const text = (expected: string) => z.string({ error: expected }).min(1, { error: expected })
export const count = (expected: string) =>
  z.int({ error: expected }).min(1, { error: expected }).max(1_000_000_000, { error: expected })
export const duration = text(DURATION).refine(value => parseDuration(value) !== undefined, {
  error: DURATION,
})
export const positive = duration.refine(value => parseDuration(value) !== 0, {
  error: `${DURATION}, more than 0`,
})
export const size = z
  .union([z.string(), z.number()], { error: SIZE })
  .refine(value => parseBytes(value) !== undefined, { error: SIZE })
export const factor = text("expected a factor such as 'x2'").refine(
  value => parseFactor(value) !== undefined,
  { error: "expected a factor such as 'x2'" },
)
export const share = (expected: string) =>
  z
    .union([z.string(), z.number()], { error: expected })
    .refine(
      value =>
        typeof value === 'string'
          ? parseShare(value) !== undefined
          : Number.isSafeInteger(value) && value >= 0,
      { error: expected },
    )

export const path = (of: string) => text(`expected the path of ${of}`)

export const name = (of: string) =>
  z.string({ error: `expected the name of ${of}` }).regex(/^[A-Za-z0-9][\w.-]{0,99}$/, {
    error: `expected the name of ${of}: begins with a letter a to z or a digit, then also dots, dashes and underscores, at most 100`,
  })

const FAN_IN = 'expected how many results a node of the tree takes: 2 to 10,000'
export const fanIn = z
  .int({ error: FAN_IN })
  .min(2, { error: FAN_IN })
  .max(10_000, { error: FAN_IN })
