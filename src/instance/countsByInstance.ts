import type { CountsByInstance } from '../admin/dashboard/feedMessage.ts';
import { addUp } from '../ledger/loadReports.ts';
import type { PoolParts } from './poolParts.ts';

/**
 * What each instance has in flight by endpoint, the local one first. The counts of a peer are read
 * from its last load report, where only their differences are kept otherwise.
 */
export function* countsByInstance({
  config,
  sharing,
}: Pick<PoolParts, 'config' | 'sharing'>): CountsByInstance {
  yield [config.instance.id, sharing.ledger.local()];
  if (sharing.kind === 'memory') return;
  const { loadReports } = sharing.ledger;
  for (const reporter of [...loadReports.reporters()].sort()) {
    const counts = new Map<string, number>();
    // Whole reports: one of a thousand endpoints takes a fraction of a slice.
    for (const _ of addUp(loadReports.records(reporter), counts));
    yield [reporter, counts];
  }
}
