import { connect, type EtcdOptions } from '../etcd/client.ts';
import { readNames } from '../etcd/readNames.ts';
import { handoffWeight } from '../ledger/handoffWeight.ts';
import { countUnreadable, type PoolRecords, readPoolRecords } from '../ledger/poolRecords.ts';
import { worstJudgments } from '../signals/worstJudgments.ts';
import type { StatusReport } from './statusReport.ts';

export interface StatusReportOptions extends EtcdOptions {
  /** Such as `/baton/v1`; the pool's name follows it. */
  readonly prefix: string;
}

/** Reads one pool's records from etcd once, as they are now. */
export async function readStatusReport(options: StatusReportOptions, pool: string): Promise<StatusReport> {
  const client = connect(options, `${options.prefix}/${pool}/`);
  try {
    const source = `etcd ${options.endpoints.join(', ')}`;
    return statusOfRecords(await readPoolRecords(client), pool, source, Date.now());
  } finally {
    client.close();
  }
}

/** The pools that have records under the prefix, in order. */
export async function readPoolNames(options: StatusReportOptions): Promise<readonly string[]> {
  const client = connect(options, `${options.prefix}/`);
  try {
    return await readNames(client);
  } finally {
    client.close();
  }
}

/**
 * The status that one pool's records show, pure. The unified view is the sum of all load reports
 * and of the handoffs at their weight.
 *
 * @param unixMs the time of day
 */
export function statusOfRecords(
  records: PoolRecords,
  pool: string,
  source: string,
  unixMs: number,
): StatusReport {
  const { instances, loadReports, handoffs, endpoints } = records;
  const totals = new Map<string, number>();
  const view = new Map<string, number>();
  let handedOff = 0;
  const add = (address: string, count: number): void => {
    view.set(address, (view.get(address) ?? 0) + count);
  };

  for (const [id, counts] of loadReports) {
    let total = 0;
    for (const [address, count] of counts) {
      total += count;
      add(address, count);
    }
    totals.set(id, total);
  }
  for (const { counts, handedOffUnixMs, ttlMs } of handoffs.values()) {
    const weight = handoffWeight(unixMs - handedOffUnixMs, ttlMs);
    for (const [address, count] of counts) {
      add(address, count * weight);
      handedOff += count * weight;
    }
  }
  for (const address of endpoints.keys()) add(address, 0);
  const judgments = worstJudgments(records.signals);
  for (const address of judgments.keys()) add(address, 0);
  for (const address of records.readings.keys()) add(address, 0);

  return {
    pool,
    source,
    instances: [...instances.values()].map(({ id, release, generation, phase, withoutEndpoints }) => {
      const inFlight = totals.get(id) ?? 0;
      return { id, release, generation, phase: phase ?? null, degraded: null, withoutEndpoints, inFlight };
    }),
    endpoints: [...view].map(([address, inFlight]) => {
      const { health, reason } = judgments.get(address) ?? { health: null, reason: null };
      const said = records.readings.get(address)?.reading;
      const reading = said
        ? {
            running: said.running ?? null,
            waiting: said.waiting ?? null,
            cacheHitRate: null,
            firstTokenMs: null,
          }
        : null;
      return { address, ready: null, health, reason, inFlight, countedBy: null, reading };
    }),
    handedOff,
    recordsSkipped: countUnreadable(records, ['instances', 'load', 'handoffs', 'signals']),
  };
}
