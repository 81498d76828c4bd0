import type { Allocation } from './allocation.ts'
import { mct } from './mct.ts'

/** Follows an adopted plan while the machine it names can take the task; anything else goes where it finishes first. */
export const planned: Allocation = {
  name: 'planned',
  source: 'predictive-reactive scheduling, Vieira, Herrmann and Lin 2003',
  binds: 'early',
  placesAnew: true,
  autoTries: 'never',
  choose: view =>
    view.planned >= 0 && view.offered[view.planned] === 1 ? view.planned : mct.choose(view),
}
