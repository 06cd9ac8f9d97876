import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type {
  ClusterLoadAssignment,
  ClusterLoadAssignment__Output,
} from './generated/edge/envoy/config/endpoint/v3/ClusterLoadAssignment.ts';
import type { LbEndpoint, LbEndpoint__Output } from './generated/edge/envoy/config/endpoint/v3/LbEndpoint.ts';
import type { AggregatedDiscoveryServiceDefinition } from './generated/edge/envoy/service/discovery/v3/AggregatedDiscoveryService.ts';
import type { EndpointDiscoveryServiceDefinition } from './generated/edge/envoy/service/endpoint/v3/EndpointDiscoveryService.ts';
import type { ExternalProcessorDefinition } from './generated/edge/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { HealthDefinition } from './generated/edge/grpc/health/v1/Health.ts';
import { loadProto } from './loadProto.ts';

export type { MethodDefinition } from '@grpc/proto-loader';

/**
 * The services of the gRPC port with their codecs: Envoy's ext_proc and endpoint discovery, and
 * gRPC health.
 *
 * Absent fields are `undefined` instead of defaults: most fields of most messages are absent, and
 * filling them would be the larger part of decoding. Read them with `??`; the `service` of a health
 * check for the whole server is `undefined`. Each oneof has a virtual field of its name with the
 * name of the member that is set: `switch (message.request) { case 'request_headers': … }`.
 */
const edge = loadProto(
  [
    'envoy/service/ext_proc/v3/external_processor.proto',
    'grpc/health/v1/health.proto',
    'envoy/service/endpoint/v3/eds.proto',
    'envoy/service/discovery/v3/ads.proto',
  ],
  { oneofs: true },
);

export const externalProcessorService = edge[
  'envoy.service.ext_proc.v3.ExternalProcessor'
] as unknown as ExternalProcessorDefinition;

export const healthService = edge['grpc.health.v1.Health'] as unknown as HealthDefinition;

export const endpointDiscoveryService = edge[
  'envoy.service.endpoint.v3.EndpointDiscoveryService'
] as unknown as EndpointDiscoveryServiceDefinition;

export const aggregatedDiscoveryService = edge[
  'envoy.service.discovery.v3.AggregatedDiscoveryService'
] as unknown as AggregatedDiscoveryServiceDefinition;

export const lbEndpointCodec = edge[
  'envoy.config.endpoint.v3.LbEndpoint'
] as unknown as MessageTypeDefinition<LbEndpoint, LbEndpoint__Output>;

export const clusterLoadAssignmentCodec = edge[
  'envoy.config.endpoint.v3.ClusterLoadAssignment'
] as unknown as MessageTypeDefinition<ClusterLoadAssignment, ClusterLoadAssignment__Output>;
