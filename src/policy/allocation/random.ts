import type { Allocation } from './allocation.ts'

/** Any machine, each as likely: the baseline every other choice must beat. */
export const random: Allocation = {
  name: 'random',
  source: 'the article, 3.2.3',
  binds: 'early',
  choose: view => {
    let offered = 0
    for (let machine = 0; machine < view.count; machine += 1) offered += view.offered[machine]
    let left = Math.floor(view.chance * offered)
    for (let machine = 0; machine < view.count; machine += 1) {
      if (view.offered[machine] === 0) continue
      if (left === 0) return machine
      left -= 1
    }
    return -1
  },
}
