import type { Order } from './order.ts'

/**
 * Weighted dominant-resource fairness. Every start is charged to its run's tenant: time x the largest
 * share it takes of any resource, over the run's `share`. The tenant charged least goes next; one that
 * was away is counted from now on and gets no credit for it (start tags of fair queueing). Runs under
 * other orders take part as their tenants while a run under this one is active. Between the tasks of
 * one tenant: first come, first served.
 */
export const fair: Order = {
  name: 'fair',
  source: 'Ghodsi et al. 2011 (DRF) and 2012 (DRFQ, start tags)',
  serves: 'a wish',
  key: task => task.releasedAt,
  betweenTenants: true,
  global: false,
}
