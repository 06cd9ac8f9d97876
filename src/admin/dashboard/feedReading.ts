import type { InstanceStateSource } from '../state.ts';
import type { TurnQueue } from '../turnQueue.ts';
import { PodCounts } from '../verdict/podSummary.ts';
import { type FleetVerdict, verdictOf } from '../verdict/verdict.ts';
import { visitInSlices } from '../visitInSlices.ts';
import type { CountsByInstance, FeedMessage, PodRow } from './feedMessage.ts';

/** The state of one moment, as far as it is the same for all watchers. */
export interface FeedReading {
  readonly state: FeedMessage['state'];
  readonly verdict: FleetVerdict;
  readonly columns: readonly string[];
  /** The JSON of each `PodRow`, by address. */
  readonly rows: ReadonlyMap<string, string>;
}

/**
 * Reads the state in slices, as `/state` is read.
 *
 * @param goesOn whether there is still someone to read it for
 * @returns undefined when there was not
 */
export async function readForFeed(
  { pool, ...state }: InstanceStateSource,
  countsByInstance: CountsByInstance,
  turns: TurnQueue,
  goesOn: () => boolean,
): Promise<FeedReading | undefined> {
  const columns: string[] = [];
  const counts: ReadonlyMap<string, number>[] = [];
  const isCounted = await visitInSlices(
    countsByInstance,
    turns,
    ([id, ofInstance]) => {
      columns.push(id);
      counts.push(ofInstance);
    },
    goesOn,
  );
  if (!isCounted) return undefined;
  const pods = new PodCounts();
  const rows = new Map<string, string>();
  const isRead = await visitInSlices(
    pool,
    turns,
    (endpoint) => {
      pods.add(endpoint);
      const { address } = endpoint;
      const row: PodRow = { ...endpoint, by: counts.map((one) => one.get(address) ?? 0) };
      rows.set(address, JSON.stringify(row));
    },
    goesOn,
  );
  if (!isRead) return undefined;
  return { state, verdict: verdictOf(state, pods.summary()), columns, rows };
}
