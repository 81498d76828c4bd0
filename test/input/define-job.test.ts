import { expect, expectTypeOf, test } from 'vitest'
import { defineJob, type JobDefinition } from '../../src/input/define-job.ts'
import type { JobValue } from '../../src/input/job-schema.ts'

/** Checked by the compiler (`npm run check:types`): the documented type says what the schema says. */

type Frozen<T> = unknown extends T
  ? T
  : T extends readonly (infer Element)[]
    ? readonly Frozen<Element>[]
    : T extends object
      ? { readonly [Name in keyof T]: Frozen<T[Name]> }
      : T

type Stage<Job extends { readonly stages: readonly unknown[] }> = Job['stages'][number]
type Retry<Job extends { readonly stages: readonly { readonly retry?: unknown }[] }> = NonNullable<
  Stage<Job>['retry']
>
type NamesOf<Union> = Union extends unknown ? keyof Union : never

test('the type of a job has the fields of the schema, no more and no fewer, and takes the same', () => {
  expectTypeOf<keyof JobDefinition>().toEqualTypeOf<keyof JobValue>()
  expectTypeOf<keyof Stage<JobDefinition>>().toEqualTypeOf<keyof Stage<JobValue>>()
  expectTypeOf<keyof Retry<JobDefinition>>().toEqualTypeOf<keyof Retry<JobValue>>()
  expectTypeOf<NamesOf<JobDefinition['input']>>().toEqualTypeOf<NamesOf<JobValue['input']>>()
  expectTypeOf<JobValue>().toExtend<JobDefinition>()
  expectTypeOf<JobDefinition>().toExtend<Frozen<JobValue>>()
})

test('a job may be written as a constant', () => {
  const job = {
    name: 'constant',
    input: { items: [1, 2] },
    stages: [{ name: 'a', map: './a.ts', after: [], retry: { never: ['bad-input'] } }],
  } as const
  expect(defineJob(job)).toBe(job)
})
