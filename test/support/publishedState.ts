import { httpGetJson } from '../../tools/testbed/httpGet.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';

/** Of a pod, as Envoy has it and as an instance shows it. */
interface PublishedPod {
  readonly address: string;
  readonly health: 'HEALTHY' | 'UNHEALTHY';
  readonly weight: number;
}

interface LbEndpointDump {
  readonly endpoint: {
    readonly address: { readonly socket_address: { address: string; port_value: number } };
  };
  readonly health_status: string;
  readonly load_balancing_weight: number;
}

interface EndpointsDump {
  readonly static_endpoint_configs?: readonly { readonly endpoint_config: AssignmentDump }[];
  readonly dynamic_endpoint_configs?: readonly { readonly endpoint_config: AssignmentDump }[];
}

interface AssignmentDump {
  readonly cluster_name: string;
  readonly endpoints?: readonly { readonly lb_endpoints?: readonly LbEndpointDump[] }[];
}

/** The pods of Envoy's cluster, out of its config_dump. */
async function podsOfEnvoy(adminUrl: string): Promise<PublishedPod[]> {
  const dump = (await httpGetJson(`${adminUrl}/config_dump?include_eds`)) as { configs: EndpointsDump[] };
  const all = dump.configs.flatMap((one) => [
    ...(one.dynamic_endpoint_configs ?? []),
    ...(one.static_endpoint_configs ?? []),
  ]);
  const assignments = all.filter(({ endpoint_config: one }) => one?.cluster_name === 'default');
  const endpoints = assignments.flatMap(({ endpoint_config: one }) =>
    (one.endpoints ?? []).flatMap(({ lb_endpoints: members = [] }) => members),
  );
  return endpoints.map(({ endpoint, health_status: health, load_balancing_weight: weight }) => {
    const { address, port_value: port } = endpoint.address.socket_address;
    return { address: `${address}:${port}`, health: health as PublishedPod['health'], weight: weight / 100 };
  });
}

/** Waits until Envoy's config_dump shows exactly what `/state` of every running instance shows. */
export async function envoyShowsThePool(
  { envoy, instances }: Topology,
  addresses: readonly string[],
): Promise<void> {
  await eventually(
    async () => {
      const shown = byAddress(await podsOfEnvoy(envoy.adminUrl));
      expect(shown.map(({ address }) => address)).toEqual([...addresses].sort());
      for (const instance of instances.filter(({ process }) => process.running)) {
        const { pool } = await instance.state();
        const published = pool.map(({ address, quarantine, ready, weight }): PublishedPod => {
          const isUsed = ready && quarantine?.excluded !== true;
          return { address, health: isUsed ? 'HEALTHY' : 'UNHEALTHY', weight };
        });
        expect(shown).toEqual(byAddress(published));
      }
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
}

function byAddress(pods: readonly PublishedPod[]): PublishedPod[] {
  return pods.toSorted((left, right) => (left.address < right.address ? -1 : 1));
}
