import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import type { StreamEnd } from './metrics.ts';

export interface ExchangesOptions {
  /** Called for each stream that arrives, before `answersStreams` is read. */
  readonly onStreamArrived: () => void;
  /**
   * While false, streams fail with UNAVAILABLE and Envoy retries them on another instance. Only
   * reads.
   */
  readonly answersStreams: () => boolean;
  /** More than so many at once are refused with RESOURCE_EXHAUSTED, which no retry makes better. */
  readonly maxStreams: number;
  readonly decide: (facts: SchedulingRequest) => Decision;
  readonly extraHeaders: readonly string[];
  readonly retryAfterSeconds: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided' | 'ended'>;
}

/** The exchanges that are open, and when the last one came. */
export class Exchanges {
  readonly #options: ExchangesOptions;
  /** The same for all. */
  readonly #exchangeOptions: ExchangeOptions;
  readonly #open = new Set<Exchange>();
  #lastOpenedMs = Number.NEGATIVE_INFINITY;
  #finished = 0;

  constructor(options: ExchangesOptions) {
    this.#options = options;
    this.#exchangeOptions = {
      decide: options.decide,
      extraHeaders: options.extraHeaders,
      retryAfterSeconds: options.retryAfterSeconds,
      recorder: options.recorder,
      nowMs: options.nowMs,
      onClosed: (closed, how) => this.#closed(closed, how),
    };
  }

  get open(): number {
    return this.#open.size;
  }

  /** How many have ended since the start, whatever the way. */
  get finished(): number {
    return this.#finished;
  }

  /** How many of the open ones hold a reservation, by endpoint: counted anew, one by one. */
  reserved(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const { reservedEndpoint: holds } of this.#open)
      if (holds !== undefined) held.set(holds, (held.get(holds) ?? 0) + 1);
    return held;
  }

  /** Milliseconds since the last stream came; Infinity before the first. */
  quietMs(): number {
    return this.#options.nowMs() - this.#lastOpenedMs;
  }

  accept(stream: ServerStream): ServerStreamListener {
    const { onStreamArrived, answersStreams, maxStreams, nowMs, recorder } = this.#options;
    onStreamArrived();
    if (!answersStreams()) return refuse(stream, 'UNAVAILABLE', 'this instance takes no requests now');
    if (this.#open.size >= maxStreams) {
      recorder.undecided('overloaded');
      return refuse(stream, 'RESOURCE_EXHAUSTED', `limits.maxStreams (${maxStreams}) is reached`);
    }
    this.#lastOpenedMs = nowMs();
    const exchange = new Exchange(stream, this.#exchangeOptions);
    this.#open.add(exchange);
    return exchange;
  }

  /** Leaves all open exchanges to Envoy; answers how many there were. */
  halfCloseAll(): number {
    const left = [...this.#open];
    for (const exchange of left) exchange.halfClose();
    return left.length;
  }

  #closed(exchange: Exchange, how: StreamEnd): void {
    this.#open.delete(exchange);
    this.#finished += 1;
    this.#options.recorder.ended(how);
  }
}

function refuse(stream: ServerStream, code: FailureStatus, message: string): ServerStreamListener {
  stream.fail(code, message);
  return { onMessage() {}, onEnd() {}, onClosed() {} };
}
