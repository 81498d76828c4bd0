import type { State } from '../core/state.ts'

/** Micros since the epoch, or what the journal says where the clock was set back since: no instant comes twice. */
export const nowOf = ({ now }: Pick<State, 'now'>): number => Math.max(Date.now() * 1_000, now)
