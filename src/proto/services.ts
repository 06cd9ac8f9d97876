import type { ExternalProcessorDefinition } from './generated/edge/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { HealthDefinition } from './generated/edge/grpc/health/v1/Health.ts';
import { loadProto } from './loadProto.ts';

export type { MethodDefinition } from '@grpc/proto-loader';

/**
 * The services of the gRPC port: Envoy's ext_proc and gRPC health, with their codecs.
 *
 * Absent fields are `undefined` instead of defaults: most fields of most messages are absent, and
 * filling them would be the larger part of decoding. Read them with `??`; the `service` of a health
 * check for the whole server is `undefined`. Each oneof has a virtual field of its name with the
 * name of the member that is set: `switch (message.request) { case 'request_headers': … }`.
 */
const edge = loadProto(
  ['envoy/service/ext_proc/v3/external_processor.proto', 'grpc/health/v1/health.proto'],
  {
    oneofs: true,
  },
);

export const externalProcessorService = edge[
  'envoy.service.ext_proc.v3.ExternalProcessor'
] as unknown as ExternalProcessorDefinition;

export const healthService = edge['grpc.health.v1.Health'] as unknown as HealthDefinition;
