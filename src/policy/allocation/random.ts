import type { Allocation } from './allocation.ts'
import { countOffered, nthOffered } from './offered.ts'

/** Any machine, each as likely: the baseline every other choice must beat. */
export const random: Allocation = {
  name: 'random',
  source: 'the article, 3.2.3',
  binds: 'early',
  autoTries: 'never',
  choose: view => nthOffered(view, Math.floor(view.chance * countOffered(view))),
}
