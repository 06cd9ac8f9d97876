import { randomBytes } from 'node:crypto';
import type { ServerStream, ServerStreamListener, StreamHandler } from '../grpc/serverStream.ts';
import { aggregatedDiscoveryService, endpointDiscoveryService } from '../proto/services.ts';
import type { Log } from '../telemetry/log.ts';
import { AssignmentPublisher, type PublishedPool } from './assignmentPublisher.ts';
import { Assignments } from './assignments.ts';
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

/** A pool, and under which names it is served. */
export interface ServedPool {
  readonly pool: PublishedPool;
  readonly clusters: readonly string[];
}

export interface DiscoveryServicesOptions {
  readonly pools: readonly ServedPool[];
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: DiscoveryMetrics;
}

/**
 * Endpoint discovery: the pools for Envoy's clusters, by `EndpointDiscoveryService` and
 * `AggregatedDiscoveryService`, each as state of the world and incrementally. An instance that does
 * not know its pools yet refuses the stream, so that the client goes to another one.
 */
export class DiscoveryServices {
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  readonly #publishers = new Map<PublishedPool, AssignmentPublisher>();
  readonly #pools: readonly ServedPool[];
  /** undefined until every pool is known. */
  #current: Assignments | undefined;
  readonly #report: DiscoveryStreamOptions['report'];
  readonly #streams = new Set<Pick<DiscoveryStream<StateRequest>, 'end' | 'sendDue'>>();
  #distribution: NodeJS.Immediate | undefined;

  constructor({ pools, log, metrics }: DiscoveryServicesOptions) {
    const clusters = pools.flatMap((served) => served.clusters);
    const served = new Set(clusters);
    this.#report = discoveryLog(log, metrics, clusters);
    this.#pools = pools;
    for (const { pool } of pools)
      this.#publishers.set(pool, new AssignmentPublisher(pool, () => this.#onUpdate()));
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

  /** This pool, or the health of one of its endpoints, may have changed. */
  changed(pool: PublishedPool): void {
    this.#publishers.get(pool)?.changed();
  }

  /** How many are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** The open streams, and what they are sent of this pool. */
  report(pool: PublishedPool): { readonly streams: number; readonly version: string | null } {
    return { streams: this.streams, version: this.#publishers.get(pool)?.current?.version ?? null };
  }

  /** To be called when the server closes: clients never end a stream. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  async stop(): Promise<void> {
    clearImmediate(this.#distribution);
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.stop()));
  }

  #accept<Request extends StateRequest | DeltaRequest>(
    stream: ServerStream,
    protocol: DiscoveryProtocol<Request>,
    isAggregated: boolean,
  ): ServerStreamListener {
    const discovery: DiscoveryStream<Request> = new DiscoveryStream(protocol, {
      stream,
      isAggregated,
      current: () => this.#current,
      nonce: () => randomBytes(8).toString('hex'),
      report: this.#report,
      onOver: () => this.#streams.delete(discovery),
    });
    if (this.#current === undefined) stream.fail('UNAVAILABLE', 'the pool is not known yet');
    else if (this.#streams.size < maxStreams) this.#streams.add(discovery);
    else stream.fail('RESOURCE_EXHAUSTED', `there are ${maxStreams} streams of discovery already`);
    return discovery;
  }

  #onUpdate(): void {
    const served = this.#pools.flatMap(({ pool, clusters }) => {
      const assignment = this.#publishers.get(pool)?.current;
      return assignment === undefined ? [] : [{ clusters, assignment }];
    });
    if (served.length < this.#pools.length) return;
    this.#current = new Assignments(served);
    this.#distribute([...this.#streams]);
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
