import {
  type ClientDuplexStream,
  credentials,
  makeClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { assignmentType } from '../../src/eds/discoveryRequest.ts';
import type { DeltaDiscoveryRequest } from '../../src/proto/generated/edge/envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponse__Output } from '../../src/proto/generated/edge/envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import type { DiscoveryRequest } from '../../src/proto/generated/edge/envoy/service/discovery/v3/DiscoveryRequest.ts';
import type { DiscoveryResponse__Output } from '../../src/proto/generated/edge/envoy/service/discovery/v3/DiscoveryResponse.ts';
import { aggregatedDiscoveryService, endpointDiscoveryService } from '../../src/proto/services.ts';
import { eventually } from './eventually.ts';
import { readAssignment } from './publishedPool.ts';

export const discoveryMethods = {
  StreamEndpoints: { service: endpointDiscoveryService, isDelta: false },
  DeltaEndpoints: { service: endpointDiscoveryService, isDelta: true },
  StreamAggregatedResources: { service: aggregatedDiscoveryService, isDelta: false },
  DeltaAggregatedResources: { service: aggregatedDiscoveryService, isDelta: true },
} as const;
export type DiscoveryMethod = keyof typeof discoveryMethods;

type Message = DiscoveryRequest | DeltaDiscoveryRequest;
type Answer = DiscoveryResponse__Output & DeltaDiscoveryResponse__Output;

/** One stream of endpoint discovery over a connection of its own. */
export class DiscoveryClient {
  readonly responses: Answer[] = [];
  /** How the stream ended: a gRPC status code. */
  status: number | undefined;
  readonly #isDelta: boolean;
  readonly #stream: ClientDuplexStream<Message, Answer>;
  readonly #client: { close(): void };

  constructor(address: string, method: DiscoveryMethod) {
    const { service, isDelta } = discoveryMethods[method];
    const Client = makeClientConstructor(service as unknown as ServiceDefinition, method);
    const client = new Client(address, credentials.createInsecure());
    this.#client = client;
    this.#isDelta = isDelta;
    const open = client[method] as unknown as () => ClientDuplexStream<Message, Answer>;
    this.#stream = open.call(client);
    this.#stream.on('data', (response: Answer) => this.responses.push(response));
    this.#stream.on('error', () => {});
    this.#stream.on('status', ({ code }: { code: number }) => {
      this.status = code;
    });
  }

  send(message: Message): void {
    this.#stream.write(message);
  }

  /** The first request of a stream for these clusters. */
  subscribe(...names: string[]): void {
    const node = { id: 'envoy-1' };
    const wanted = this.#isDelta ? { resource_names_subscribe: names } : { resource_names: names };
    this.send({ node, type_url: assignmentType, ...wanted });
  }

  /** Confirms the last response, or refuses it. */
  answer(names: string[], refusal?: string): void {
    const { nonce = '', version_info: version = '' } = this.responses.at(-1) ?? {};
    const error = refusal === undefined ? {} : { error_detail: { code: 3, message: refusal } };
    const rest = this.#isDelta ? {} : { resource_names: names, version_info: version };
    this.send({ type_url: assignmentType, response_nonce: nonce, ...rest, ...error });
  }

  /** What the last response says of each cluster. */
  get last(): { cluster: string; endpoints: Record<string, string> }[] {
    return assignmentsOf(this.responses.at(-1));
  }

  async received(count: number): Promise<void> {
    await eventually(() => this.responses.length >= count, { timeoutMs: 30_000 });
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}

/** What a response of either protocol says of each cluster. */
function assignmentsOf(response: Answer | undefined) {
  // The loader decodes Any into `{ type_url, value }`, here inside of Resource or alone.
  const resources = (response?.resources ?? []) as readonly unknown[];
  return resources.map((one) => {
    const any = ((one as { resource?: unknown }).resource ?? one) as { value: Buffer };
    return readAssignment(any.value);
  });
}
