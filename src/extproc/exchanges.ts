import { systemClock } from '../clock.ts';
import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { noRequestHeaders, type RequestHeadersFor } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { AibrixMode } from './aibrixMode.ts';
import { BodyArrivals } from './bodyArrivals.ts';
import type { BodyPhase } from './bodyPhase.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { type FullDuplexRules, fullDuplexRules } from './fullDuplex/fullDuplexRules.ts';
import type { StreamEnd } from './metrics.ts';
import type { ModelRewriter } from './modelRewriter.ts';
import type { OwnMode } from './ownMode.ts';
import { RepeatedFailures } from './repeatedFailures.ts';
import type { ExchangeSignals } from './routed.ts';
import { RouteReplies, type RouteReplyOptions } from './routeReplies.ts';

export interface ExchangesOptions {
  /** Called for each stream that arrives, before `answersStreams` is read. */
  readonly onStreamArrived: () => void;
  /**
   * While false, streams fail with UNAVAILABLE and Envoy retries them on another instance. Only
   * reads.
   */
  readonly answersStreams: () => boolean;
  /** Further streams fail with RESOURCE_EXHAUSTED, which Envoy does not retry. */
  readonly maxStreams: number;
  /** Read for each request. Default: none. */
  readonly requestHeaders?: RequestHeadersFor;
  readonly decide: (request: SchedulingRequest) => Decision;
  /** Decisions are spans. Default: no. */
  readonly isTraced?: boolean;
  readonly replies?: RouteReplyOptions;
  readonly retryAfterSeconds: number;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided' | 'body' | 'ended'>;
  /** Default: nothing is said of messages that are refused. */
  readonly repeatedFailures?: RepeatedFailures;
  /** undefined: no body is asked for. */
  readonly bodies?: Omit<BodyPhase, 'arrivals'>;
  /** undefined: no model is an alias. */
  readonly rewriter?: ModelRewriter | undefined;
  /** Default: streams are finished behind the request, which counts no more. */
  readonly fullDuplex?: FullDuplexRules;
  /** undefined: gateways that send bodies by themselves are not asked to send none. */
  readonly ownMode?: OwnMode | undefined;
  /** undefined: clients and routes are not those of AIBrix. */
  readonly aibrix?: AibrixMode | undefined;
  /** Clients are told which pod served, for conformance tests. Default: no. */
  readonly echoesServed?: boolean;
  /** Judges pods by how their exchanges end; undefined: no response is watched. */
  readonly signals?: ExchangeSignals | undefined;
}

/** The open exchanges, and when the last one arrived. */
export class Exchanges {
  readonly #options: ExchangesOptions;
  /** All exchanges share them. */
  readonly #exchangeOptions: ExchangeOptions;
  readonly #fullDuplex: FullDuplexRules;
  readonly #open = new Set<Exchange>();
  #lastOpenedMs = Number.NEGATIVE_INFINITY;
  #finished = 0;

  constructor(options: ExchangesOptions) {
    this.#options = options;
    this.#fullDuplex = options.fullDuplex ?? fullDuplexRules(systemClock);
    this.#exchangeOptions = {
      requestHeaders: options.requestHeaders ?? (() => noRequestHeaders),
      decide: options.decide,
      isTraced: options.isTraced ?? false,
      routeReplies: new RouteReplies(options.replies),
      retryAfterSeconds: options.retryAfterSeconds,
      bodies: options.bodies && { ...options.bodies, arrivals: new BodyArrivals() },
      rewriter: options.rewriter,
      fullDuplex: this.#fullDuplex,
      ownMode: options.ownMode,
      aibrix: options.aibrix,
      echoesServed: options.echoesServed ?? false,
      nowMs: options.nowMs,
      recorder: options.recorder,
      repeatedFailures: options.repeatedFailures ?? new RepeatedFailures(),
      signals: options.signals,
      onClosed: (exchange, how) => this.#onClosed(exchange, how),
    };
  }

  get open(): number {
    return this.#open.size;
  }

  /** Requests that count by assumption: their exchange with this instance is over. */
  get assumed(): number {
    return this.#fullDuplex.left.count;
  }

  /** How many have ended since the start, in any way. */
  get finished(): number {
    return this.#finished;
  }

  /** All reservations by endpoint, counted one by one for the consistency check. */
  reserved(): ReadonlyMap<string, number> {
    const reserved = new Map<string, number>();
    for (const { reservedEndpoint: endpoint } of this.#open) {
      if (endpoint !== undefined) reserved.set(endpoint, (reserved.get(endpoint) ?? 0) + 1);
    }
    this.#fullDuplex.left.countInto(reserved);
    return reserved;
  }

  /** Milliseconds since the last stream arrived; Infinity before the first. */
  quietMs(): number {
    return this.#options.nowMs() - this.#lastOpenedMs;
  }

  accept(stream: ServerStream): ServerStreamListener {
    const { onStreamArrived, answersStreams, maxStreams, nowMs, recorder } = this.#options;
    onStreamArrived();
    if (!answersStreams()) return fail(stream, 'UNAVAILABLE', 'this instance does not accept requests');
    if (this.#open.size >= maxStreams) {
      recorder.undecided('overloaded');
      return fail(stream, 'RESOURCE_EXHAUSTED', `limits.maxStreams (${maxStreams}) is reached`);
    }
    this.#lastOpenedMs = nowMs();
    const exchange = new Exchange(stream, this.#lastOpenedMs, this.#exchangeOptions);
    this.#open.add(exchange);
    return exchange;
  }

  /**
   * Decides on those that wait for a body, by their headers. To be called before they are
   * half-closed, so that their requests, which go on, are counted.
   */
  settleAll(): void {
    for (const exchange of this.#open) exchange.settle();
  }

  /**
   * Half-closes the open exchanges, but for those that owe bytes of a body, and counts no requests
   * by assumption any more.
   *
   * @returns how many were half-closed
   */
  halfCloseAll(): number {
    this.#fullDuplex.left.releaseAll();
    let count = 0;
    for (const exchange of [...this.#open]) count += exchange.halfClose() ? 1 : 0;
    return count;
  }

  #onClosed(exchange: Exchange, how: StreamEnd): void {
    this.#open.delete(exchange);
    this.#finished += 1;
    this.#options.recorder.ended(how);
  }
}

function fail(stream: ServerStream, code: FailureStatus, message: string): ServerStreamListener {
  stream.fail(code, message);
  return { onMessage() {}, onEnd() {}, onClosed() {} };
}
