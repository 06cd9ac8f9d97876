import { assignmentOf, buildAssignment, type PoolAssignment } from '../../../src/eds/assignment.ts';
import type { PublishedEndpoint, PublishedHealth } from '../../../src/eds/lbEndpoint.ts';
import { clusterLoadAssignmentCodec } from '../../../src/proto/services.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { endpoint } from '../../support/endpoints.ts';

const published = (
  address: string,
  traits: Partial<Endpoint> = {},
  health: PublishedHealth = 'healthy',
): PublishedEndpoint => ({ endpoint: { ...endpoint(address), ...traits }, health });

/** Runs every step. @returns the assignment and the number of pauses */
function build(all: readonly PublishedEndpoint[]): { assignment: PoolAssignment; pauses: number } {
  const steps = buildAssignment(all);
  let pauses = 0;
  for (;;) {
    const step = steps.next();
    if (step.done) return { assignment: step.value, pauses };
    pauses += 1;
  }
}

const decoded = (all: readonly PublishedEndpoint[], cluster = 'pods') =>
  clusterLoadAssignmentCodec.deserialize(Buffer.concat(assignmentOf(cluster, build(all).assignment)));
const versionOf = (all: readonly PublishedEndpoint[]) => build(all).assignment.version;

describe('the assignment of a pool', () => {
  it('has address, health, weight, labels and the zone of each endpoint', () => {
    const labels = { zone: 'b', tier: 'großzügig' };
    const all = [
      published('10.0.0.2:8000', { labels, weight: 2.5 }),
      published('[2001:db8::1]:8000', {}, 'unhealthy'),
      published('10.0.0.1:80', { labels: { 'topology.kubernetes.io/zone': 'a' }, weight: 0.01 }, 'unknown'),
    ];
    expect(decoded(all)).toMatchObject({
      cluster_name: 'pods',
      endpoints: [
        { lb_endpoints: [lbEndpoint('2001:db8::1', 8000, 'UNHEALTHY', 100)] },
        { locality: { zone: 'a' }, lb_endpoints: [lbEndpoint('10.0.0.1', 80, 'UNKNOWN', 1)] },
        { locality: { zone: 'b' }, lb_endpoints: [lbEndpoint('10.0.0.2', 8000, 'HEALTHY', 250)] },
      ],
    });
    const [, , b] = decoded(all).endpoints ?? [];
    expect(b?.lb_endpoints?.[0]?.metadata).toEqual({
      filter_metadata: {
        'envoy.lb': {
          fields: {
            tier: { stringValue: 'großzügig', kind: 'stringValue' },
            zone: { stringValue: 'b', kind: 'stringValue' },
          },
        },
      },
    });
  });

  it('is the same, with the same version, in an instance that learned of the pods in another order', () => {
    const all = ['10.0.0.1:1', '10.0.0.9:1', '10.0.0.10:1'].map((address) =>
      published(address, { labels: { zone: 'a', x: '1', 10: 'ten' } }),
    );
    const others = all
      .map(({ endpoint: one, health }) => {
        const labels = Object.fromEntries(Object.entries(one.labels).reverse());
        return { endpoint: { ...one, labels }, health };
      })
      .reverse();
    expect(build(others).assignment).toEqual(build(all).assignment);
  });

  it.each<[string, PublishedEndpoint]>([
    ['its health', published('10.0.0.1:8000', {}, 'unhealthy')],
    ['its weight', published('10.0.0.1:8000', { weight: 1.01 })],
    ['a label', published('10.0.0.1:8000', { labels: { a: 'b' } })],
    ['its zone', published('10.0.0.1:8000', { labels: { zone: 'a' } })],
    ['its port', published('10.0.0.1:8001')],
  ])('has another version when an endpoint changes %s', (_what, changed) => {
    expect(versionOf([changed])).not.toBe(versionOf([published('10.0.0.1:8000')]));
  });

  it('of an empty pool has a version and no endpoint', () => {
    expect(versionOf([])).toMatch(/^[0-9a-f]{16}$/);
    expect(decoded([])).toEqual({ cluster_name: 'pods' });
  });

  it('of 10,000 endpoints is built in at least 40 steps, and changes only where one changes', () => {
    const all = Array.from({ length: 10_000 }, (_, i) => published(`10.1.${i >> 8}.${i & 255}:8000`));
    const { assignment, pauses } = build(all);
    expect(pauses).toBeGreaterThanOrEqual(40);
    const changed = all.with(5_000, { ...(all[5_000] as PublishedEndpoint), health: 'unhealthy' });
    const after = build(changed).assignment;
    expect(after.version).not.toBe(assignment.version);
    const differing = after.body.filter((byte, index) => byte !== assignment.body[index]);
    expect(differing).toHaveLength(1);
  });
});

function lbEndpoint(address: string, port: number, health: string, weight: number) {
  return {
    endpoint: { address: { socket_address: { address, port_value: port } } },
    health_status: health,
    load_balancing_weight: { value: weight },
  };
}
