import type { EnvoyBootstrap } from '../tools/testbed/envoyAddresses.ts';

/** The parts of a shipped Envoy configuration that measurements change. */
export interface EnvoyParts {
  readonly bootstrap: EnvoyBootstrap;
  readonly runtime: EnvoyPart;
  readonly manager: EnvoyPart & { http_filters: Filter[] };
  /** Of the filter ext_proc. */
  readonly extProc: EnvoyPart & { processing_mode: EnvoyPart; grpc_service: EnvoyPart };
  readonly router: EnvoyPart;
  readonly schedulerCluster: EnvoyBootstrap['static_resources']['clusters'][number];
  /** `ip:port` of the first scheduler. */
  readonly schedulerAddress: string;
  /** Protocol options and retries of the schedulers. */
  readonly schedulerProtocol: EnvoyPart;
  /** Of that, HTTP/2. */
  readonly http2: EnvoyPart;
}

export type EnvoyPart = Record<string, unknown>;

interface Filter {
  readonly name: string;
  readonly typed_config: EnvoyPart;
}

const protocolKey = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

// biome-ignore-start lint/suspicious/noExplicitAny: parsed YAML, which Envoy validates
export function partsOf(bootstrap: EnvoyBootstrap): EnvoyParts {
  const { listeners, clusters } = bootstrap.static_resources as any;
  const manager = listeners[0].filter_chains[0].filters[0].typed_config;
  const filter = (name: string) => manager.http_filters.find((one: Filter) => one.name === name).typed_config;
  const schedulerCluster = clusters.find(({ name }: { name: string }) => name === 'scheduler');
  const { address, port_value } =
    schedulerCluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address;
  const schedulerProtocol = schedulerCluster.typed_extension_protocol_options[protocolKey];
  return {
    bootstrap,
    runtime: (bootstrap as any).layered_runtime.layers[0].static_layer,
    manager,
    extProc: filter('envoy.filters.http.ext_proc'),
    router: filter('envoy.filters.http.router'),
    schedulerCluster,
    schedulerAddress: `${address}:${port_value}`,
    schedulerProtocol,
    http2: schedulerProtocol.explicit_http_config.http2_protocol_options,
  };
}
// biome-ignore-end lint/suspicious/noExplicitAny: until here
