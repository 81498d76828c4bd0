/** Why a stage can never run on a machine; without one where there is none at all. */
export type NeverFits = {
  readonly stage: string
  readonly machine?: string
  readonly reason: string
}

/** Nothing on this box could ever run the job. Exit code 3. */
export class NeverHere extends Error {
  override name = 'NeverHere'
  readonly refusals: readonly NeverFits[]

  /** `hints`: what may have been meant, a line each. */
  constructor(job: string, refusals: readonly NeverFits[], hints: readonly string[] = []) {
    const lines = refusals.map(({ stage, machine, reason }) =>
      machine === undefined ? `${stage}: ${reason}` : `${stage} on ${machine}: ${reason}`,
    )
    const list = [...lines, ...hints].map(line => `  ${line}`).join('\n')
    super(`${job} can never run here:\n${list}`)
    this.refusals = refusals
  }
}
