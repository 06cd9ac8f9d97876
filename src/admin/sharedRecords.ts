import { connect, type EtcdOptions } from '../etcd/client.ts';
import { decodeInstance } from '../ledger/instances.ts';
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
    return reportOfRecords(new Map(Object.entries(records)), pool, `etcd ${options.endpoints.join(', ')}`);
  } finally {
    client.close();
  }
}

/**
 * What the records of one pool tell, pure. The unified view is the sum of everybody's counts.
 *
 * @param records by key relative to the pool: `instances/<id>`, `load/<id>`, `endpoints/<address>`
 */
export function reportOfRecords(
  records: ReadonlyMap<string, Uint8Array>,
  pool: string,
  source: string,
): StatusReport {
  const instances: Omit<InstanceLine, 'inFlight'>[] = [];
  const ownLoads = new Map<string, number>();
  const view = new Map<string, number>();
  let recordsSkipped = 0;

  for (const [key, value] of records) {
    const [kind, name] = splitKey(key);
    try {
      if (kind === 'instances') {
        const { id, release, generation, phase } = decodeInstance(name, value);
        instances.push({ id, release, generation, phase: phase ?? null });
      } else if (kind === 'load') {
        const { loads } = stateCodecs.contribution.decode(value);
        for (const { address, in_flight } of loads) {
          ownLoads.set(name, (ownLoads.get(name) ?? 0) + in_flight);
          view.set(address, (view.get(address) ?? 0) + in_flight);
        }
      } else if (kind === 'endpoints') view.set(name, view.get(name) ?? 0);
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
  return { pool, source, instances: lines, endpoints, recordsSkipped };
}

function splitKey(key: string): readonly [kind: string, name: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
}
