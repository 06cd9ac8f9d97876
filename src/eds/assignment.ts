import { createHash } from 'node:crypto';
import { zoneOf } from '../scheduling/zone.ts';
import { encodeLbEndpoint, type PublishedEndpoint } from './lbEndpoint.ts';
import { lengthField, textField } from './wireFields.ts';

/** The pool as Envoy gets it. An empty pool has one too; a pool that is not known yet has none. */
export interface PoolAssignment {
  /** Hash of the content: the same in all instances that see the same pool. */
  readonly version: string;
  /** The fields of a `ClusterLoadAssignment`, without the name of the cluster. */
  readonly body: Buffer;
}

/** Endpoints of one step: about two milliseconds. */
const stepSize = 250;

const fieldsOf = {
  assignment: { clusterName: 1, endpoints: 2 },
  group: { locality: 1 },
  locality: { zone: 2 },
} as const;

/**
 * Encodes the pool, pure: endpoints grouped by zone, zones and addresses in order, so that
 * instances which learned of the pods in another order have the same bytes. In steps, so that a
 * large pool can leave the event loop in between.
 */
export function* buildAssignment(
  published: readonly PublishedEndpoint[],
): Generator<undefined, PoolAssignment> {
  const groups = new Map<string, PublishedEndpoint[]>();
  let steps = 0;
  for (const one of published) {
    const zone = zoneOf(one.endpoint);
    const group = groups.get(zone);
    if (group === undefined) groups.set(zone, [one]);
    else group.push(one);
    if (++steps % (4 * stepSize) === 0) yield;
  }
  const pieces: Uint8Array[] = [];
  for (const zone of [...groups.keys()].sort()) {
    const group = (groups.get(zone) ?? []).sort(byAddress);
    yield;
    const content: Uint8Array[] = [];
    if (zone !== '') {
      content.push(...lengthField(fieldsOf.group.locality, textField(fieldsOf.locality.zone, zone)));
    }
    for (const one of group) {
      content.push(encodeLbEndpoint(one));
      if (++steps % stepSize === 0) yield;
    }
    for (const piece of lengthField(fieldsOf.assignment.endpoints, content)) pieces.push(piece);
    yield;
  }
  const body = Buffer.concat(pieces);
  return { version: versionOf(body), body };
}

/** The same for the same content in every instance. */
export function versionOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** The `ClusterLoadAssignment` of one cluster. */
export function assignmentOf(cluster: string, { body }: PoolAssignment): readonly Uint8Array[] {
  return [...textField(fieldsOf.assignment.clusterName, cluster), body];
}

function byAddress(left: PublishedEndpoint, right: PublishedEndpoint): number {
  return left.endpoint.address < right.endpoint.address ? -1 : 1;
}
