import type { Baton } from '../../tools/testbed/baton.ts';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { drainsCleanly } from '../support/drainsCleanly.ts';
import { connectionManagerOf, extProcOf, forwardHeader, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { shortStreams } from '../support/faultRow.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { envoyRoutesTo, useTopology } from '../support/topology.ts';

/** Two pools in each instance, on one port: every request goes to a pod of its own pool. */
checkForLeaks();

const longWait = { timeoutMs: 60_000 };
const names = ['chat', 'embed'] as const;
type PoolName = (typeof names)[number];
const metadata = { namespace: 'test.pools', key: 'name' };

const pools = names.map((name) => ({
  name,
  matches: [
    { authority: `${name}.example` },
    { header: { name: 'x-pool', value: name } },
    { metadata: { ...metadata, value: name } },
  ],
}));

/** A header becomes metadata, and the port brings a cluster of each pool. */
function amendEnvoy(bootstrap: EnvoyBootstrap): void {
  waitForDecisions(bootstrap);
  for (const name of [':authority', 'x-pool']) forwardHeader(bootstrap, name);
  const options = extProcOf(bootstrap).metadata_options as {
    readonly forwarding_namespaces: { readonly untyped: string[] };
  };
  options.forwarding_namespaces.untyped.push(metadata.namespace);
  connectionManagerOf(bootstrap).http_filters.unshift({
    name: 'envoy.filters.http.header_to_metadata',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config',
      request_rules: [
        {
          header: 'x-route',
          on_header_present: { metadata_namespace: metadata.namespace, key: metadata.key },
        },
      ],
    },
  });
  bootstrap.node = { id: 'gateway', cluster: 'gateway' };
  for (const name of names) {
    const grpc_services = [{ envoy_grpc: { cluster_name: 'scheduler' } }];
    const api_config_source = { api_type: 'DELTA_GRPC', transport_api_version: 'V3', grpc_services };
    bootstrap.static_resources.clusters.push({
      name: `pods_of_${name}`,
      type: 'EDS',
      eds_cluster_config: {
        service_name: name,
        eds_config: { resource_api_version: 'V3', api_config_source },
      },
    });
  }
}

describe('with two pools behind one port', () => {
  const topology = useTopology({ pods: 4, podFlags: shortStreams, pools, amendEnvoy });

  const podsOf = (pool: PoolName) =>
    topology().pods.filter((_, index) => index % names.length === names.indexOf(pool));
  const idsOf = (pool: PoolName) => podsOf(pool).map(({ id }) => id);
  const stateOf = async (instance: Baton, pool: PoolName) => {
    const states = await instance.poolStates();
    const state = states[names.indexOf(pool)];
    if (state === undefined) throw new Error(`no pool ${pool}`);
    return state;
  };

  it.each<[string, (pool: PoolName) => Record<string, string>]>([
    ['authority', (pool) => ({ host: `${pool}.example:8080` })],
    ['a header', (pool) => ({ 'x-pool': pool })],
    ['metadata of a filter', (pool) => ({ 'x-route': pool })],
  ])('sends each request to a pod of the pool that %s names', async (_, headersFor) => {
    for (const pool of names) {
      const served = new Set<unknown>();
      for (let nth = 0; nth < 12; nth++) {
        const url = `${topology().envoy.url}/podsim/headers`;
        const { status, headers } = await sendHttp(url, { headers: headersFor(pool) });
        expect(status).toBe(200);
        served.add(headers['x-podsim-id']);
      }
      expect([...served].sort()).toEqual(idsOf(pool));
    }
  });

  it('answers a request that is for none of them with 404', async () => {
    const { status, headers, text } = await sendHttp(`${topology().envoy.url}/podsim/headers`);
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'pool_not_found' } });
  });

  it('shows each pool its own endpoints and counts, and Envoy a cluster of each', async () => {
    for (const pool of names) {
      const addresses = podsOf(pool).map(({ address }) => address);
      for (const instance of topology().instances) {
        const state = await stateOf(instance, pool);
        expect(state.pools).toEqual(names);
        expect(state.pool.map(({ address }) => address).sort()).toEqual([...addresses].sort());
      }
      await topology().envoy.waitForHealthy(`pods_of_${pool}`, addresses);
    }
  });

  it('loses and misroutes nothing in an upgrade, and stands by for both pools together', async () => {
    const { chatUrl: url, instances } = topology();
    const [a, b] = instances as [Baton, Baton];
    const loads = names.map((pool) => {
      const pace = { kind: 'closed', clients: 12, rampMs: 200 } as const;
      const load = new SseLoad({ url, pace, headers: { 'x-pool': pool } });
      void load.start();
      return { pool, load };
    });
    const allServedAgain = async () => {
      const goals = loads.map(({ load }) => load.report().ok + 24);
      await eventually(() => {
        for (const [nth, { load }] of loads.entries())
          expect(load.report().ok).toBeGreaterThanOrEqual(goals[nth] ?? 0);
      }, longWait);
    };
    try {
      await allServedAgain();
      await drainsCleanly(a);
      await a.start({ instance: { release: '2.0.0', generation: 2 } });
      await eventually(async () => {
        for (const pool of names) {
          expect((await stateOf(b, pool)).instance.phase).toBe('standby');
          expect((await stateOf(a, pool)).instance.phase).toBe('ready');
        }
      }, longWait);
      await envoyRoutesTo(topology(), [a]);
      await allServedAgain();
      await drainsCleanly(b);
      await b.start({ instance: { release: '2.0.0', generation: 2 } });
      await envoyRoutesTo(topology(), [a, b]);
      await allServedAgain();
    } finally {
      await Promise.all(loads.map(({ load }) => load.stop()));
    }
    for (const { pool, load } of loads) {
      const { failed, cut, problems, byPod } = load.report();
      expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
      expect(Object.keys(byPod).sort()).toEqual(idsOf(pool));
    }
    await eventually(async () => {
      for (const pool of names) {
        for (const instance of instances) {
          const { pool: endpoints } = await stateOf(instance, pool);
          expect(endpoints.map(({ view }) => view)).toEqual(endpoints.map(() => 0));
        }
      }
    }, longWait);
  }, 240_000);
});
