import { splitHostPort } from '../hostPort.ts';
import type { HealthStatus } from '../proto/generated/edge/envoy/config/core/v3/HealthStatus.ts';
import { lbEndpointCodec } from '../proto/services.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { lengthField } from './wireFields.ts';

/** What Envoy learns of an endpoint's health; `unknown`: it has not been probed yet. */
export type PublishedHealth = 'healthy' | 'unhealthy' | 'unknown';

export interface PublishedEndpoint {
  readonly endpoint: Endpoint;
  readonly health: PublishedHealth;
}

const statuses: Readonly<Record<PublishedHealth, HealthStatus>> = {
  healthy: 'HEALTHY',
  unhealthy: 'UNHEALTHY',
  unknown: 'UNKNOWN',
};

/** Envoy's weights are whole numbers; the least weight of an endpoint is 0.01. */
const weightScale = 100;

/** By endpoint, which is the same object until one of its traits changes. */
const encoded = new WeakMap<Endpoint, { readonly health: PublishedHealth; readonly bytes: Buffer }>();

/** Of `lb_endpoints` in a `LocalityLbEndpoints`. */
const memberField = 2;

/**
 * A field `lb_endpoints` with its `LbEndpoint` message: the same bytes in every instance for the
 * same endpoint.
 */
export function encodeLbEndpoint({ endpoint, health }: PublishedEndpoint): Buffer {
  const known = encoded.get(endpoint);
  if (known?.health === health) return known.bytes;
  const { host, port } = splitHostPort(endpoint.address);
  const labels = Object.entries(endpoint.labels).sort(byKey);
  const fields = Object.fromEntries(labels.map(([name, stringValue]) => [name, { stringValue }]));
  const message = lbEndpointCodec.serialize({
    endpoint: { address: { socket_address: { address: host, port_value: port } } },
    health_status: statuses[health],
    ...(labels.length === 0 ? {} : { metadata: { filter_metadata: { 'envoy.lb': { fields } } } }),
    load_balancing_weight: { value: Math.max(1, Math.round(endpoint.weight * weightScale)) },
  });
  const bytes = Buffer.concat(lengthField(memberField, [message]));
  encoded.set(endpoint, { health, bytes });
  return bytes;
}

function byKey([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}
