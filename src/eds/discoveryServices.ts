import { randomBytes } from 'node:crypto';
import type { ServerStream, ServerStreamListener, StreamHandler } from '../grpc/serverStream.ts';
import { aggregatedDiscoveryService, endpointDiscoveryService } from '../proto/services.ts';
import type { Log } from '../telemetry/log.ts';
import { AssignmentPublisher, type PublishedPool } from './assignmentPublisher.ts';
import { DeltaSubscription } from './deltaSubscription.ts';
import { discoveryLog } from './discoveryLog.ts';
import {
  type DeltaRequest,
  readDeltaRequest,
  readStateRequest,
  type StateRequest,
} from './discoveryRequest.ts';
import { encodeDeltaResponse, encodeStateResponse } from './discoveryResponse.ts';
import { type DiscoveryProtocol, DiscoveryStream, type DiscoveryStreamOptions } from './discoveryStream.ts';
import type { DiscoveryMetrics } from './metrics.ts';
import { StateSubscription } from './stateSubscription.ts';

/** An Envoy opens one stream for each of its sources of configuration. */
const maxStreams = 1_000;
/** Encoded for streams in one turn of the event loop: about a millisecond. */
const bytesAtOnce = 1_048_576;

export interface DiscoveryServicesOptions {
  readonly pool: PublishedPool;
  /** Under which names the pool is served. */
  readonly clusters: readonly string[];
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: DiscoveryMetrics;
}

/**
 * Endpoint discovery: the pool for Envoy's clusters, by `EndpointDiscoveryService` and
 * `AggregatedDiscoveryService`, each as state of the world and incrementally. An instance that does
 * not know its pool yet refuses the stream, so that the client goes to another one.
 */
export class DiscoveryServices {
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  readonly #publisher: AssignmentPublisher;
  readonly #report: DiscoveryStreamOptions['report'];
  readonly #streams = new Set<Pick<DiscoveryStream<StateRequest>, 'end' | 'sendDue'>>();
  #distribution: NodeJS.Immediate | undefined;

  constructor({ pool, clusters, log, metrics }: DiscoveryServicesOptions) {
    const served = new Set(clusters);
    this.#report = discoveryLog(log, metrics, clusters);
    this.#publisher = new AssignmentPublisher(pool, () => this.#distribute([...this.#streams]));
    const state: DiscoveryProtocol<StateRequest> = {
      read: readStateRequest,
      subscription: () => new StateSubscription(served),
      encode: encodeStateResponse,
    };
    const delta: DiscoveryProtocol<DeltaRequest> = {
      read: readDeltaRequest,
      subscription: () => new DeltaSubscription(served),
      encode: encodeDeltaResponse,
    };
    const { StreamEndpoints, DeltaEndpoints } = endpointDiscoveryService;
    const { StreamAggregatedResources, DeltaAggregatedResources } = aggregatedDiscoveryService;
    this.handlers = new Map([
      [StreamEndpoints.path, (stream) => this.#accept(stream, state, false)],
      [DeltaEndpoints.path, (stream) => this.#accept(stream, delta, false)],
      [StreamAggregatedResources.path, (stream) => this.#accept(stream, state, true)],
      [DeltaAggregatedResources.path, (stream) => this.#accept(stream, delta, true)],
    ]);
  }

  /** The pool, or the health of an endpoint, may have changed. */
  changed(): void {
    this.#publisher.changed();
  }

  report(): { readonly streams: number; readonly version: string | null } {
    return { streams: this.#streams.size, version: this.#publisher.current?.version ?? null };
  }

  /** To be called when the server closes: clients never end a stream. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  async stop(): Promise<void> {
    clearImmediate(this.#distribution);
    await this.#publisher.stop();
  }

  #accept<Request extends StateRequest | DeltaRequest>(
    stream: ServerStream,
    protocol: DiscoveryProtocol<Request>,
    isAggregated: boolean,
  ): ServerStreamListener {
    const discovery: DiscoveryStream<Request> = new DiscoveryStream(protocol, {
      stream,
      isAggregated,
      current: () => this.#publisher.current,
      nonce: () => randomBytes(8).toString('hex'),
      report: this.#report,
      onOver: () => this.#streams.delete(discovery),
    });
    if (this.#publisher.current === undefined) stream.fail('UNAVAILABLE', 'the pool is not known yet');
    else if (this.#streams.size < maxStreams) this.#streams.add(discovery);
    else stream.fail('RESOURCE_EXHAUSTED', `there are ${maxStreams} streams of discovery already`);
    return discovery;
  }

  /** Not to all in one turn: the list of a large pool is about a megabyte. */
  #distribute(rest: Pick<DiscoveryStream<StateRequest>, 'sendDue'>[]): void {
    clearImmediate(this.#distribution);
    this.#distribution = undefined;
    let bytes = 0;
    let next = rest.pop();
    while (next !== undefined) {
      bytes += next.sendDue();
      if (bytes >= bytesAtOnce) break;
      next = rest.pop();
    }
    if (rest.length > 0) this.#distribution = setImmediate(() => this.#distribute(rest));
  }
}
