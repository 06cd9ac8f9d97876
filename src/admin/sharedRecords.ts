import { connect, type EtcdOptions } from '../etcd/client.ts';
import { decodeHandoff, weightAt } from '../ledger/handoffs.ts';
import { decodeInstance } from '../ledger/instances.ts';
import { reporterOf } from '../ledger/loadReports.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import type { EndpointLine, InstanceLine, StatusReport } from './statusReport.ts';

export interface SharedRecordsOptions extends EtcdOptions {
  /** Such as `/baton/v1`; the pool's name follows it. */
  readonly prefix: string;
}

/** Reads one pool's records once, as they are now, and joins nothing. */
export async function reportOfSharedRecords(
  options: SharedRecordsOptions,
  pool: string,
): Promise<StatusReport> {
  const client = connect(options, `${options.prefix}/${pool}/`);
  try {
    const records = await client.keys.getAll().buffers();
    const source = `etcd ${options.endpoints.join(', ')}`;
    return reportOfRecords(new Map(Object.entries(records)), pool, source, Date.now());
  } finally {
    client.close();
  }
}

/**
 * What the records of one pool tell, pure. The unified view is the sum of everybody's counts and of what those
 * who left have left behind, faded.
 *
 * @param records by key relative to the pool: `instances/<id>`, `load/<id>…`, `handoffs/…`, `endpoints/<address>`
 * @param unixMs the time of day
 */
export function reportOfRecords(
  records: ReadonlyMap<string, Uint8Array>,
  pool: string,
  source: string,
  unixMs: number,
): StatusReport {
  const instances: Omit<InstanceLine, 'inFlight'>[] = [];
  const ownLoads = new Map<string, number>();
  const view = new Map<string, number>();
  let handedOff = 0;
  let recordsSkipped = 0;
  const add = (address: string, count: number): void => {
    view.set(address, (view.get(address) ?? 0) + count);
  };

  for (const [key, value] of records) {
    const [kind, name] = splitKey(key);
    try {
      if (kind === 'instances') {
        const { id, release, generation, phase } = decodeInstance(name, value);
        instances.push({ id, release, generation, phase: phase ?? null });
      } else if (kind === 'load') {
        const { loads } = stateCodecs.loadReport.decode(value);
        const id = reporterOf(name);
        for (const { address, in_flight } of loads) {
          ownLoads.set(id, (ownLoads.get(id) ?? 0) + in_flight);
          add(address, in_flight);
        }
      } else if (kind === 'handoffs') {
        const { counts, handedOffUnixMs, ttlMs } = decodeHandoff(value);
        const weight = weightAt(unixMs - handedOffUnixMs, ttlMs);
        for (const [address, count] of counts) {
          add(address, count * weight);
          handedOff += count * weight;
        }
      } else if (kind === 'endpoints') add(name, 0);
    } catch {
      recordsSkipped += 1;
    }
  }

  const endpoints: EndpointLine[] = [...view].map(([address, inFlight]) => ({
    address,
    ready: null,
    inFlight,
  }));
  const lines = instances.map((instance) => ({ ...instance, inFlight: ownLoads.get(instance.id) ?? 0 }));
  return { pool, source, instances: lines, endpoints, handedOff: handedOff, recordsSkipped };
}

function splitKey(key: string): readonly [kind: string, name: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
}
