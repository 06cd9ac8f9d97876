import { parse } from 'yaml';
import { splitHostPort } from '../../src/hostPort.ts';

/**
 * Sets addresses in a shipped Envoy configuration, so that tests run what users run. Pure: text in,
 * text out; everything else stays the same.
 */
export interface EnvoyAddresses {
  /** Loopback port of the listener `ingress`. */
  readonly listenerPort: number;
  readonly adminPort: number;
  /** `ip:port` of each endpoint of the cluster `scheduler`. */
  readonly schedulers: readonly string[];
  /** `ip:port` of each endpoint of the cluster `model_pods`, where the file lists them. */
  readonly pods: readonly string[];
}

/** The parts of a bootstrap that are changed here. */
export interface EnvoyBootstrap {
  admin: { address: Address };
  static_resources: {
    listeners: { name: string; address: Address; [more: string]: unknown }[];
    clusters: { name: string; load_assignment?: LoadAssignment; [more: string]: unknown }[];
  };
  [more: string]: unknown;
}

interface Address {
  socket_address: { address: string; port_value: number };
}

interface LoadAssignment {
  cluster_name: string;
  endpoints: { lb_endpoints: LbEndpoint[] }[];
}

interface LbEndpoint {
  endpoint: { address: Address; [more: string]: unknown };
  metadata?: { filter_metadata: Record<string, Record<string, string>> };
}

/**
 * Returns JSON, which Envoy accepts too. `amend` may change anything else.
 *
 * @throws Error when the configuration has no such listener or cluster.
 */
export function withAddresses(
  yamlText: string,
  addresses: EnvoyAddresses,
  amend: (bootstrap: EnvoyBootstrap) => void = () => {},
): string {
  const bootstrap = parse(yamlText, { merge: true }) as EnvoyBootstrap;
  const { listeners, clusters } = bootstrap.static_resources;
  bootstrap.admin.address = socketAddress(`127.0.0.1:${addresses.adminPort}`);
  named(listeners, 'ingress').address = socketAddress(`127.0.0.1:${addresses.listenerPort}`);
  replaceEndpoints(named(clusters, 'scheduler').load_assignment, addresses.schedulers);
  const pods = named(clusters, 'model_pods').load_assignment;
  // An ORIGINAL_DST cluster has no list: any address will do.
  if (pods !== undefined) replaceEndpoints(pods, addresses.pods);
  amend(bootstrap);
  return `${JSON.stringify(bootstrap, null, 2)}\n`;
}

function named<T extends { name: string }>(items: readonly T[], name: string): T {
  const item = items.find((candidate) => candidate.name === name);
  if (!item) throw new Error(`the Envoy configuration has nothing named "${name}"`);
  return item;
}

/**
 * Each new endpoint keeps the other fields of the first shipped one, such as the port of a health
 * check.
 */
function replaceEndpoints(assignment: LoadAssignment | undefined, addresses: readonly string[]): void {
  if (assignment === undefined) return;
  const example = assignment.endpoints[0]?.lb_endpoints[0];
  if (!example)
    throw new Error(`the Envoy cluster "${assignment.cluster_name}" has no endpoint to take as example`);
  assignment.endpoints = [
    {
      lb_endpoints: addresses.map((address) => ({
        ...example,
        endpoint: { ...example.endpoint, address: socketAddress(address) },
        ...(example.metadata && { metadata: withOwnAddress(example.metadata, address) }),
      })),
    },
  ];
}

/** Where metadata of an endpoint name its address (lb_subset), they name the new one. */
function withOwnAddress(
  { filter_metadata: namespaces }: NonNullable<LbEndpoint['metadata']>,
  address: string,
): NonNullable<LbEndpoint['metadata']> {
  const named = Object.entries(namespaces).map(([namespace, values]) => [
    namespace,
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, /^[\d.]+:\d+$/.test(value) ? address : value]),
    ),
  ]);
  return { filter_metadata: Object.fromEntries(named) };
}

function socketAddress(text: string): Address {
  const { host, port } = splitHostPort(text);
  return { socket_address: { address: host, port_value: port } };
}
