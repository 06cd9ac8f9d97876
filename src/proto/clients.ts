import {
  type ChannelCredentials,
  type ClientOptions,
  makeClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { ExternalProcessorClient } from './generated/edge/envoy/service/ext_proc/v3/ExternalProcessor.ts';
import type { HealthClient } from './generated/edge/grpc/health/v1/Health.ts';
import { externalProcessorService, healthService } from './services.ts';

/**
 * Typed clients of the two services, for health probes from the command line and for tests. The
 * server does not need them.
 */
type ClientClass<Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options?: ClientOptions,
) => Client;

export const ExternalProcessor = clientOf<ExternalProcessorClient>(
  externalProcessorService,
  'ExternalProcessor',
);

export const Health = clientOf<HealthClient>(healthService, 'Health');

function clientOf<Client>(service: ServiceDefinition, name: string): ClientClass<Client> {
  return makeClientConstructor(service, name) as unknown as ClientClass<Client>;
}
