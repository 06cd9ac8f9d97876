import { assignmentOf, type PoolAssignment } from './assignment.ts';
import type { Assignments } from './assignments.ts';
import { assignmentType } from './discoveryRequest.ts';
import { lengthField, type Pieces, textField } from './wireFields.ts';

/** What a subscription is to be sent. */
export interface DueResponse {
  readonly nonce: string;
  /** Clusters whose assignment it brings. */
  readonly clusters: readonly string[];
  /** Names that do not exist (incremental protocol only). */
  readonly removed: readonly string[];
}

const anyFields = { typeUrl: 1, value: 2 } as const;
const stateFields = { version: 1, resource: 2, typeUrl: 4, nonce: 5 } as const;
const deltaFields = { version: 1, resource: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;
const resourceFields = { version: 1, resource: 2, name: 3 } as const;

/** A `DiscoveryResponse`. */
export function encodeStateResponse({ nonce, clusters }: DueResponse, current: Assignments): Buffer {
  return Buffer.concat([
    ...textField(stateFields.version, current.version),
    ...clusters.flatMap((cluster) => lengthField(stateFields.resource, anyOf(cluster, current.of(cluster)))),
    ...textField(stateFields.typeUrl, assignmentType),
    ...textField(stateFields.nonce, nonce),
  ]);
}

/** A `DeltaDiscoveryResponse`. */
export function encodeDeltaResponse(due: DueResponse, current: Assignments): Buffer {
  return Buffer.concat([
    ...textField(deltaFields.version, current.version),
    ...due.clusters.flatMap((cluster) =>
      lengthField(deltaFields.resource, resourceOf(cluster, current.of(cluster))),
    ),
    ...textField(deltaFields.typeUrl, assignmentType),
    ...textField(deltaFields.nonce, due.nonce),
    ...due.removed.flatMap((name) => textField(deltaFields.removed, name)),
  ]);
}

function resourceOf(cluster: string, assignment: PoolAssignment): Pieces {
  return [
    ...textField(resourceFields.version, assignment.version),
    ...lengthField(resourceFields.resource, anyOf(cluster, assignment)),
    ...textField(resourceFields.name, cluster),
  ];
}

function anyOf(cluster: string, assignment: PoolAssignment): Pieces {
  return [
    ...textField(anyFields.typeUrl, assignmentType),
    ...lengthField(anyFields.value, assignmentOf(cluster, assignment)),
  ];
}
