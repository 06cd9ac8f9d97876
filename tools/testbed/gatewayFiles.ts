import type { BatonSettings } from './baton.ts';
import type { EnvoyBootstrap } from './envoyAddresses.ts';

/** A file of envoy/gateways/, and what it needs of Baton. */
export interface GatewayFile {
  /** In envoy/. */
  readonly configuration: string;
  readonly baton: BatonSettings;
  /** Envoy has a list of the pods; else it sends requests to any address that Baton names. */
  readonly listsPods: boolean;
  /** The subset hint of a filter in front reaches Baton. */
  readonly forwardsHints: boolean;
  /** A response goes on when its Baton is killed. */
  readonly survivesKill: boolean;
  /** Envoy keeps bodies up to its buffer limit, and answers 413 to longer ones. */
  readonly buffersBodies: boolean;
}

const fullDuplex = { survivesKill: true, buffersBodies: false } as const;
const oneAddress: BatonSettings = { gateway: { alternates: 0 } };

const files = {
  istio: { baton: {}, listsPods: true, forwardsHints: false, ...fullDuplex },
  'llm-d': { baton: oneAddress, listsPods: false, forwardsHints: false, ...fullDuplex },
  kgateway: { baton: oneAddress, listsPods: true, forwardsHints: true, ...fullDuplex },
  'envoy-ai-gateway': { baton: oneAddress, listsPods: false, forwardsHints: false, ...fullDuplex },
  'envoy-ai-gateway-buffered': {
    baton: oneAddress,
    listsPods: false,
    forwardsHints: false,
    survivesKill: false,
    buffersBodies: true,
  },
  'envoy-gateway': {
    baton: {},
    listsPods: true,
    forwardsHints: true,
    survivesKill: false,
    buffersBodies: false,
  },
  aibrix: {
    baton: { gateway: { aibrix: true, alternates: 0 } },
    listsPods: false,
    forwardsHints: false,
    survivesKill: false,
    buffersBodies: true,
  },
} as const satisfies Readonly<Record<string, Omit<GatewayFile, 'configuration'>>>;

export type GatewayName = keyof typeof files;

export const gatewayNames = Object.keys(files) as readonly GatewayName[];

export function gatewayFile(name: GatewayName): GatewayFile {
  return { configuration: `gateways/${name}.yaml`, ...files[name] };
}

/**
 * In a cluster the control plane takes instances that are not ready out of Envoy's list. A file has
 * no control plane: health checks do it here.
 */
export function withReadiness(bootstrap: EnvoyBootstrap): void {
  const scheduler = bootstrap.static_resources.clusters.find(({ name }) => name === 'scheduler');
  if (scheduler === undefined) throw new Error('the Envoy configuration has no cluster "scheduler"');
  scheduler.health_checks = [
    {
      grpc_health_check: { service_name: '' },
      interval: '1s',
      timeout: '0.5s',
      unhealthy_threshold: 2,
      healthy_threshold: 1,
      unhealthy_interval: '1s',
      no_traffic_interval: '1s',
    },
  ];
  scheduler.common_lb_config = { healthy_panic_threshold: { value: 0 }, update_merge_window: '0s' };
}
