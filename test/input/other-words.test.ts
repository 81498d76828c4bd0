import { describe, expect, test } from 'vitest'
import { parseJob } from '../../src/input/parse-job.ts'

const stage = { name: 'a', map: './a.ts' }

function refusal(job: object, ofStage: object): string {
  const value = { input: { items: [1] }, ...job, stages: [{ ...stage, ...ofStage }] }
  try {
    parseJob(value, { file: 'job.ts', folder: '/jobs' })
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

const inStage = (fields: object) => refusal({}, fields)
const inJob = (fields: object) => refusal(fields, {})

describe('a word from elsewhere, or in another place, is told what it is here and where it goes', () => {
  test.each([
    // BullMQ
    ['attempts', 'did you mean retry: { attempts: 3 }?'],
    ['backoff', "did you mean retry: { delay: '1s' }?"],
    ['concurrency', 'write needs in the stage, or slots in the file of --machines FILE'],
    ['limiter', 'limits on rates are not available yet'],
    // Ray
    ['num_cpus', 'did you mean needs: { cpu: 1 }?'],
    ['num_gpus', 'did you mean needs: { gpu: 1 }?'],
    ['max_retries', 'did you mean retry: { attempts: 3 }?'],
    ['resources', "did you mean needs: { cpu: 1, memory: '900MB' }?"],
    ['runtime_env', "did you mean env: ['API_KEY']?"],
    // Temporal
    ['startToCloseTimeout', "did you mean timeout: '60s'?"],
    ['retryPolicy', 'did you mean retry: { attempts: 3 }?'],
    // Hatchet
    ['executionTimeout', "did you mean timeout: '60s'?"],
    ['parents', "did you mean after: 'ocr'?"],
    ['retries', 'did you mean retry: { attempts: 3 }?'],
    // A unit in the name, a batch, a field of the job
    ['timeout_ms', "did you mean timeout: '60s'?"],
    ['batchSize', "did you mean chunk: 'auto'?"],
    ['tolerate', "did you mean tolerate: { failed: '0.5%' } in the job, beside stages?"],
  ])('%s in a stage', (word, text) => {
    expect(inStage({ [word]: 3 })).toContain(`stages[0]: unknown field "${word}"; `)
    expect(inStage({ [word]: 3 })).toContain(text)
  })

  test.each([
    ['attempts', 'did you mean retry: { attempts: 3 } in a stage?'],
    ['retry', 'did you mean retry: { attempts: 3 } in a stage?'],
    ['resources', "did you mean needs: { cpu: 1, memory: '900MB' } in a stage?"],
    ['gpus', 'did you mean needs: { gpu: 1 } in a stage?'],
    ['timeout', "did you mean timeout: '60s' in a stage?"],
    ['maxAttempts', 'did you mean retry: { attempts: 3 } in a stage?'],
    ['output', "did you mean output: { jsonl: 'out.jsonl' } in a stage?"],
    ['tasks', 'did you mean stages: [{ name, map }]?'],
    ['deadline', "did you mean due: '2h'?"],
    ['cron', 'let cron call it'],
  ])('%s in the job', (word, text) => {
    expect(inJob({ [word]: 3 })).toContain(`unknown field "${word}"; `)
    expect(inJob({ [word]: 3 })).toContain(text)
  })

  test.each([
    ['retries', 'did you mean attempts: 3?'],
    ['maximumAttempts', 'did you mean attempts: 3?'],
    ['limit', 'did you mean attempts: 3?'],
    ['initialInterval', "did you mean delay: '1s'?"],
    ['maximumInterval', "did you mean maxDelay: '60s'?"],
    ['nonRetryableErrorTypes', "did you mean never: ['bad-input']?"],
    ['timeout', "did you mean timeout: '60s' in the stage?"],
  ])('%s in retry', (word, text) => {
    expect(inStage({ retry: { [word]: 3 } })).toContain(`retry: unknown field "${word}"; ${text}`)
  })

  test('a retry that is a number says what it may be', () => {
    expect(inStage({ retry: 3 })).toContain('retry: found 3; expected { attempts, delay,')
    expect(inStage({ retry: 3 })).toContain('such as { attempts: 3 }')
  })

  test('what is a word nowhere gets the list', () => {
    for (const word of ['zzzzzzz', 'toString', '__proto'])
      expect(inStage({ [word]: 3 })).toContain('known: name, map, reduce')
  })
})
