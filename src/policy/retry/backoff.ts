import type { Failure } from '../../model/failure.ts'
import type { RetrySpec } from '../../model/job.ts'

/**
 * Exponential backoff with full jitter (Brooker 2015): the delay is uniform between nothing and
 * `delay * 2^(tries - 1)`, so a burst of failures does not come back as a burst of retries.
 * `chance` in [0, 1) comes from the seed. Bad input is never retried: the item will not get better.
 */
export function decideRetry(
  rule: RetrySpec,
  failed: { readonly failure: Failure; readonly tries: number; readonly memoryScale: number },
  chance: number,
): { readonly delay: number; readonly memoryScale: number } | undefined {
  const { failure, tries } = failed
  if (tries >= rule.attempts) return undefined
  if (failure.kind === 'bad-input' || failure.kind === 'cancelled') return undefined
  if (rule.never.includes(failure.kind)) return undefined
  if (failure.code !== undefined && rule.never.includes(failure.code)) return undefined
  const grown =
    rule.on[failure.kind] ?? (failure.code === undefined ? undefined : rule.on[failure.code])
  const ceiling = Math.min(rule.maxDelay, rule.delay * 2 ** Math.min(30, tries - 1))
  return {
    delay: Math.floor(chance * ceiling),
    memoryScale: failed.memoryScale * (grown?.memory ?? 1),
  }
}
