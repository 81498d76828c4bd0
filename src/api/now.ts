import type { State } from '../core/state.ts'

/**
 * Micros since the epoch, or what the journal says where the clock was set back since: no instant comes twice.
 * Steady as the loop's clock is: by one that is set ahead under a run, or went on while the box slept, what has
 * just begun would look a day old.
 */
export const nowOf = ({ now }: Pick<State, 'now'>): number =>
  Math.max(Math.floor((performance.timeOrigin + performance.now()) * 1_000), now)
