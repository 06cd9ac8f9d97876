import type { PublishedPool } from '../../src/eds/assignmentPublisher.ts';
import type { PublishedEndpoint, PublishedHealth } from '../../src/eds/lbEndpoint.ts';
import { clusterLoadAssignmentCodec } from '../../src/proto/services.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { endpoint } from './endpoints.ts';

/** A pool for endpoint discovery that a test changes. */
export class TestPool implements PublishedPool {
  isReadAlready = true;
  readonly all = new Map<string, PublishedEndpoint>();

  isKnown(): boolean {
    return this.isReadAlready;
  }

  endpoints(): readonly PublishedEndpoint[] {
    return [...this.all.values()];
  }

  set(address: string, health: PublishedHealth = 'healthy', traits: Partial<Endpoint> = {}): this {
    this.all.set(address, { endpoint: { ...endpoint(address), ...traits }, health });
    return this;
  }

  /** What a client has to know of it, as `readAssignment` returns it. */
  expected(): Record<string, string> {
    const entries = this.endpoints().map((one) => [one.endpoint.address, one.health.toUpperCase()]);
    return Object.fromEntries(entries.sort());
  }
}

/** Health by address, out of an encoded `ClusterLoadAssignment`. */
export function readAssignment(bytes: Buffer): { cluster: string; endpoints: Record<string, string> } {
  const { cluster_name: cluster = '', endpoints: groups = [] } =
    clusterLoadAssignmentCodec.deserialize(bytes);
  const entries = groups.flatMap(({ lb_endpoints: all = [] }) =>
    all.map(({ endpoint: one, health_status: health = 'UNKNOWN' }) => {
      const { address = '', port_value: port = 0 } = one?.address?.socket_address ?? {};
      return [`${address.includes(':') ? `[${address}]` : address}:${port}`, String(health)] as const;
    }),
  );
  return { cluster, endpoints: Object.fromEntries([...entries].sort()) };
}
